"""Two whole servers, a DNS server and who else there is, on the loopback
addresses of this machine. See lab/README.md."""

"""The lab's own certificate authority, made with the openssl program."""

import os
import subprocess

from lab.failure import LabError

DAYS = "30"
NEW_KEY = ["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes"]


def openssl(*arguments):
    done = subprocess.run(["openssl", *arguments], capture_output=True,
                          text=True, check=False)
    if done.returncode != 0:
        raise LabError("openssl: " + done.stderr.strip())


def make_authority(folder):
    """Makes FOLDER/ca.pem and its key; the path of the first."""
    os.makedirs(folder)
    certificate = os.path.join(folder, "ca.pem")
    openssl("req", "-x509", *NEW_KEY, "-days", DAYS,
            "-subj", "/CN=authority of a lab",
            "-addext", "keyUsage=critical,keyCertSign,cRLSign",
            "-keyout", os.path.join(folder, "ca.key"), "-out", certificate)
    return certificate


def make_certificate(folder, hostname, address):
    """Certificate and key of a host, signed by the authority in FOLDER."""
    certificate = os.path.join(folder, hostname + ".pem")
    key = os.path.join(folder, hostname + ".key")
    openssl("req", "-x509", *NEW_KEY, "-days", DAYS,
            "-CA", os.path.join(folder, "ca.pem"),
            "-CAkey", os.path.join(folder, "ca.key"),
            "-subj", "/CN=" + hostname,
            "-addext", f"subjectAltName=DNS:{hostname},IP:{address}",
            "-addext", "basicConstraints=critical,CA:FALSE",
            "-addext", "extendedKeyUsage=serverAuth,clientAuth",
            "-keyout", key, "-out", certificate)
    return certificate, key

/* The tries of tries.def, each one call or two. */
#include "trying.h"

#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <signal.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/ptrace.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <time.h>
#include <unistd.h>

int trying_listener = -1;
pid_t trying_victim;

/* What a call that failed with errno says of itself. */
static enum outcome
said(long result)
{
	return result < 0 ? REFUSED : DONE;
}

static enum outcome
open_as(const char *path, int flags)
{
	return said(openat(AT_FDCWD, path, flags | O_CLOEXEC, 0600));
}

enum outcome
trying_work_with_what_is_there(void)
{
	struct timespec now;
	uint8_t chance[8];
	const int size = 65536;
	char *more = malloc(1 << 20);

	if (more == NULL || fcntl(trying_listener, F_GETFL) < 0 ||
	    setsockopt(trying_listener, SOL_SOCKET, SO_SNDBUF, &size,
		sizeof size) < 0 ||
	    clock_gettime(CLOCK_REALTIME, &now) < 0)
		return REFUSED;
	memset(more, 1, 1 << 20);
	free(more);
	return said(syscall(SYS_getrandom, chance, sizeof chance, 0));
}

enum outcome
trying_tcp_socket(void)
{
	return said(socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK, 0));
}

enum outcome
trying_tcp6_socket(void)
{
	return said(socket(AF_INET6, SOCK_STREAM | SOCK_CLOEXEC, 0));
}

enum outcome
trying_tcp_socket_by_name(void)
{
	return said(socket(AF_INET, SOCK_STREAM, IPPROTO_TCP));
}

enum outcome
trying_send_at_once(void)
{
	const int one = 1;

	return said(setsockopt(
	    trying_listener, IPPROTO_TCP, TCP_NODELAY, &one, sizeof one));
}

enum outcome
trying_udp_socket(void)
{
	return said(socket(AF_INET, SOCK_DGRAM, 0));
}

enum outcome
trying_sctp_socket(void)
{
	return said(socket(AF_INET, SOCK_STREAM, IPPROTO_SCTP));
}

enum outcome
trying_unix_socket(void)
{
	return said(socket(AF_UNIX, SOCK_STREAM, 0));
}

enum outcome
trying_netlink_socket(void)
{
	return said(socket(AF_NETLINK, SOCK_RAW, 0));
}

/* Of a socket that it has: to where nobody listens. */
enum outcome
trying_connect_somewhere(void)
{
	const struct sockaddr_in to = {.sin_family = AF_INET};

	connect(trying_listener, (const struct sockaddr *)&to, sizeof to);
	return DONE;
}

enum outcome
trying_accept_one(void)
{
	return accept4(trying_listener, NULL, NULL, SOCK_CLOEXEC) < 0 &&
		       errno != EAGAIN
		   ? REFUSED
		   : DONE;
}

enum outcome
trying_listen_again(void)
{
	return said(listen(trying_listener, 1));
}

enum outcome
trying_filter_packets(void)
{
	return said(
	    setsockopt(trying_listener, SOL_SOCKET, SO_DETACH_FILTER, "", 0));
}

enum outcome
trying_run_a_program(void)
{
	char name[] = "true", *arguments[] = {name, NULL};

	return said(execv("/bin/true", arguments));
}

enum outcome
trying_fork_itself(void)
{
	pid_t child = fork();

	if (child == 0)
		_exit(0);
	return said(child);
}

enum outcome
trying_trace(void)
{
	return said(ptrace(PTRACE_ATTACH, trying_victim, NULL, NULL));
}

enum outcome
trying_read_memory(void)
{
	char octet;
	struct iovec here = {&octet, 1}, there = {&trying_listener, 1};

	return said(process_vm_readv(trying_victim, &here, 1, &there, 1, 0));
}

enum outcome
trying_signal_another(void)
{
	return said(kill(trying_victim, 0));
}

enum outcome
trying_signal_another_thread(void)
{
	return said(syscall(SYS_tgkill, trying_victim, trying_victim, 0));
}

enum outcome
trying_have_signals_sent(void)
{
	return said(fcntl(trying_listener, F_SETOWN, trying_victim));
}

enum outcome
trying_abort_itself(void)
{
	abort();
}

enum outcome
trying_become_traceable(void)
{
	return said(prctl(PR_SET_DUMPABLE, 1, 0, 0, 0));
}

enum outcome
trying_become_root(void)
{
	return said(setuid(0));
}

enum outcome
trying_memory_to_execute(void)
{
	return mmap(NULL, 4096, PROT_READ | PROT_EXEC,
		   MAP_PRIVATE | MAP_ANONYMOUS, -1, 0) == MAP_FAILED
		   ? REFUSED
		   : DONE;
}

enum outcome
trying_make_memory_executable(void)
{
	void *p = mmap(NULL, 4096, PROT_READ | PROT_WRITE,
	    MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	return said(mprotect(p, 4096, PROT_READ | PROT_EXEC));
}

enum outcome
trying_read_outside(void)
{
	return open_as("../outside", O_RDONLY);
}

enum outcome
trying_read_the_system(void)
{
	return open_as("/etc/passwd", O_RDONLY);
}

enum outcome
trying_write_beside_the_store(void)
{
	return open_as("new", O_WRONLY | O_CREAT);
}

enum outcome
trying_read_the_store(void)
{
	return open_as("store/file", O_RDONLY);
}

enum outcome
trying_make_a_file_of_the_store(void)
{
	return open_as("store/new", O_WRONLY | O_CREAT);
}

enum outcome
trying_empty_a_file_of_the_store(void)
{
	return open_as("store/file", O_WRONLY | O_TRUNC);
}

enum outcome
trying_read_a_body(void)
{
	return open_as("spool/file", O_RDONLY);
}

enum outcome
trying_make_a_body(void)
{
	return open_as("spool/new", O_WRONLY | O_CREAT);
}

enum outcome
trying_remove_a_body(void)
{
	return said(unlinkat(AT_FDCWD, "spool/file", 0));
}

enum outcome
trying_link_a_body_elsewhere(void)
{
	return said(
	    linkat(AT_FDCWD, "spool/file", AT_FDCWD, "store/linked", 0));
}

enum outcome
trying_make_a_link_by_name(void)
{
	return said(symlink("/etc", "store/etc"));
}

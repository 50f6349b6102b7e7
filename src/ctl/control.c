/*
 * For: one question to the running server and one answer, within a time.
 *
 * Not for: what is asked; the commands make requests and read answers.
 *
 * Read on: control.h; docs/CONTROL.md for the objects.
 */
#include "ctl/control.h"

#include "base/buf.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <time.h>
#include <unistd.h>

#define READ_STEP 16384 /* octets asked of the system at once */

struct control {
	int fd;
	struct buf in; /* what has come and is no whole line yet */
};

static int
not_running(const char *path, struct err *err)
{
	return err_set(
	    err, -E_CLOSED, "restante is not running (no answer at %s)", path);
}

static int
connect_to(int fd, const char *path, struct err *err)
{
	struct sockaddr_un address = {.sun_family = AF_UNIX};

	if (span_copy(
		span_of(path), address.sun_path, sizeof address.sun_path) != 0)
		return err_set(err, -E_SYSTEM,
		    "%s: is too long for the path of a socket", path);
	if (connect(fd, (struct sockaddr *)&address, sizeof address) == 0)
		return 0;
	if (errno == ENOENT || errno == ECONNREFUSED || errno == EAGAIN)
		return not_running(path, err);
	err_system(err, "%s", path);
	return errno == EACCES || errno == EPERM ? -E_DENIED : -E_SYSTEM;
}

int
control_open(const char *path, struct control **control_r, struct err *err)
{
	struct control *control = calloc(1, sizeof *control);
	int error;

	*control_r = NULL;
	if (control == NULL)
		return err_set(err, -E_NOMEM, "no memory");
	buf_init(&control->in, CONTROL_LINE_MAX + READ_STEP);
	control->fd =
	    socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	if (control->fd < 0)
		error = err_system(err, "socket");
	else
		error = connect_to(control->fd, path, err);
	if (error != 0)
		control_free(&control);
	*control_r = control;
	return error;
}

int
control_open_of(const struct settings *settings, struct control **control_r,
    struct err *err)
{
	struct buf path;
	int error;

	buf_init(&path, CONTROL_PATH_MAX);
	if (settings->control[0] != '\0')
		buf_text(&path, settings->control);
	else
		buf_print(&path, "%s/control", settings->state);
	error = control_open(buf_string(&path), control_r, err);
	buf_fini(&path);
	return error;
}

void
control_free(struct control **control)
{
	if (*control == NULL)
		return;
	if ((*control)->fd >= 0)
		close((*control)->fd);
	buf_fini(&(*control)->in);
	free(*control);
	*control = NULL;
}

/* Milliseconds of a clock that nobody sets. */
static int64_t
milliseconds(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (int64_t)t.tv_sec * 1000 + t.tv_nsec / 1000000;
}

static int
wait_for(int fd, short events, int64_t deadline, struct err *err)
{
	struct pollfd p = {.fd = fd, .events = events};

	for (;;) {
		int64_t left = deadline - milliseconds();
		int n = left <= 0 ? 0 : poll(&p, 1, (int)left);

		if (n > 0)
			return 0;
		if (n == 0)
			return err_set(err, -E_AGAIN,
			    "restante did not answer within %d seconds",
			    CONTROL_TIMEOUT);
		if (errno != EINTR)
			return err_system(err, "control socket");
	}
}

/* After a call that failed with errno: wait and try again, or give up. */
static int
wait_or_fail(int fd, short events, int64_t deadline, struct err *err)
{
	if (errno == EINTR)
		return 0;
	if (errno == EAGAIN)
		return wait_for(fd, events, deadline, err);
	if (errno == EPIPE || errno == ECONNRESET)
		return err_set(
		    err, -E_CLOSED, "restante has closed the connection");
	return err_system(err, "control socket");
}

static int
send_all(int fd, struct span s, int64_t deadline, struct err *err)
{
	while (s.n > 0) {
		ssize_t n = send(fd, s.p, s.n, MSG_NOSIGNAL);
		int error = 0;

		if (n >= 0)
			s = span_skip(s, (size_t)n);
		else
			error = wait_or_fail(fd, POLLOUT, deadline, err);
		if (error != 0)
			return error;
	}
	return 0;
}

static int
send_request(int fd, const json_t *request, int64_t deadline, struct err *err)
{
	size_t n = json_dumpb(request, NULL, 0, JSON_COMPACT);
	char *line;
	int error;

	if (n == 0 || n >= CONTROL_LINE_MAX)
		return err_set(err, -E_SYNTAX, "the request is too long");
	line = malloc(n + 1);
	if (line == NULL)
		return err_set(err, -E_NOMEM, "no memory");
	json_dumpb(request, line, n, JSON_COMPACT);
	line[n] = '\n';
	error = send_all(fd, span_make(line, n + 1), deadline, err);
	explicit_bzero(line, n + 1);
	free(line);
	return error;
}

/* Reads until a line is there; *LINE_R lies in the buffer, without its LF. */
static int
read_line(struct control *control, int64_t deadline, struct span *line_r,
    struct err *err)
{
	struct buf *in = &control->in;

	for (;;) {
		size_t before = in->n;
		char *room = buf_room(in, READ_STEP);
		ssize_t n;

		if (room == NULL || before > CONTROL_LINE_MAX)
			return err_set(err, -E_SYNTAX,
			    "the answer of restante is too long");
		n = read(control->fd, room, READ_STEP);
		if (n == 0)
			return err_set(err, -E_CLOSED,
			    "restante has closed the connection");
		if (n > 0) {
			buf_grow(in, (size_t)n);
			line_r->n = span_find(buf_span(in), before, '\n');
			line_r->p = in->p;
			if (line_r->n < in->n)
				return 0;
			continue;
		}
		int error = wait_or_fail(control->fd, POLLIN, deadline, err);

		if (error != 0)
			return error;
	}
}

int
control_ask(struct control *control, const json_t *request, json_t **answer_r,
    struct err *err)
{
	int64_t deadline = milliseconds() + CONTROL_TIMEOUT * 1000;
	struct span line = {0};
	int error;

	*answer_r = NULL;
	buf_clear(&control->in);
	error = send_request(control->fd, request, deadline, err);
	if (error == 0)
		error = read_line(control, deadline, &line, err);
	if (error != 0)
		return error;
	*answer_r = json_loadb(line.p, line.n, JSON_REJECT_DUPLICATES, NULL);
	if (json_is_object(*answer_r) && line.n + 1 == control->in.n)
		return 0;
	json_decref(*answer_r);
	*answer_r = NULL;
	return err_set(
	    err, -E_SYNTAX, "the answer of restante cannot be understood");
}

/* In front of each piece of jansson's memory; keeps what follows aligned. */
struct piece {
	_Alignas(max_align_t) size_t n;
};

static void *
take_piece(size_t n)
{
	struct piece *piece;

	if (n > SIZE_MAX - sizeof *piece)
		return NULL;
	piece = malloc(sizeof *piece + n);
	if (piece == NULL)
		return NULL;
	piece->n = n;
	return piece + 1;
}

static void
wipe_piece(void *p)
{
	struct piece *piece = p;

	if (piece == NULL)
		return;
	piece--;
	explicit_bzero(p, piece->n);
	free(piece);
}

void
control_wipe_what_json_frees(void)
{
	json_set_alloc_funcs(take_piece, wipe_piece);
}

/* A place for commands: configuration, control socket, a server to play. */
#include "place.h"

#include "base/span.h"
#include "ctl/control.h"

#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

int place_served_with_status;

static int
serve(const char *config_path)
{
	assert_non_null(config_path);
	return place_served_with_status;
}

char place_stopped_asked[PLACE_ASKED_MAX];
const char *place_stopped_answer;

static int
stopped(const struct settings *settings, const json_t *request,
    json_t **answer_r, struct err *err)
{
	size_t n = json_dumpb(
	    request, place_stopped_asked, PLACE_ASKED_MAX - 1, JSON_COMPACT);

	assert_string_equal(settings->hostname, "mx.a.test");
	place_stopped_asked[n] = '\0';
	if (place_stopped_answer == NULL)
		return err_set(err, -E_AGAIN, "another has it");
	*answer_r = json_loads(place_stopped_answer, 0, NULL);
	assert_non_null(*answer_r);
	return 0;
}

static int
policy(const struct ctl_policy_ask *ask, struct ctl_policy_answer *answer_r,
    struct err *err)
{
	if (strcmp(ask->ip, "192.0.2.1") != 0)
		return err_set(err, -E_SYNTAX, "%s is no address", ask->ip);
	assert_null(ask->dns);
	answer_r->result = "softfail";
	snprintf(answer_r->explanation, sizeof answer_r->explanation,
	    "%s of %s", ask->from, ask->helo);
	return 0;
}

/* Everybody is "mail", whom every Debian has. */
static int
find_user(const char *name, uid_t *uid_r, gid_t *gid_r, struct err *err)
{
	if (strcmp(name, "nobody-here") == 0)
		return err_set(err, -E_NONE, "no such user: %s", name);
	*uid_r = 8;
	*gid_r = 8;
	return 0;
}

static const struct ctl_world world = {
    .serve = serve,
    .stopped = stopped,
    .find_user = find_user,
    .policy = policy,
};

static void
write_config(struct place *p)
{
	FILE *file = fopen(p->config, "w");

	assert_non_null(file);
	fprintf(file, "hostname = \"mx.a.test\"\ndomains = \"a.test\"\n");
	fprintf(file, "control = \"%s\"\n", p->path);
	fclose(file);
}

int
place_set_up(void **state)
{
	struct place *p = calloc(1, sizeof *p);
	struct sockaddr_un address = {.sun_family = AF_UNIX};

	assert_non_null(p);
	snprintf(p->folder, sizeof p->folder, "/tmp/restante-ctl-XXXXXX");
	assert_non_null(mkdtemp(p->folder));
	snprintf(p->path, sizeof p->path, "%s/control", p->folder);
	snprintf(p->config, sizeof p->config, "%s/conf", p->folder);
	write_config(p);
	span_copy(span_of(p->path), address.sun_path, sizeof address.sun_path);
	p->listener = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
	assert_int_equal(
	    bind(p->listener, (struct sockaddr *)&address, sizeof address), 0);
	assert_int_equal(listen(p->listener, 1), 0);
	assert_int_equal(pipe(p->report), 0);
	*state = p;
	return 0;
}

int
place_tear_down(void **state)
{
	struct place *p = *state;

	close(p->listener);
	close(p->report[0]);
	close(p->report[1]);
	unlink(p->path);
	unlink(p->config);
	rmdir(p->folder);
	free(p->out);
	free(p->err);
	free(p);
	return 0;
}

/* In the second process: a line in, the next line of SCRIPT out. */
static void
play(const struct place *p, const char *const *script)
{
	int fd = accept(p->listener, NULL, NULL);
	char c;

	for (; *script != NULL; script++) {
		do {
			if (read(fd, &c, 1) != 1)
				_exit(1);
			if (write(p->report[1], &c, 1) != 1)
				_exit(1);
		} while (c != '\n');
		if (write(fd, *script, strlen(*script)) < 0 ||
		    write(fd, "\n", 1) != 1)
			_exit(1);
	}
	_exit(0);
}

void
place_start_server(struct place *p, const char *const *script)
{
	if (p->report[1] < 0) { /* another one played before */
		close(p->report[0]);
		assert_int_equal(pipe(p->report), 0);
	}
	p->server = fork();
	assert_true(p->server >= 0);
	if (p->server == 0)
		play(p, script);
}

void
place_end_server(struct place *p)
{
	ssize_t n;

	assert_int_equal(waitpid(p->server, NULL, 0), p->server);
	close(p->report[1]);
	p->report[1] = -1;
	n = read(p->report[0], p->requests, PLACE_REQUESTS_MAX - 1);
	assert_true(n >= 0);
	p->requests[n] = '\0';
}

int
place_run_with(struct place *p, const char *line, const char *input)
{
	struct ctl ctl = {.config = p->config, .world = &world};
	char room[512];
	char *argv[16];
	int argc = 0, status;

	snprintf(room, sizeof room, "restante %s", line);
	argv[argc++] = room;
	for (char *at = room; *at != '\0'; at++)
		if (*at == ' ' && at[1] != '\0') {
			*at = '\0';
			assert_true(argc < 16);
			argv[argc++] = at + 1;
		}
	free(p->out);
	free(p->err);
	ctl.in = tmpfile();
	ctl.out = open_memstream(&p->out, &p->out_n);
	ctl.err = open_memstream(&p->err, &p->err_n);
	assert_true(ctl.in != NULL && ctl.out != NULL && ctl.err != NULL);
	fputs(input, ctl.in);
	fflush(ctl.in);
	assert_int_equal(lseek(fileno(ctl.in), 0, SEEK_SET), 0);
	status = ctl_command(&ctl, argc, argv);
	ctl_end(&ctl);
	fclose(ctl.in);
	fclose(ctl.out);
	fclose(ctl.err);
	return status;
}

int
place_run(struct place *p, const char *line)
{
	return place_run_with(p, line, "");
}

/*
 * For: main() of restante-selftest, which `restante selftest` becomes. A
 * program of its own, so that the one program that faces the network need not
 * hold a library for mail programs.
 *
 * Not for: what is tried (trial.c).
 *
 * Read on: README.md of this folder.
 */
#include "ctl/ctl.h"
#include "selftest/trial.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/file.h>
#include <unistd.h>

static volatile sig_atomic_t stop;

static void
told_to_stop(int number)
{
	(void)number;
	stop = 1;
}

/* What is waiting is woken. */
static void
catch_signals(void)
{
	struct sigaction action = {.sa_handler = told_to_stop};

	sigaction(SIGINT, &action, NULL);
	sigaction(SIGTERM, &action, NULL);
	sigaction(SIGHUP, &action, NULL);
	signal(SIGPIPE, SIG_IGN);
}

/* One at a time, so that users of other tests are left-overs. Held until the
   process ends. 0, or negative and said. */
static int
be_alone(const char *config, struct err *err)
{
	int fd = open(config, O_RDONLY | O_CLOEXEC);

	if (fd < 0)
		return err_system(err, "%s", config);
	if (flock(fd, LOCK_EX | LOCK_NB) == 0)
		return 0;
	close(fd);
	return errno == EWOULDBLOCK
		   ? err_set(err, -E_AGAIN, "another self-test is running")
		   : err_system(err, "%s", config);
}

static int
run(struct ctl *ctl, const struct arguments *a)
{
	const struct trial_wish wish = {
	    .imap = a->imap,
	    .imaps = a->imaps,
	    .submit = a->submit,
	    .patience = a->timeout > 0 ? a->timeout : TRIAL_PATIENCE,
	    .json = ctl->json,
	    .stop = &stop,
	};
	struct err err;

	if (settings_load(ctl->config, &ctl->settings, NULL, &err) != 0)
		return ctl_fail(ctl, "configuration", err.text);
	if (be_alone(ctl->config, &err) != 0)
		return ctl_fail(ctl, "later", err.text);
	catch_signals();
	wire_begin();
	return trial_run(ctl->settings, &wish) ? CTL_DONE : CTL_FAILED;
}

int
main(int argc, char **argv)
{
	struct ctl ctl = {.in = stdin, .out = stdout, .err = stderr};
	struct arguments arguments;
	struct err err;
	int status;

	control_wipe_what_json_frees();
	status = arguments_parse(argc, argv, &arguments, &err);
	ctl.json = arguments_has(&arguments, ARGUMENTS_JSON);
	ctl.config = arguments.config;
	if (status != 0 || arguments.config == NULL)
		status = ctl_fail(&ctl, "usage",
		    "this program is begun by restante selftest");
	else
		status = run(&ctl, &arguments);
	ctl_end(&ctl);
	return status;
}

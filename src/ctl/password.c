/*
 * For: getting a password without showing it on a screen, in a list of
 * processes, or in memory that is freed.
 *
 * Not for: judging it, and not for hashing: the server's role auth does that.
 *
 * Read on: password.h.
 */
#include "ctl/password.h"

#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <string.h>
#include <termios.h>
#include <unistd.h>

static volatile sig_atomic_t interrupted;

static void
note_signal(int signal)
{
	interrupted = signal;
}

/* The signals by which a person ends a program, and what they did before. */
static const int ending[] = {SIGINT, SIGTERM, SIGHUP, SIGQUIT, SIGTSTP};

enum { ENDING = sizeof ending / sizeof *ending };

/*
 * Waits until FD can be read. Signals are blocked but for here, where those
 * that WAITING lets pass end the wait; so none can slip in before it. NULL: do
 * not wait, nothing is blocked. False: a signal came.
 */
static bool
wait_for_input(int fd, const sigset_t *waiting)
{
	struct pollfd p = {.fd = fd, .events = POLLIN};

	while (waiting != NULL && ppoll(&p, 1, NULL, waiting) < 0)
		if (errno != EINTR || interrupted)
			return false;
	return true;
}

/*
 * One line, octet by octet, so that nothing behind it is taken and no copy
 * stays in a buffer of stdio. The number of octets without the line end; -1
 * when there is none or it does not fit.
 */
static ssize_t
read_line(int fd, const sigset_t *waiting, char room[PASSWORD_MAX + 1])
{
	size_t n = 0;

	for (;;) {
		char c = '\0';
		ssize_t got;

		if (!wait_for_input(fd, waiting))
			return -1;
		got = read(fd, &c, 1);
		if (got < 0 && errno == EINTR)
			continue;
		if (got < 0 || (got == 0 && n == 0))
			return -1;
		if (got == 0 || c == '\n')
			break;
		if (n == PASSWORD_MAX)
			return -1;
		room[n++] = c;
	}
	if (n > 0 && room[n - 1] == '\r')
		n--;
	room[n] = '\0';
	return (ssize_t)n;
}

/* The ending signals only set `interrupted`, and only within ppoll(). */
static void
catch_signals(struct sigaction before[ENDING], sigset_t *mask_before)
{
	struct sigaction act = {.sa_handler = note_signal};
	sigset_t blocked;

	interrupted = 0;
	sigemptyset(&blocked);
	for (int i = 0; i < ENDING; i++)
		sigaddset(&blocked, ending[i]);
	sigprocmask(SIG_BLOCK, &blocked, mask_before);
	for (int i = 0; i < ENDING; i++)
		sigaction(ending[i], &act, &before[i]);
}

static void
release_signals(
    const struct sigaction before[ENDING], const sigset_t *mask_before)
{
	for (int i = 0; i < ENDING; i++)
		sigaction(ending[i], &before[i], NULL);
	sigprocmask(SIG_SETMASK, mask_before, NULL);
	if (interrupted)
		raise(interrupted); /* now that the terminal is as it was */
}

/* Shows QUESTION and reads one line while the terminal shows none of it. */
static ssize_t
ask_unseen(struct ctl *ctl, const char *question, char room[PASSWORD_MAX + 1])
{
	struct sigaction before[ENDING];
	struct termios shown, hidden;
	sigset_t mask_before;
	ssize_t n;

	if (tcgetattr(STDIN_FILENO, &shown) < 0)
		return -1;
	catch_signals(before, &mask_before);
	hidden = shown;
	hidden.c_lflag &= ~(tcflag_t)ECHO;
	tcsetattr(STDIN_FILENO, TCSAFLUSH, &hidden);
	fputs(question, ctl->err);
	fflush(ctl->err);
	n = read_line(STDIN_FILENO, &mask_before, room);
	tcsetattr(STDIN_FILENO, TCSAFLUSH, &shown);
	fputs("\n", ctl->err);
	release_signals(before, &mask_before);
	return n;
}

static int
ask_twice(struct ctl *ctl, char room[PASSWORD_MAX + 1])
{
	char again[PASSWORD_MAX + 1] = "";
	bool same;

	if (ask_unseen(ctl, "Password: ", room) < 0)
		return ctl_fail(ctl, "bad", "no password was given");
	if (ask_unseen(ctl, "Again: ", again) < 0)
		again[0] = '\0';
	same = strcmp(room, again) == 0;
	explicit_bzero(again, sizeof again);
	if (!same)
		return ctl_fail(ctl, "bad", "the two passwords differ");
	return CTL_DONE;
}

static int
check(struct ctl *ctl, const char *password, size_t n)
{
	if (n == 0)
		return ctl_fail(ctl, "bad", "the password is empty");
	for (size_t i = 0; i < n; i++)
		if ((unsigned char)password[i] < ' ' || password[i] == 0x7f)
			return ctl_fail(ctl, "bad",
			    "the password holds a control character");
	return CTL_DONE;
}

int
password_read(struct ctl *ctl, bool from_input, char room[PASSWORD_MAX + 1])
{
	int fd = fileno(ctl->in), status;
	ssize_t n;

	room[0] = '\0';
	if (from_input || !isatty(fd)) {
		n = read_line(fd, NULL, room);
		if (n < 0)
			return ctl_fail(ctl, "bad",
			    "no password on standard input, or one of more "
			    "than 1024 octets");
		return check(ctl, room, (size_t)n);
	}
	status = ask_twice(ctl, room);
	return status == CTL_DONE ? check(ctl, room, strlen(room)) : status;
}

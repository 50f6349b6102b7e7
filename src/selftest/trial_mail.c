/*
 * For: the user's mail program: signing in at both ends, sending, finding.
 *
 * Not for: how IMAP and SMTP are spoken (wire.c), and not for stubs
 * (trial_stub.c).
 */
#include "selftest/trial.h"

#include "base/rand.h"

#include <stdio.h>
#include <string.h>

#define TOKEN_FIELD "X-Restante-Envelope" /* a stub has it */

/* ---- where ---- */

/* How to reach who listens at ENDPOINT ("address:port") from here, and
   HOST_R, that without the port. */
static int
reach(const char *endpoint, char place_r[TRIAL_PLACE])
{
	struct ip ip;
	uint16_t port;
	char text[IP_TEXT];
	const char *host = text;
	static const uint8_t zero[16];

	if (settings_endpoint(endpoint, &ip, &port) != 0)
		return -E_SYNTAX;
	ip_text(ip, text);
	if (memcmp(ip.b, zero, sizeof zero) == 0)
		host = ip.family == 6 ? "::1" : "127.0.0.1";
	snprintf(place_r, TRIAL_PLACE, ip.family == 6 ? "[%s]:%u" : "%s:%u",
	    host, port);
	return 0;
}

int
trial_open_wire(
    struct trial *t, const char *scheme, const char *at, struct wire **wire_r)
{
	const struct wire_setup setup = {
	    .scheme = scheme,
	    .at = at,
	    .hostname = t->settings->hostname,
	    .ca = t->settings->ca,
	    .user = t->address,
	    .password = t->password,
	    .seconds = (long)t->wish.patience,
	    .stop = t->wish.stop,
	};

	return wire_open(&setup, wire_r) == 0
		   ? 0
		   : err_set(&t->why, -E_NOMEM, "no memory");
}

void
trial_check_wire(struct trial *t, const struct wire *wire)
{
	char text[512];

	if (!wire_is_unverified(wire))
		return;
	snprintf(text, sizeof text,
	    "the certificate at %s could not be verified for %s: mail programs "
	    "will say so, too",
	    wire == t->sender ? t->sender_at : t->reader_at,
	    t->settings->hostname);
	report_warning(t->report, text);
}

/* ---- sending ---- */

static int
open_sender(struct trial *t)
{
	const struct settings *s = t->settings;
	const struct settings_list *at = &s->listen_submission;
	const char *scheme = "smtp";

	if (t->wish.submit == NULL && at->n == 0) {
		at = &s->listen_submissions;
		scheme = "smtps";
	}
	if (t->wish.submit != NULL)
		snprintf(
		    t->sender_at, sizeof t->sender_at, "%s", t->wish.submit);
	else if (at->n == 0 || reach(at->v[0], t->sender_at) != 0)
		return trial_fail(t, -E_NONE,
		    "the keys listen-submission and listen-submissions",
		    "nobody can send: there is no port for that");
	return trial_open_wire(t, scheme, t->sender_at, &t->sender);
}

int
trial_send(struct trial *t, const char *to, const char *subject)
{
	struct buf text;
	int error;

	buf_init(&text, 4096);
	buf_print(&text,
	    "From: <%s>\r\nTo: <%s>\r\nSubject: %s\r\n\r\n"
	    "This message was sent by restante selftest.\r\n",
	    t->address, to, subject);
	error = wire_send(t->sender, t->address, to, buf_span(&text), &t->why);
	buf_fini(&text);
	return error;
}

static const char *
hint_of_sending(int error)
{
	if (error == -E_CLOSED)
		return "the keys listen-submission and listen-submissions; "
		       "--submit HOST:PORT says where else";
	if (error == -E_DENIED)
		return "the role auth (restante status), and the server's log";
	return "the server's log (log lines of submit, accepted, "
	       "not-accepted)";
}

int
trial_submit(struct trial *t)
{
	char subject[64];
	uint64_t number;
	int error = open_sender(t);

	if (error != 0)
		return error;
	rand_fill(&number, sizeof number);
	snprintf(
	    t->sent, sizeof t->sent, "%016llx", (unsigned long long)number);
	snprintf(subject, sizeof subject, "Self-test, sent %s", t->sent);
	error = trial_send(t, t->address, subject);
	if (error != 0)
		return trial_hint(t, "%s", hint_of_sending(error));
	trial_check_wire(t, t->sender);
	snprintf(t->detail, sizeof t->detail, "at %s", t->sender_at);
	return 0;
}

/* ---- reading ---- */

/* Where Dovecot is looked for: as was said, or at its ports where our users
   send. The last has no place. */
struct door {
	const char *scheme;
	char at[TRIAL_PLACE];
};

#define DOORS 3

static void
list_doors(const struct trial *t, struct door doors[DOORS])
{
	const struct settings_list *at = &t->settings->listen_submission;
	char place[TRIAL_PLACE] = "127.0.0.1:0";
	struct span port;

	memset(doors, 0, DOORS * sizeof *doors);
	if (t->wish.imap != NULL || t->wish.imaps != NULL) {
		doors[0].scheme = t->wish.imap != NULL ? "imap" : "imaps";
		snprintf(doors[0].at, sizeof doors[0].at, "%s",
		    t->wish.imap != NULL ? t->wish.imap : t->wish.imaps);
		return;
	}
	if (at->n == 0)
		at = &t->settings->listen_submissions;
	if (at->n > 0)
		reach(at->v[0], place);
	port = span_from_last(span_of(place), ':');
	for (unsigned i = 0; i < 2; i++) {
		doors[i].scheme = i == 0 ? "imap" : "imaps";
		snprintf(doors[i].at, sizeof doors[i].at, "%.*s:%s",
		    (int)(strlen(place) - port.n), place,
		    i == 0 ? "143" : "993");
	}
}

static int
try_door(struct trial *t, const struct door *door)
{
	int error;

	snprintf(t->reader_at, sizeof t->reader_at, "%s", door->at);
	error = trial_open_wire(t, door->scheme, t->reader_at, &t->reader);
	if (error == 0)
		error = wire_command(t->reader, "", "NOOP", &t->why);
	if (error != 0)
		wire_close(&t->reader);
	return error;
}

/* A new user may be refused at first (trial_account.c: is_seen). */
static int
is_open(struct trial *t, const void *arg)
{
	int error = try_door(t, arg);

	t->refused = error == -E_DENIED;
	return t->refused ? 0 : error == 0 ? 1 : error;
}

/* After all that waiting: no answer, or always no. */
static int
refuse_door(struct trial *t)
{
	return trial_fail(t, t->refused ? -E_DENIED : -E_AGAIN, "", "%s: %s",
	    t->reader_at,
	    t->refused ? "the password is not taken" : "no answer in time");
}

static int
hint_of_reading(struct trial *t, int error)
{
	if (error == -E_CLOSED)
		return trial_hint(t,
		    "does Dovecot run? restante dovecot-config --write DIR "
		    "tells how it is started; where it has other ports, say "
		    "--imap HOST:PORT or --imaps HOST:PORT");
	if (error == -E_DENIED)
		return trial_hint(t,
		    "Dovecot does not take the password: does its passdb read "
		    "%s/.restante/passwd, and may it? Compare with restante "
		    "dovecot-config",
		    t->settings->mail);
	return trial_hint(t, "Dovecot's log");
}

int
trial_sign_in(struct trial *t)
{
	struct door doors[DOORS];
	int error = -E_CLOSED;

	list_doors(t, doors);
	for (unsigned i = 0; error == -E_CLOSED && doors[i].scheme != NULL; i++)
		error = trial_wait(t, is_open, &doors[i], "the user");
	if (error == -E_AGAIN)
		error = refuse_door(t);
	if (error != 0)
		return hint_of_reading(t, error);
	trial_check_wire(t, t->reader);
	snprintf(t->detail, sizeof t->detail, "at %s", t->reader_at);
	return 0;
}

/* "* SEARCH 3 5" with CRLF: how many, and the first. */
static int
read_found(struct span answer, unsigned *first_r)
{
	struct span line, word;
	uint64_t number;
	int n = 0;

	while (span_cut(&answer, '\n', &line)) {
		if (!span_starts_nocase(line, span_of("* SEARCH")))
			continue;
		line = span_skip(line, strlen("* SEARCH"));
		while (span_cut(&line, ' ', &word)) {
			if (word.n > 0 && word.p[word.n - 1] == '\r')
				word.n--;
			if (span_number(word, UINT32_MAX, &number) != 0)
				continue;
			if (n++ == 0 && first_r != NULL)
				*first_r = (unsigned)number;
		}
	}
	return n;
}

int
trial_find(struct trial *t, const char *folder, const char *word, bool stubs,
    unsigned *uid_r)
{
	char command[256];
	/* what has come since the folder was opened is to be seen */
	int error = wire_command(t->reader, "", "NOOP", &t->why);

	snprintf(command, sizeof command,
	    "UID SEARCH HEADER Subject \"%s\" %sHEADER " TOKEN_FIELD " \"\"",
	    word, stubs ? "" : "NOT ");
	if (error == 0)
		error = wire_command(t->reader, folder, command, &t->why);
	if (error != 0) {
		hint_of_reading(t, error);
		return error;
	}
	return read_found(wire_answer(t->reader), uid_r);
}

static int
has_arrived(struct trial *t, const void *arg)
{
	(void)arg;
	return trial_find(t, "INBOX", t->sent, false, NULL);
}

int
trial_arrival(struct trial *t)
{
	int error = trial_wait(t, has_arrived, NULL, "the message in INBOX");

	if (error == -E_AGAIN)
		trial_hint(t,
		    "the server's log (delivered); do Dovecot and the server "
		    "have the same folder mail, %s, and is it the same user's?",
		    t->settings->mail);
	return error;
}

/*
 * For: what a person does with stubs, and what must follow from it: in the
 * mailbox, and at both ends of the message, which are both this server.
 *
 * A decision is in the store before Dovecot hears that it was noted, and so
 * before the mail program hears that the stub was moved. This is not waited
 * for: what is noted later, nobody heard of when it was moved.
 */
#include "selftest/trial.h"

#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

/* ---- the two ends ---- */

/* What a hold is to become. */
struct ending {
	const struct trial_message *message;
	const char *state, *verdict; /* verdict NULL: any */
};

static int
has_ended(struct trial *t, const void *arg)
{
	const struct ending *e = arg;
	char state[TRIAL_STATE], verdict[TRIAL_STATE];
	int error = trial_look(t, "hold", e->message->hold, "state", state);

	if (error == 0)
		error =
		    trial_look(t, "hold", e->message->hold, "verdict", verdict);
	if (error != 0)
		return error;
	return strcmp(state, e->state) == 0 &&
	       (e->verdict == NULL || strcmp(verdict, e->verdict) == 0);
}

/* Waits until the hold is so; else says what the last call to ourselves came
   to. */
static int
wait_for_origin(struct trial *t, const struct trial_message *m,
    const char *state, const char *verdict)
{
	const struct ending e = {m, state, verdict};
	char reply[TRIAL_STATE];
	int error = trial_wait(
	    t, has_ended, &e, "the other end of the message to know");

	if (error != -E_AGAIN)
		return error;
	if (trial_look(t, "envelope", m->envelope, "last_reply", reply) != 0 ||
	    reply[0] == '\0')
		snprintf(reply, sizeof reply, "nothing yet");
	trial_fail(t, -E_AGAIN, "",
	    "the server calls itself at %s, port %llu, and has not got "
	    "through; it was answered: %.100s",
	    m->address, (unsigned long long)t->settings->smtp_port, reply);
	return trial_hint(t,
	    "can this host reach itself there? "
	    "The server's log (call-over), deny-hosts, a firewall");
}

/* ---- in the mailbox ---- */

struct place {
	const char *folder, *word;
	bool stub;
};

static int
is_there(struct trial *t, const void *arg)
{
	const struct place *p = arg;

	return trial_find(t, p->folder, p->word, p->stub, NULL);
}

static int
is_gone(struct trial *t, const void *arg)
{
	int found = is_there(t, arg);

	return found < 0 ? found : found == 0;
}

static int
wait_for_stub(struct trial *t, struct trial_message *m)
{
	const struct place p = {"Waiting", m->envelope, true};
	int error = trial_wait(t, is_there, &p, "the stub in Waiting");

	if (error == -E_AGAIN)
		return trial_hint(t,
		    "the server's log (stub-put); do Dovecot and the server "
		    "have the same folder mail, %s?",
		    t->settings->mail);
	if (error == -E_SYNTAX)
		return trial_hint(t, "is there a folder Waiting? Compare with "
				     "restante dovecot-config");
	if (error == 0)
		error = trial_find(t, "Waiting", m->envelope, true, &m->uid);
	return error < 0 ? error : 0;
}

/* The stub has vanished from where it lay and from where it was put. */
static int
wait_until_gone(
    struct trial *t, const struct trial_message *m, const char *folder)
{
	const struct place places[] = {
	    {"Waiting", m->envelope, true}, {folder, m->envelope, true}};
	int error = 0;

	for (unsigned i = 0; error == 0 && i < 2; i++)
		error = trial_wait(
		    t, is_gone, &places[i], "the stub to be taken away");
	if (error == -E_AGAIN)
		return trial_hint(t,
		    "Dovecot's doveadm, which the server asks at "
		    "%s/.restante/doveadm; its log (stubs-stay, reader-gone); "
		    "imapsieve_expunge_discarded",
		    t->settings->mail);
	return error;
}

static int
wait_for_message(
    struct trial *t, const struct trial_message *m, const char *folder)
{
	const struct place p = {folder, m->envelope, false};
	int error = trial_wait(t, is_there, &p, "the message in INBOX");

	if (error == -E_AGAIN)
		return trial_hint(
		    t, "the server's log (delivered, pull-ended)");
	return error;
}

/* ---- one more that waits ---- */

static int
leave(struct trial *t, struct trial_message **message_r)
{
	struct trial_message *m = &t->messages[t->count];
	json_t *answer;
	int error;

	*message_r = m;
	if (t->count == TRIAL_MESSAGES)
		return trial_fail(t, -E_RANGE, "", "too many messages");
	error = trial_ask(t,
	    json_pack("{s:s, s:s}", "do", "selftest-put", "user", t->address),
	    &answer);
	if (error != 0)
		return error;
	t->count++;
	span_copy(span_of(trial_text(answer, NULL, "id")), m->envelope,
	    sizeof m->envelope);
	span_copy(
	    span_of(trial_text(answer, NULL, "hold")), m->hold, sizeof m->hold);
	span_copy(span_of(trial_text(answer, NULL, "address")), m->address,
	    sizeof m->address);
	json_decref(answer);
	return wait_for_stub(t, m);
}

/* Nobody told the server: why not? */
static int
explain_silence(struct trial *t)
{
	char path[4096];
	struct stat s;

	snprintf(path, sizeof path, "%s/.restante/restante-verdict",
	    t->settings->mail);
	trial_fail(t, -E_STATE, "",
	    "the server has not heard of it: Dovecot did not run the Sieve "
	    "script, or the script did not reach the server");
	if (lstat(path, &s) < 0)
		return trial_hint(t,
		    "%s, the socket at which the role clerk listens, is not "
		    "there: restante status, and the server's log",
		    path);
	return trial_hint(t,
	    "compare Dovecot's configuration with restante dovecot-config: "
	    "mail_plugins = imap_sieve, sieve_plugins, imapsieve_mailbox..., "
	    "sieve_execute_socket_dir; were the scripts compiled? Dovecot's "
	    "log");
}

/* Does VERB of IMAP with the last message's stub; then the envelope's verdict
   must be VERDICT. */
static int
act(struct trial *t, const char *verb, const char *rest, const char *verdict)
{
	const struct trial_message *m = &t->messages[t->count - 1];
	char text[128], noted[TRIAL_STATE];
	int error;

	snprintf(text, sizeof text, "UID %s %u %s", verb, m->uid, rest);
	error = wire_command(t->reader, "Waiting", text, &t->why);
	if (error != 0)
		return trial_hint(t, "Dovecot's log");
	error = trial_look(t, "envelope", m->envelope, "verdict", noted);
	if (error != 0)
		return error;
	return strcmp(noted, verdict) == 0 ? 0 : explain_silence(t);
}

/* ---- the steps ---- */

int
trial_stub(struct trial *t)
{
	struct trial_message *m;
	int error = leave(t, &m);

	if (error == -E_DENIED)
		return trial_hint(t, "the keys listen-smtp, smtp-port and "
				     "source-addresses");
	return error;
}

/* What follows when M was accepted. */
static int
comes(struct trial *t, const struct trial_message *m, const char *folder)
{
	int error = wait_for_origin(t, m, "taken", NULL);

	if (error == 0)
		error = wait_for_message(t, m, "INBOX");
	return error == 0 ? wait_until_gone(t, m, folder) : error;
}

int
trial_accept(struct trial *t)
{
	const struct trial_message *m = &t->messages[0];
	int error = act(t, "MOVE", "INBOX", "accept");

	if (error == 0)
		error = comes(t, m, "INBOX");
	if (error == 0)
		snprintf(
		    t->detail, sizeof t->detail, "fetched from %s", m->address);
	return error;
}

int
trial_refuse(struct trial *t)
{
	struct trial_message *m;
	int error = leave(t, &m);

	if (error == 0)
		error = act(t, "MOVE", "Junk", "spam");
	if (error == 0)
		error = wait_for_origin(t, m, "refused", "spam");
	return error == 0 ? wait_until_gone(t, m, "Junk") : error;
}

int
trial_keyword(struct trial *t)
{
	struct trial_message *m;
	int error = leave(t, &m);

	if (error == 0)
		error = act(t, "STORE", "+FLAGS ($Accept)", "accept");
	return error == 0 ? comes(t, m, "INBOX") : error;
}

/* The user's list says that mail from there, which is the user, is wanted. */
static int
check_list(struct trial *t)
{
	const json_t *entry;
	json_t *answer;
	bool listed;
	int error = trial_ask(t,
	    json_pack("{s:s, s:s, s:s, s:s}", "do", "list-show", "user",
		t->address, "side", "incoming", "address", t->address),
	    &answer);

	if (error != 0)
		return error;
	entry = json_array_get(json_object_get(answer, "entries"), 0);
	listed = strcmp(trial_text(entry, NULL, "list"), "allow") == 0;
	json_decref(answer);
	return listed ? 0
		      : trial_fail(t, -E_NONE, "the server's log (decided)",
			    "the sender is not on the user's list");
}

int
trial_trust(struct trial *t)
{
	struct trial_message *m;
	int error = leave(t, &m);

	if (error == 0)
		error = act(t, "MOVE", "\"Waiting/Trusted\"", "authorize");
	if (error == 0)
		error = check_list(t);
	return error == 0 ? comes(t, m, "Waiting%2FTrusted") : error;
}

/* The address to which a mail program replies: between "<" and ">". */
static int
read_address(struct trial *t, char address_r[TRIAL_ADDRESS])
{
	struct span answer = wire_answer(t->reader);
	size_t begin = span_find(answer, 0, '<');
	size_t end = span_find(answer, begin, '>');

	if (end < answer.n &&
	    span_copy(span_part(answer, begin + 1, end - begin - 1), address_r,
		TRIAL_ADDRESS) == 0)
		return 0;
	return trial_fail(
	    t, -E_SYNTAX, "", "the stub has no address to reply to");
}

int
trial_reply(struct trial *t)
{
	struct trial_message *m;
	char to[TRIAL_ADDRESS];
	int error = leave(t, &m);

	if (error == 0)
		error = wire_section(t->reader, "Waiting", m->uid,
		    "HEADER.FIELDS%20(REPLY-TO)", &t->why);
	if (error == 0)
		error = read_address(t, to);
	if (error == 0)
		error = trial_send(t, to, "Re: Self-test");
	return error == 0 ? comes(t, m, "INBOX") : error;
}

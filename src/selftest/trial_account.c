/*
 * For: the server at its control socket, the user of the test, and the end of
 * both.
 */
#include "selftest/trial.h"

#include "base/rand.h"
#include "selftest/removal.h"

#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>

/* ---- the server ---- */

int
trial_server(struct trial *t)
{
	json_t *answer;

	if (trial_ask(t, json_pack("{s:s}", "do", "status"), &answer) != 0)
		return trial_hint(t,
		    "does it run (restante serve), with this configuration, "
		    "and may you ask it (root, or the user of the key user)?");
	snprintf(t->detail, sizeof t->detail, "restante %s, %s",
	    trial_text(answer, NULL, "version"),
	    trial_text(answer, NULL, "hostname"));
	json_decref(answer);
	if (t->settings->certificate[0] == '\0')
		return trial_fail(t, -E_NONE,
		    "the keys certificate and private-key",
		    "there is no certificate, and nobody can sign in without");
	if (!t->settings->stubs)
		return trial_fail(t, -E_NONE, "the key stubs",
		    "stubs = false: nothing that waits is shown in mailboxes");
	return 0;
}

/* ---- a user ---- */

/* Dovecot's file of users, or NULL without the right to read it. */
static FILE *
open_accounts(const struct trial *t)
{
	char path[4096];

	snprintf(path, sizeof path, "%s/.restante/passwd", t->settings->mail);
	return fopen(path, "re");
}

static bool
names(FILE *accounts, const char *address)
{
	size_t n = strlen(address);
	char line[4096];

	while (fgets(line, sizeof line, accounts) != NULL)
		if (strncmp(line, address, n) == 0 && line[n] == ':')
			return true;
	return false;
}

/* Dovecot looks whether it is a new one once a second at most: whoever comes
   within that second may be refused, and that takes seconds. */
static bool
is_seen(FILE *accounts)
{
	struct stat s;

	return fstat(fileno(accounts), &s) == 0 && s.st_mtime < time(NULL);
}

static int
is_told_of(struct trial *t, const void *arg)
{
	FILE *accounts = open_accounts(t);
	bool told;

	if (accounts == NULL)
		return 1; /* signing in will show it */
	told = is_seen(accounts) && names(accounts, arg);
	fclose(accounts);
	return told;
}

static int
is_forgotten(struct trial *t, const void *arg)
{
	FILE *accounts = open_accounts(t);
	bool told;

	if (accounts == NULL)
		return 1;
	told = !is_seen(accounts) || names(accounts, arg);
	fclose(accounts);
	return !told;
}

static int
remove_user(struct trial *t, const char *address)
{
	json_t *answer;
	int error = trial_ask(t,
	    json_pack("{s:s, s:s}", "do", "user-remove", "address", address),
	    &answer);

	if (error != 0)
		return error;
	json_decref(answer);
	/* Dovecot, too, is to do nothing in the mailbox any more; if it is
	   never told so, that is not worse than to leave the mailbox */
	trial_wait(t, is_forgotten, address, "Dovecot to be told");
	return 0;
}

/* 1: *ADDRESS_R is a user whom an earlier test has left. */
static int
find_left_over(struct trial *t, char address_r[TRIAL_ADDRESS])
{
	const json_t *users;
	const char *first;
	json_t *answer;
	int result = trial_ask(t,
	    json_pack("{s:s, s:s, s:i}", "do", "user-list", "after",
		SELFTEST_PREFIX, "limit", 1),
	    &answer);

	if (result != 0)
		return result;
	users = json_object_get(answer, "users");
	first = trial_text(json_array_get(users, 0), NULL, "address");
	if (strncmp(first, SELFTEST_PREFIX, strlen(SELFTEST_PREFIX)) == 0 &&
	    span_copy(span_of(first), address_r, TRIAL_ADDRESS) == 0)
		result = 1;
	json_decref(answer);
	return result;
}

/* Tests that were killed have left their users; this one runs alone. */
static int
remove_left_overs(struct trial *t)
{
	char address[TRIAL_ADDRESS];
	int found;

	while ((found = find_left_over(t, address)) > 0) {
		int error = remove_user(t, address);

		if (error != 0)
			return error;
	}
	return found;
}

static void
name_user(struct trial *t)
{
	char word[17];
	uint64_t number;
	uint8_t secret[(TRIAL_SECRET - 1) / 2];

	rand_fill(&number, sizeof number);
	snprintf(word, sizeof word, "%016llx", (unsigned long long)number);
	snprintf(t->address, sizeof t->address, SELFTEST_PREFIX "%s@%s", word,
	    t->settings->domains.v[0]);
	rand_fill(secret, sizeof secret);
	for (size_t i = 0; i < sizeof secret; i++)
		snprintf(t->password + 2 * i, 3, "%02x", secret[i]);
	explicit_bzero(secret, sizeof secret);
}

int
trial_user(struct trial *t)
{
	struct err err;
	json_t *answer;
	int error = remove_left_overs(t);

	if (error != 0)
		return trial_hint(t, "users of an earlier self-test, which "
				     "restante user list shows");
	name_user(t);
	error = trial_ask(t,
	    json_pack("{s:s, s:s, s:s, s:s}", "do", "user-add", "address",
		t->address, "password", t->password, "mode", "ask"),
	    &answer);
	if (error != 0) {
		t->address[0] = '\0';
		return trial_hint(t, "the server's log");
	}
	/* in the one form of the server */
	span_copy(span_of(trial_text(answer, "user", "address")), t->address,
	    sizeof t->address);
	json_decref(answer);
	if (removal_left_overs(t->settings, t->address, &err) != 0)
		report_warning(t->report, err.text);
	snprintf(t->detail, sizeof t->detail, "%s", t->address);
	error = trial_wait(t, is_told_of, t->address, "Dovecot to be told");
	return error == 0
		   ? 0
		   : trial_hint(t,
			 "%s/.restante/passwd, which the role clerk writes "
			 "(restante status), and the server's log",
			 t->settings->mail);
}

/* ---- the end ---- */

/*
 * Nothing is to be fetched or asked any more for a user who is none any more:
 * what is undecided is refused, and what waits is withdrawn; what was fetched
 * is to lie in the mailbox before that is removed.
 */
static int
is_over(struct trial *t, const void *arg)
{
	const struct trial_message *m = arg;
	const char *ends[] = {"refused", "lapsed", "delivered"};
	char state[TRIAL_STATE];
	json_t *answer;

	if (trial_look(t, "envelope", m->envelope, "state", state) != 0)
		return 1; /* there is nobody to ask */
	if (strcmp(state, "pending") == 0 &&
	    trial_ask(t,
		json_pack("{s:s, s:s, s:s}", "do", "envelope-decide", "id",
		    m->envelope, "verdict", "reject"),
		&answer) == 0)
		json_decref(answer);
	if (trial_ask(t,
		json_pack("{s:s, s:s}", "do", "held-withdraw", "id", m->hold),
		&answer) == 0)
		json_decref(answer);
	if (trial_look(t, "envelope", m->envelope, "state", state) != 0)
		return 1;
	for (unsigned i = 0; i < sizeof ends / sizeof *ends; i++)
		if (strcmp(state, ends[i]) == 0)
			return 1;
	/* wanted and withdrawn: it cannot be had, and is tried again later */
	return strcmp(state, "wanted") == 0;
}

/* What was accepted and could not be had is told to its user at last. */
static void
end_message(struct trial *t, const struct trial_message *m)
{
	char state[TRIAL_STATE];

	trial_wait(t, is_over, m, "the message to be over");
	if (trial_look(t, "envelope", m->envelope, "state", state) == 0 &&
	    strcmp(state, "wanted") == 0)
		report_remains(t->report,
		    "a message that could not be fetched: within a quarter of "
		    "an hour the server gives it up, and may make the mailbox "
		    "again to say so there; the next self-test removes it");
}

int
trial_clean_up(struct trial *t)
{
	static const volatile sig_atomic_t never;

	t->wish.stop = &never; /* whoever interrupts wants it clean, too */
	wire_close(&t->reader);
	wire_close(&t->sender);
	if (remove_user(t, t->address) != 0) {
		report_remains(t->report, t->address);
		return trial_hint(t,
		    "restante user remove %s; its mailbox is in %s", t->address,
		    t->settings->mail);
	}
	/* afterwards, since then Dovecot knows no such mailbox, and does not
	   make it again when it is to take a stub away */
	for (unsigned i = 0; i < t->count; i++)
		end_message(t, &t->messages[i]);
	if (removal_mailbox(t->settings, t->address, &t->why) == 0)
		return 0;
	report_remains(t->report, t->why.text);
	return trial_hint(
	    t, "its mailbox, in %s, which may be removed", t->settings->mail);
}

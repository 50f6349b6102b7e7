/*
 * The commands of the SMDP user service, each a row of smdp_user_verbs.def and
 * a function here: what is malformed is answered, the rest is done or asked.
 * For what is given out and answered see smdp_user.c.
 *
 *   user     = "user" SP 1*octet                    ; the name, as typed
 *   password = ( "pwd" / "pwd_" / "pass" ) SP 1*octet ; the rest of the line,
 *                                                   ; spaces and all
 *   number   = ( "retr" / "del" / verdict ) SP 1*DIGIT
 *   mail     = "mail" [ SP "From:" path ]
 *   rcpt     = "rcpt" SP "to" ( ":" / SP ) path
 *   other    = "list" / "data" / "rset" / "quit" / "noop" [ SP text ]
 *            / "help" [ SP word ]
 */
#include "proto/command.h"
#include "proto/user/smdp_user_inner.h"

#include "base/err.h"

#include <string.h>

static const struct span nothing = {NULL, 0};

struct row {
	const char *word;
	unsigned states; /* enum smdp_user_state bits */
	const char *help;
	void (*take)(struct smdp_user *x, enum smdp_user_verb verb,
	    struct span argument);
};

static void
refuse(struct smdp_user *x, const char *text)
{
	smdp_user_reply(x, REPLY_BAD_ARGUMENT, span_of(text));
}

/* --- signing in --- */

static bool
has_control(struct span s)
{
	for (size_t i = 0; i < s.n; i++) {
		if ((unsigned char)s.p[i] < ' ' || s.p[i] == 0x7f)
			return true;
	}
	return false;
}

/* Whatever the name is: who exists is no stranger's business (WIRE 10). */
static void
take_user(struct smdp_user *x, enum smdp_user_verb verb, struct span argument)
{
	(void)verb;
	if (argument.n == 0 || has_control(argument) ||
	    span_copy(argument, x->name, sizeof x->name) < 0) {
		refuse(x, "an address is expected");
		return;
	}
	smdp_user_enter(x, SMDP_USER_NAMED);
	smdp_user_reply(x, REPLY_GIVE_PASSWORD, nothing);
}

static void
take_password(
    struct smdp_user *x, enum smdp_user_verb verb, struct span argument)
{
	(void)verb;
	if (argument.n == 0) {
		refuse(x, "a password is expected");
		return;
	}
	if (buf_put(&x->password, argument) < 0) {
		smdp_user_forget_password(x);
		smdp_user_reply(x, REPLY_AUTH_LATER, nothing);
		return;
	}
	x->event.text = span_of(x->name);
	x->event.password = buf_span(&x->password);
	smdp_user_ask(x, SMDP_USER_PASSWORD);
}

/* --- what is here --- */

static bool
is_bare(struct smdp_user *x, struct span argument)
{
	if (argument.n > 0)
		refuse(x, "no argument is expected");
	return argument.n == 0;
}

static void
take_list(struct smdp_user *x, enum smdp_user_verb verb, struct span argument)
{
	(void)verb;
	if (!is_bare(x, argument))
		return;
	smdp_user_list_asked(x);
	smdp_user_ask(x, SMDP_USER_LIST);
}

/* The item that ARGUMENT numbers, into the event; false when it is answered. */
static bool
find_item(struct smdp_user *x, struct span argument)
{
	struct smdp_user_entry *entry;
	uint64_t number;
	int rc = span_number(argument, UINT32_MAX, &number);

	if (rc == -E_SYNTAX) {
		refuse(x, "a number is expected");
		return false;
	}
	entry = rc == 0 ? smdp_user_list_find(x, number) : NULL;
	if (entry == NULL) {
		smdp_user_reply(x, REPLY_NO_SUCH_NUMBER, nothing);
		return false;
	}
	x->event.number = (uint32_t)number;
	x->event.key = entry->key;
	x->event.item_kind = (enum smdp_user_kind)entry->kind;
	return true;
}

static void
take_retr(struct smdp_user *x, enum smdp_user_verb verb, struct span argument)
{
	(void)verb;
	if (find_item(x, argument))
		smdp_user_ask(x, SMDP_USER_RETR);
}

/* The rows of the verbs stand as the verdicts do. */
#define FROM_ACCEPT(NAME) (SMDP_USER_VERB_##NAME - SMDP_USER_VERB_ACCEPT)
_Static_assert(FROM_ACCEPT(AUTHORIZE) == SMTP_VERDICT_AUTHORIZE &&
		   FROM_ACCEPT(REJECT) == SMTP_VERDICT_REJECT &&
		   FROM_ACCEPT(SPAM) == SMTP_VERDICT_SPAM &&
		   FROM_ACCEPT(SPAMMER) == SMTP_VERDICT_SPAMMER,
    "smdp_user_verbs.def and enum verdict differ");

static void
take_verdict(
    struct smdp_user *x, enum smdp_user_verb verb, struct span argument)
{
	enum verdict verdict = (enum verdict)(verb - SMDP_USER_VERB_ACCEPT);

	if (!find_item(x, argument))
		return;
	/* What is here can only be refused (SM-25). */
	if (verdict_turns(verdict) && x->event.item_kind == SMDP_USER_MESSAGE) {
		smdp_user_reply(x, REPLY_HERE_ALREADY, nothing);
		return;
	}
	x->event.verdict = verdict;
	smdp_user_ask(x, SMDP_USER_VERDICT);
}

static void
take_delete(struct smdp_user *x, enum smdp_user_verb verb, struct span argument)
{
	(void)verb;
	if (!find_item(x, argument))
		return;
	if (x->event.item_kind == SMDP_USER_ENVELOPE)
		smdp_user_reply(x, REPLY_DECIDE_INSTEAD, nothing);
	else
		smdp_user_ask(x, SMDP_USER_DELETE);
}

/* --- writing --- */

/* KEYWORD, an address, and nothing else: 0, -E_SYNTAX, -E_NOMEM; nothing is
   said. */
static int
parse_path(struct smdp_user *x, struct span argument, const char *keyword)
{
	struct address_rules rules = {.utf8 = true};
	struct span path, rest;

	if (command_path(argument, keyword, &path, &rest) < 0 || rest.n > 0)
		return -E_SYNTAX;
	return address_parse(path, rules, &x->address);
}

static void
refuse_path(struct smdp_user *x, int result, enum reply_name malformed)
{
	smdp_user_reply(
	    x, result == -E_NOMEM ? REPLY_DELIVERY_LATER : malformed, nothing);
}

static void
take_mail(struct smdp_user *x, enum smdp_user_verb verb, struct span argument)
{
	int result = argument.n > 0 ? parse_path(x, argument, "From:") : 0;

	(void)verb;
	if (result < 0) {
		refuse_path(x, result, REPLY_BAD_SENDER);
		return;
	}
	x->event.address = argument.n > 0 ? &x->address : NULL;
	smdp_user_ask(x, SMDP_USER_MAIL);
}

static void
take_rcpt(struct smdp_user *x, enum smdp_user_verb verb, struct span argument)
{
	int result = parse_path(x, argument, "to:");

	(void)verb;
	if (result == -E_SYNTAX)
		result = parse_path(x, argument, "to ");
	if (result < 0) {
		refuse_path(x, result, REPLY_BAD_RECIPIENT);
		return;
	}
	if (x->recipients >= x->setup.recipients_max) {
		smdp_user_reply(x, REPLY_TOO_MANY_RECIPIENTS, nothing);
		return;
	}
	x->event.address = &x->address;
	smdp_user_ask(x, SMDP_USER_RCPT);
}

static void
take_data(struct smdp_user *x, enum smdp_user_verb verb, struct span argument)
{
	(void)verb;
	if (!is_bare(x, argument))
		return;
	if (x->recipients == 0)
		smdp_user_reply(
		    x, REPLY_BAD_SEQUENCE, span_of("rcpt to first"));
	else
		smdp_user_ask(x, SMDP_USER_DATA);
}

/* --- the rest --- */

static void
take_rset(struct smdp_user *x, enum smdp_user_verb verb, struct span argument)
{
	(void)verb;
	if (is_bare(x, argument))
		smdp_user_finish(x, REPLY_RESET, nothing);
}

static void
take_noop(struct smdp_user *x, enum smdp_user_verb verb, struct span argument)
{
	(void)verb;
	(void)argument;
	smdp_user_reply(x, REPLY_OK, nothing);
}

static void
take_quit(struct smdp_user *x, enum smdp_user_verb verb, struct span argument)
{
	(void)verb;
	if (!is_bare(x, argument))
		return;
	smdp_user_reply(x, REPLY_BYE, nothing);
	smdp_user_close(x);
}

static void
take_help(struct smdp_user *x, enum smdp_user_verb verb, struct span argument);

/* --- the table --- */

static const struct row rows[SMDP_USER_VERB_COUNT] = {
#define VERB(NAME, word, states, name, help) \
	[SMDP_USER_VERB_##NAME] = {word, states, help, take_##name},
#include "proto/user/smdp_user_verbs.def"
#undef VERB
};

static enum smdp_user_verb
find(struct span word)
{
	unsigned verb = 0;

	while (verb < SMDP_USER_VERB_COUNT &&
	       !span_equals_nocase(word, span_of(rows[verb].word)))
		verb++;
	return (enum smdp_user_verb)verb;
}

static void
take_help(struct smdp_user *x, enum smdp_user_verb verb, struct span argument)
{
	enum smdp_user_verb about = find(argument);
	struct buf words;

	(void)verb;
	if (about != SMDP_USER_VERB_COUNT) {
		smdp_user_reply(x, REPLY_HELP, span_of(rows[about].help));
		return;
	}
	if (argument.n > 0) {
		refuse(x, "no such verb");
		return;
	}
	buf_init(&words, REPLY_ARGUMENT_MAX);
	buf_text(&words, "verbs:");
	for (unsigned i = 0; i < SMDP_USER_VERB_COUNT; i++)
		buf_print(&words, " %s", rows[i].word);
	smdp_user_reply(x, REPLY_HELP, buf_span(&words));
	buf_fini(&words);
}

static const char *
sequence_text(const struct smdp_user *x)
{
	if (!x->is_signed_in)
		return "sign in first: user, then pwd";
	if (x->state == SMDP_USER_WRITING)
		return "a message is being written: data or rset";
	return "not now: signed in, and no message is being written";
}

void
smdp_user_verb_take(struct smdp_user *x, struct span line)
{
	struct span word, argument;
	enum smdp_user_verb verb;

	if (x->line.fault != LINE_GOOD) {
		smdp_user_reply(x, reply_to_fault(x->line.fault), nothing);
		return;
	}
	command_split(line, &word, &argument);
	verb = find(word);
	if (verb == SMDP_USER_VERB_COUNT) {
		smdp_user_reply(x, REPLY_UNKNOWN_COMMAND, nothing);
		return;
	}
	if ((rows[verb].states & x->state) == 0) {
		smdp_user_reply(
		    x, REPLY_BAD_SEQUENCE, span_of(sequence_text(x)));
		return;
	}
	/* A password is the rest of the line as it stands. */
	if (rows[verb].take == take_password)
		argument = span_skip(line, word.n + 1);
	rows[verb].take(x, verb, argument);
}

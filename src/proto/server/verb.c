/*
 * The table of verbs, made from verbs.def. Not for what they do: verb_*.c.
 * See verb.h and docs/ADD-A-VERB.md.
 */
#include "proto/server/verb.h"

#include "base/err.h"
#include "proto/server/smtp_session.h"

#define KIND(kind) (1u << (kind))

static const struct verb_row rows[VERB_COUNT] = {
#define VERB(NAME, name, states, kinds, help)                             \
	[VERB_##NAME] = {#NAME, states, kinds, help, verb_##name##_check, \
	    verb_##name##_proceed},
#include "proto/server/verbs.def"
#undef VERB
};

const struct verb_row *
verb_row(enum verb verb)
{
	return &rows[verb];
}

enum verb
verb_find(struct span word)
{
	unsigned verb = 0;

	while (verb < VERB_COUNT &&
	       !span_equals_nocase(word, span_of(rows[verb].word)))
		verb++;
	return (enum verb)verb;
}

bool
verb_refuse(
    struct verb_refusal *refusal_r, enum reply_name reply, const char *text)
{
	*refusal_r = (struct verb_refusal){reply, text};
	return false;
}

bool
verb_check_bare(struct span argument, struct verb_refusal *refusal_r)
{
	if (argument.n == 0)
		return true;
	return verb_refuse(
	    refusal_r, REPLY_BAD_ARGUMENT, "no argument is expected");
}

bool
verb_params(struct span text, struct params_rules rules,
    struct params *params_r, struct verb_refusal *refusal_r)
{
	switch (params_parse(text, rules, params_r)) {
	case PARAMS_GOOD:
		return true;
	case PARAMS_UNKNOWN:
		return verb_refuse(refusal_r, REPLY_UNKNOWN_PARAMETER, "");
	case PARAMS_NO_MEMORY:
		return verb_refuse(refusal_r, REPLY_DELIVERY_LATER, "");
	case PARAMS_MALFORMED:
		break;
	}
	return verb_refuse(
	    refusal_r, REPLY_BAD_ARGUMENT, "malformed parameter");
}

bool
verb_address(struct smtp_server *x, struct span path,
    struct address_rules rules, struct verb_refusal bad,
    struct verb_refusal *refusal_r)
{
	int result = address_parse(path, rules, &x->address);

	if (result == 0)
		return true;
	if (result == -E_NOMEM)
		return verb_refuse(refusal_r, REPLY_DELIVERY_LATER, "");
	return verb_refuse(refusal_r, bad.reply, bad.text);
}

/*
 * The words of the store door as shown to people: in JSON, logs and documents.
 * They are part of what users see, so a name is never changed, only added.
 */
#include "store/store.h"

static const char *
pick(const char *const *names, size_t count, unsigned at)
{
	return at < count && names[at] != NULL ? names[at] : "unknown";
}

#define PICK(names, at) \
	pick(names, sizeof(names) / sizeof((names)[0]), (unsigned)(at))

const char *
store_verb_name(enum store_verb verb)
{
	static const char *const names[] = {
#define OPERATION(NAME, name, help) [STORE_##NAME] = #name,
#include "store/operations.def"
#undef OPERATION
	};

	return PICK(names, verb);
}

const char *
store_outcome_name(enum store_outcome outcome)
{
	static const char *const names[] = {
	    [STORE_OK] = "ok",
	    [STORE_NONE] = "none",
	    [STORE_EXISTS] = "exists",
	    [STORE_CONFLICT] = "conflict",
	    [STORE_BUSY] = "busy",
	    [STORE_FULL] = "full",
	    [STORE_UNSURE] = "unsure",
	    [STORE_BROKEN] = "broken",
	};

	return PICK(names, outcome);
}

const char *
store_hold_state_name(enum store_hold_state s)
{
	static const char *const names[] = {
	    [HOLD_HELD] = "held",
	    [HOLD_NOTICED] = "noticed",
	    [HOLD_LEASED] = "leased",
	    [HOLD_TAKEN] = "taken",
	    [HOLD_REFUSED] = "refused",
	    [HOLD_EXPIRED] = "expired",
	    [HOLD_WITHDRAWN] = "withdrawn",
	};

	return PICK(names, s);
}

const char *
store_notice_state_name(enum store_notice_state s)
{
	static const char *const names[] = {
	    [NOTICE_PENDING] = "pending",
	    [NOTICE_WANTED] = "wanted",
	    [NOTICE_PULLING] = "pulling",
	    [NOTICE_KEPT] = "kept",
	    [NOTICE_FETCHED] = "fetched",
	    [NOTICE_DELIVERED] = "delivered",
	    [NOTICE_REFUSED] = "refused",
	    [NOTICE_LAPSED] = "lapsed",
	};

	return PICK(names, s);
}

const char *
store_listed_name(enum store_listed l)
{
	static const char *const names[] = {
	    [LISTED_NOT] = "none",
	    [LISTED_ALLOW] = "allow",
	    [LISTED_DENY] = "deny",
	};

	return PICK(names, l);
}

const char *
store_side_name(enum store_side s)
{
	static const char *const names[] = {
	    [SIDE_INCOMING] = "incoming",
	    [SIDE_OUTGOING] = "outgoing",
	};

	return PICK(names, s);
}

const char *
store_entry_by_name(enum store_entry_by by)
{
	static const char *const names[] = {
	    [ENTRY_BY_HAND] = "hand",
	    [ENTRY_BY_VERDICT] = "verdict",
	    [ENTRY_BY_WRITING] = "writing",
	};

	return PICK(names, by);
}

const char *
store_route_name(enum store_route r)
{
	static const char *const names[] = {
	    [ROUTE_UNKNOWN] = "unknown",
	    [ROUTE_GDEL] = "gdel",
	    [ROUTE_MSID] = "msid",
	    [ROUTE_ENVELOPE] = "envelope",
	    [ROUTE_PUSH] = "push",
	    [ROUTE_LOCAL] = "local",
	};

	return PICK(names, r);
}

const char *
store_verdict_name(enum store_verdict v)
{
	static const char *const names[] = {
	    [VERDICT_NONE] = "none",
	    [VERDICT_ACCEPT] = "accept",
	    [VERDICT_AUTHORIZE] = "authorize",
	    [VERDICT_REJECT] = "reject",
	    [VERDICT_SPAM] = "spam",
	    [VERDICT_SPAMMER] = "spammer",
	};

	return PICK(names, v);
}

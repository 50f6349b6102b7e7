/*
 * Parameters behind MAIL, RCPT, GDEL and ENVELOPE: what was taken is within its
 * ceilings and can be said; what we say of a notice is read as the same.
 */
#include "fuzz.h"

#include "proto/params.h"

#include <string.h>

static void
check_words(const char *text, size_t room)
{
	const size_t n = strnlen(text, room);

	assert(n < room);
	for (size_t i = 0; i < n; i++)
		assert(text[i] > ' ' && text[i] < 127);
}

static void
check(const struct params *p, struct params_rules rules)
{
	check_words(p->envid, sizeof p->envid);
	check_words(p->orcpt, sizeof p->orcpt);
	check_words(p->from, sizeof p->from);
	assert(p->notify == NOTIFY_NEVER || (p->notify & NOTIFY_NEVER) == 0);
	assert(rules.utf8 || !p->smtputf8);
	if (!rules.dsn)
		assert(p->ret == RET_ABSENT && p->notify == 0 &&
		       p->orcpt[0] == '\0');
	if (rules.verb != PARAMS_MAIL)
		assert(!p->body_8bit && !p->dmtp && p->ret == RET_ABSENT);
	if (rules.verb != PARAMS_RCPT)
		assert(p->notify == 0 && p->orcpt[0] == '\0');
	if (p->has_expires)
		assert(p->expires >= PARAMS_EXPIRES_MIN &&
		       p->expires <= PARAMS_EXPIRES_MAX);
}

/* Of a notice: said, and read by a peer like us. */
static void
check_again(const struct params *p, struct params_rules rules)
{
	struct params again;
	struct buf said;

	buf_init(&said, 4096);
	params_print_notice(p, &said);
	assert(!buf_bad(&said));
	assert(said.n == 0 || said.p[0] == ' ');
	assert(params_parse(span_skip(buf_span(&said), 1), rules, &again) ==
	       PARAMS_GOOD);
	assert(again.has_digest == p->has_digest);
	assert(memcmp(again.digest, p->digest, sizeof p->digest) == 0);
	assert(again.has_expires == p->has_expires);
	assert(again.expires == p->expires);
	buf_fini(&said);
}

void
fuzz_one(struct span input)
{
	struct fuzz_draws draws = fuzz_draw_line(&input);
	struct params_rules rules = {
	    .verb = (enum params_verb)fuzz_draw(&draws, 4),
	    .utf8 = fuzz_draw(&draws, 2) == 0,
	    .dsn = fuzz_draw(&draws, 2) == 0,
	    .auth = fuzz_draw(&draws, 2) == 0};
	struct params p;

	if (params_parse(input, rules, &p) != PARAMS_GOOD)
		return;
	check(&p, rules);
	if (rules.verb == PARAMS_GDEL || rules.verb == PARAMS_ENVELOPE)
		check_again(&p, rules);
}

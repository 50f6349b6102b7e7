/*
 * Saying what is wrong with a row. What is wrong is found by each driver in
 * its own way (check.c there); the list of all is problems.def.
 */
#include "store/problems.h"

#define PROBLEMS_TEXT 65536 /* octets: far more than the lines need */

void
problems_init(struct problems *p)
{
	p->count = 0;
	buf_init(&p->text, PROBLEMS_TEXT);
}

void
problems_fini(struct problems *p)
{
	buf_fini(&p->text);
}

void
problems_say(struct problems *p, enum problem problem, struct span which)
{
	static const char *const words[] = {
#define PROBLEM(NAME, words) [PROBLEM_##NAME] = words,
#include "store/problems.def"
#undef PROBLEM
	};

	if (p->count++ >= PROBLEMS_LINES)
		return;
	buf_put(&p->text, which);
	buf_print(&p->text, ": %s\n", words[problem]);
}

enum store_outcome
problems_report(const struct problems *p, struct store_op *op)
{
	op->check.problems = p->count;
	op->check.text = arena_copy(&op->arena, buf_span(&p->text));
	return op->check.text.p == NULL ? STORE_FULL : STORE_OK;
}

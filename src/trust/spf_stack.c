/*
 * The records under evaluation, RFC 7208 4.3 to 4.6 and 5.2: include puts one
 * more on the stack, redirect replaces the one on top, and a result travels
 * down. So a hostile chain of records costs a counter and no recursion.
 */
#include "trust/spf_stack.h"

#include <stdlib.h>
#include <string.h>

struct spf_frame *
spf_stack_top(struct spf *x)
{
	return &x->stack[x->depth - 1];
}

void
spf_stack_push(struct spf *x, const char *domain)
{
	struct spf_frame *f = &x->stack[x->depth++];

	*f = (struct spf_frame){.redirected = false};
	span_copy(span_of(domain), f->domain, DNS_NAME_MAX);
}

void
spf_stack_pop(struct spf *x)
{
	free(spf_stack_top(x)->text);
	x->depth--;
}

void
spf_stack_finish(struct spf *x, enum spf_result result)
{
	x->finished = true;
	x->result = result;
}

void
spf_stack_leave(struct spf *x, enum spf_result result)
{
	while (x->depth > 1) {
		if (result == SPF_TEMPERROR || result == SPF_PERMERROR)
			break;
		spf_stack_pop(x);
		if (result != SPF_PASS)
			return;
		result = spf_stack_top(x)->term.result;
	}
	spf_stack_finish(x, result);
}

void
spf_stack_matched(struct spf *x)
{
	spf_stack_leave(x, spf_stack_top(x)->term.result);
}

/* A domain that check_host() accepts: more than one label, no literal (4.3). */
static bool
is_domain(const char *name)
{
	return name[0] != '[' && strchr(name, '.') != NULL;
}

/* Whether a missing record is the answer "none", not somebody's mistake. */
static bool
is_first(struct spf *x)
{
	return x->depth == 1 && !spf_stack_top(x)->redirected;
}

void
spf_stack_ask(struct spf *x)
{
	struct spf_frame *f = spf_stack_top(x);

	if (!is_domain(f->domain)) {
		spf_stack_leave(x, is_first(x) ? SPF_NONE : SPF_PERMERROR);
		return;
	}
	x->asking = SPF_ASK_RECORD;
	x->question.type = DNS_TXT;
	span_copy(span_of(f->domain), x->question.name, DNS_NAME_MAX);
}

void
spf_stack_take(struct spf *x, const struct dns_answer *answer)
{
	struct spf_frame *f = spf_stack_top(x);
	struct span record = {NULL, 0};
	unsigned found = 0;

	if (answer->status == DNS_TEMPORARY) {
		spf_stack_leave(x, SPF_TEMPERROR);
		return;
	}
	for (unsigned i = 0; i < answer->count; i++) {
		if (!spf_record_is(answer->records[i].text))
			continue;
		record = answer->records[i].text;
		found++;
	}
	if (found == 0 && is_first(x)) {
		spf_stack_leave(x, SPF_NONE);
		return;
	}
	if (found != 1) {
		spf_stack_leave(x, SPF_PERMERROR);
		return;
	}
	f->text = malloc(record.n + 1);
	if (f->text == NULL) {
		spf_stack_leave(x, SPF_TEMPERROR);
		return;
	}
	memcpy(f->text, record.p, record.n);
	record.p = f->text;
	if (spf_record_check(record, &f->rest, &f->redirect) != 0)
		spf_stack_leave(x, SPF_PERMERROR);
}

/*
 * Envelopes for the operator: listed, shown, decided. The text of an envelope
 * is handed out as it came: whoever asked reads it (ctl/envelopes.c), not the
 * keeper.
 *
 * Not for: what a verdict does (receiver/decide.h); the table of requests
 * (keeper_kinds.c).
 */
#include "daemon/control/keeper_envelope.h"

#include "daemon/control/control_words.h"
#include "daemon/control/keeper_identity.h"
#include "daemon/control/keeper_show.h"
#include "daemon/keeper/keeper_quality.h"
#include "receiver/decide.h"

int
keeper_envelope_fill_list(
    struct keeper_request *r, const json_t *q, struct err *err)
{
	struct store_envelope_list *list = &r->op->envelope_list;
	struct span before = control_words_text(q, "before");
	struct span user = control_words_text(q, "user");

	list->limit = control_words_limit(q);
	if (list->limit > KEEPER_ENVELOPE_PAGE)
		list->limit = KEEPER_ENVELOPE_PAGE;
	list->all = control_words_flag(q, "all");
	if (before.n > 0 && key_parse(before, &list->before) != 0)
		return err_set(err, -E_SYNTAX,
		    "`before` must be a `next` of an earlier answer");
	if (user.n == 0)
		return 0;
	return control_words_address(r->op, user, &list->user, err);
}

json_t *
keeper_envelope_answer_list(const struct keeper *k, const struct store_op *op)
{
	const struct store_envelope_list *l = &op->envelope_list;
	unsigned n = op->verb == STORE_ENVELOPE_LIST ? l->count : 0;
	json_t *other = keeper_identity_of_another(op), *rows;
	char next[KEY_TEXT] = "";

	(void)k;
	if (other != NULL)
		return other;
	rows = json_array();
	for (unsigned i = 0; i < n; i++)
		json_array_append_new(
		    rows, keeper_show_envelope(&l->notices[i], false));
	if (n > 0 && n == l->limit)
		key_text(l->notices[n - 1].key, next);
	return json_pack("{s:b, s:o, s:o}", "ok", 1, "envelopes", rows, "next",
	    next[0] != '\0' ? json_string(next) : json_null());
}

static int
take_id(const json_t *q, struct key *key_r, struct err *err)
{
	struct span id = control_words_text(q, "id");

	if (id.n == KEY_TEXT - 1 && key_parse(id, key_r) == 0)
		return 0;
	return err_set(err, -E_NONE, "no envelope here has that identifier");
}

int
keeper_envelope_fill_show(
    struct keeper_request *r, const json_t *q, struct err *err)
{
	r->op->notice_get.whole = true;
	return take_id(q, &r->op->notice_get.key, err);
}

json_t *
keeper_envelope_answer(const struct keeper *k, const struct store_op *op)
{
	(void)k;
	return json_pack("{s:b, s:o}", "ok", 1, "envelope",
	    keeper_show_envelope(&op->notice_get.notice, true));
}

/* ---- verdicts ---- */

static int
take_verdict(const json_t *q, enum store_verdict *verdict_r, struct err *err)
{
	struct span word = control_words_text(q, "verdict");

	for (unsigned v = VERDICT_ACCEPT; v <= VERDICT_SPAMMER; v++) {
		*verdict_r = (enum store_verdict)v;
		if (span_equals(word, span_of(store_verdict_name(*verdict_r))))
			return 0;
	}
	return err_set(err, -E_SYNTAX,
	    "`verdict` is accept, authorize, reject, spam or spammer");
}

/* What was decided has work to do at once: a call, or a delivery. */
static void
answered(
    void *owner, enum store_outcome outcome, const struct store_notice *notice)
{
	struct keeper_request *r = owner;
	struct keeper *k = r->keeper;
	json_t *document = NULL;
	char key[KEY_TEXT];

	if (outcome == STORE_OK) {
		key_text(notice->key, key);
		document = json_pack("{s:b, s:s, s:s}", "ok", 1, "id", key,
		    "state", store_notice_state_name(notice->state));
		keeper_decided(k);
	}
	keeper_request_end(r, outcome, document);
}

int
keeper_envelope_decide(
    struct keeper_request *r, const json_t *q, struct err *err)
{
	struct span user = control_words_text(q, "user");
	struct decide_ask ask = {.user = span_of("")};
	int error = take_id(q, &ask.notice, err);

	if (error == 0)
		error = take_verdict(q, &ask.verdict, err);
	if (error == 0 && user.n > 0)
		error = control_words_address(r->op, user, &ask.user, err);
	if (error != 0)
		return error;
	keeper_decide(r->keeper, &ask, answered, r);
	return 1;
}

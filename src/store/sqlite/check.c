/*
 * Looks for rows that no state allows, in SQLite. This reads every row: it is
 * for the administrator and for tests, not for a busy keeper. What each problem
 * means is in ../problems.def.
 */
#include "store/sqlite/query.h"

#include "store/problems.h"

/*
 * Each asks for the keys of rows that have the problem. TALLY is looked for in
 * tally.c.
 */
static const char *const questions[PROBLEM_COUNT] = {
    [PROBLEM_HOLD_NO_MESSAGE] =
	"SELECT key FROM holds WHERE NOT EXISTS"
	" (SELECT 1 FROM messages AS m WHERE m.key = holds.message)",
    [PROBLEM_HOLD_BAD_STATE] =
	"SELECT key FROM holds WHERE state NOT BETWEEN 0 AND 7",
    [PROBLEM_HOLD_NO_CONTENT] =
	"SELECT key FROM holds WHERE " NEEDS_CONTENT " AND NOT EXISTS"
	" (SELECT 1 FROM contents AS c WHERE c.message = holds.message)",
    [PROBLEM_HOLD_END_TIME] =
	"SELECT key FROM holds WHERE (state > 3) <> (ended_at > 0)",
    [PROBLEM_HOLD_NO_LEASE] =
	"SELECT key FROM holds"
	" WHERE state = 3 AND lease_node = 0 AND lease_until = 0",
    [PROBLEM_HOLD_STRAY_LEASE] =
	"SELECT key FROM holds WHERE state <> 3 AND lease_until <> 0",
    [PROBLEM_HOLD_TARGETS] =
	"SELECT key FROM holds"
	" WHERE length(targets) % 17 <> 0 OR length(targets) > 32 * 17",
    [PROBLEM_HOLD_REPORT] = "SELECT key FROM holds WHERE report_at < " NEVER
			    " AND (reportable = 0 OR reported & 2 <> 0"
			    "  OR state NOT IN (0, 1, 2, 3, 5, 6))",
    [PROBLEM_HOLD_ENVELOPE] =
	"SELECT key FROM holds WHERE NOT EXISTS"
	" (SELECT 1 FROM holds AS l WHERE l.key = holds.envelope"
	"  AND l.message = holds.message AND l.domain = holds.domain"
	"  AND l.envelope = l.key)",
    [PROBLEM_HOLD_LEADS] =
	"SELECT key FROM holds WHERE (leads = 1) <> EXISTS"
	" (SELECT 1 FROM holds AS h"
	"  WHERE h.envelope = holds.key AND h.key <> holds.key)",
    [PROBLEM_HOLD_VERDICT] =
	"SELECT key FROM holds WHERE verdict NOT BETWEEN 0 AND 5"
	" OR (verdict > 2 AND state NOT IN (4, 5))",
    [PROBLEM_HOLD_STAGING] =
	"SELECT h.key FROM holds AS h JOIN messages AS m"
	" ON m.key = h.message WHERE (h.state = 0) <> (m.staged = 1)",
    [PROBLEM_MESSAGE_FREED] =
	"SELECT key FROM messages WHERE (freed_at = 0) <> EXISTS"
	" (SELECT 1 FROM contents AS c WHERE c.message = messages.key)",
    [PROBLEM_MESSAGE_LEFTOVER] =
	"SELECT key FROM messages WHERE freed_at = 0 AND staged = 0"
	" AND NOT EXISTS (SELECT 1 FROM holds AS h"
	"  WHERE h.message = messages.key AND " NEEDS_CONTENT ")"
	" AND NOT EXISTS (SELECT 1 FROM deliveries AS d"
	"  WHERE d.message = messages.key)"
	" AND NOT EXISTS (SELECT 1 FROM notices AS n"
	"  WHERE n.message = messages.key AND " IS_UNDECIDED ")",
    [PROBLEM_CONTENT_STRAY] =
	"SELECT message FROM contents WHERE NOT EXISTS"
	" (SELECT 1 FROM messages AS m WHERE m.key = contents.message)",
    [PROBLEM_DELIVERY_NO_MESSAGE] =
	"SELECT key FROM deliveries WHERE NOT EXISTS"
	" (SELECT 1 FROM messages AS m WHERE m.key = deliveries.message)",
    [PROBLEM_DELIVERY_NO_CONTENT] =
	"SELECT key FROM deliveries WHERE NOT EXISTS"
	" (SELECT 1 FROM contents AS c"
	"  WHERE c.message = deliveries.message)",
    [PROBLEM_DELIVERY_STAGING] =
	"SELECT d.key FROM deliveries AS d JOIN messages AS m"
	" ON m.key = d.message WHERE d.staged <> m.staged",
    [PROBLEM_NOTICE_BAD_STATE] =
	"SELECT key FROM notices WHERE state NOT BETWEEN 1 AND 8",
    [PROBLEM_NOTICE_NO_DELIVERY] =
	"SELECT key FROM notices WHERE state = 5 AND NOT EXISTS"
	" (SELECT 1 FROM deliveries AS d WHERE d.message = notices.message"
	"  AND d.notice = notices.key)",
    [PROBLEM_NOTICE_LEFT_DELIVERY] =
	"SELECT key FROM notices WHERE state = 6 AND EXISTS"
	" (SELECT 1 FROM deliveries AS d WHERE d.message = notices.message"
	"  AND d.notice = notices.key)",
    [PROBLEM_NOTICE_NO_MESSAGE] =
	"SELECT key FROM notices"
	" WHERE state IN (4, 5, 6) AND message IS NULL",
    [PROBLEM_NOTICE_EARLY_MESSAGE] =
	"SELECT key FROM notices"
	" WHERE state IN (2, 3) AND message IS NOT NULL",
    [PROBLEM_NOTICE_NO_CONTENT] =
	"SELECT key FROM notices WHERE " IS_UNDECIDED
	" AND message IS NOT NULL AND NOT EXISTS"
	" (SELECT 1 FROM contents AS c WHERE c.message = notices.message)",
    [PROBLEM_NOTICE_NOBODY] =
	"SELECT key FROM notices WHERE state = 4 AND recipient = x''",
    [PROBLEM_NOTICE_VERDICT] =
	"SELECT key FROM notices WHERE verdict NOT BETWEEN 0 AND 5"
	" OR (verdict_due <> 0"
	"  AND (verdict = 0 OR state NOT IN (5, 6, 7)))",
    [PROBLEM_NOTICE_UNCONFIRMED] =
	"SELECT key FROM notices"
	" WHERE unconfirmed <> 0 AND state NOT IN (4, 5, 6, 7)",
    [PROBLEM_ENVELOPE_STRAY] =
	"SELECT notice FROM envelopes WHERE NOT EXISTS"
	" (SELECT 1 FROM notices AS n WHERE n.key = envelopes.notice)",
};

static void
look_for(struct sqlite_store *s, enum problem problem, struct problems *found)
{
	struct query q = query_new(s, questions[problem]);
	char text[KEY_TEXT];

	while (query_next(&q)) {
		key_text(query_key(&q), text);
		problems_say(found, problem, span_of(text));
	}
	query_end(&q);
}

enum store_outcome
store_sqlite_check(struct sqlite_store *s, struct store_op *op)
{
	struct problems found;
	enum store_outcome outcome;

	/* The counts lag behind the rows within a batch. */
	tally_flush(s);
	problems_init(&found);
	for (int problem = 0; problem < PROBLEM_COUNT; problem++)
		if (questions[problem] != NULL)
			look_for(s, (enum problem)problem, &found);
	identities_check(s, &found);
	if (!lists_are_counted(s))
		problems_say(&found, PROBLEM_TALLY, span_of("entry_counts"));
	if (!tally_is_right(s))
		problems_say(&found, PROBLEM_TALLY, span_of("counts"));
	outcome = problems_report(&found, op);
	problems_fini(&found);
	return outcome;
}

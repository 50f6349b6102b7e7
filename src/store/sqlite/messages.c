/*
 * Messages and their content, in SQLite: becoming ours, in parts or at once,
 * and giving the content back when nobody needs it any more.
 */
#include "store/sqlite/query.h"

void
messages_insert(
    struct sqlite_store *s, const struct store_message *message, bool staged)
{
	struct query q = query_new(s,
	    "INSERT INTO messages (key, sender, user, envid, subject, ret,"
	    " body_8bit, smtputf8, spooled, size, digest, created, staged)"
	    " VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12,"
	    " ?13)");

	query_put_key(&q, &message->key);
	query_put_text(&q, message->sender);
	query_put_text(&q, message->user);
	query_put_text(&q, message->envid);
	query_put_text(&q, message->subject);
	query_put_number(&q, message->ret);
	query_put_number(&q, message->body_8bit);
	query_put_number(&q, message->smtputf8);
	query_put_number(&q, message->spooled);
	query_put_number(&q, (int64_t)message->size);
	query_put_text(&q, span_make(message->digest, STORE_DIGEST));
	query_put_number(&q, message->created);
	query_put_number(&q, staged);
	query_run(&q);
	q = query_new(s, "INSERT INTO contents (message, envelope, head, body)"
			 " VALUES (?1, ?2, ?3, ?4)");
	query_put_key(&q, &message->key);
	query_put_text(&q, message->envelope);
	query_put_text(&q, message->head);
	query_put_text(&q, message->body);
	query_run(&q);
	tally_add(s, TALLY_MESSAGES, staged ? 0 : 1);
	usage_add(s, message->user, (int64_t)message->size);
}

static void
read_message(struct query *q, struct store_message *message_r)
{
	*message_r = (struct store_message){.key = query_key(q)};
	message_r->sender = query_text(q);
	message_r->user = query_text(q);
	message_r->envid = query_text(q);
	message_r->subject = query_text(q);
	message_r->ret = (unsigned)query_number(q);
	message_r->body_8bit = query_number(q) != 0;
	message_r->smtputf8 = query_number(q) != 0;
	message_r->spooled = query_number(q) != 0;
	message_r->size = (uint64_t)query_number(q);
	query_octets(q, message_r->digest, sizeof message_r->digest);
	message_r->created = query_number(q);
	message_r->envelope = message_r->head = message_r->body = span_of("");
}

bool
messages_load(struct sqlite_store *s, const struct key *key,
    struct store_message *message_r)
{
	struct query q = query_new(s,
	    "SELECT key, sender, user, envid, subject, ret, body_8bit,"
	    " smtputf8, spooled, size, digest, created FROM messages"
	    " WHERE key = ?1");
	bool found;

	query_put_key(&q, key);
	found = query_next(&q);
	if (found)
		read_message(&q, message_r);
	query_end(&q);
	return found;
}

bool
messages_load_content(struct sqlite_store *s, struct store_message *message)
{
	struct query q =
	    query_new(s, "SELECT head, body FROM contents WHERE message = ?1");
	bool found;

	query_put_key(&q, &message->key);
	found = query_next(&q);
	if (found) {
		message->head = query_text(&q);
		message->body = query_text(&q);
	}
	query_end(&q);
	return found;
}

void
messages_load_envelope(struct sqlite_store *s, struct store_message *message)
{
	struct query q =
	    query_new(s, "SELECT envelope FROM contents WHERE message = ?1");

	query_put_key(&q, &message->key);
	if (query_next(&q))
		message->envelope = query_text(&q);
	query_end(&q);
}

bool
messages_is_there(struct sqlite_store *s, const struct key *key)
{
	struct query q = query_new(s, "SELECT 1 FROM messages WHERE key = ?1");

	query_put_key(&q, key);
	return query_one(&q, 0) == 1;
}

/* Does an open or staged hold, one whose report is due, a delivery, or a notice
   about which nobody has decided refer to it? */
static bool
is_needed(struct sqlite_store *s, const struct key *key)
{
	struct query q = query_new(s,
	    "SELECT EXISTS (SELECT 1 FROM holds INDEXED BY holds_message"
	    "  WHERE message = ?1 AND " NEEDS_CONTENT " = 1)"
	    " OR EXISTS (SELECT 1 FROM deliveries"
	    "  INDEXED BY deliveries_message WHERE message = ?1)"
	    " OR EXISTS (SELECT 1 FROM notices INDEXED BY notices_message"
	    "  WHERE message = ?1 AND " IS_UNDECIDED ")");

	query_put_key(&q, key);
	return query_one(&q, 1) != 0;
}

static void
free_content(struct sqlite_store *s, const struct key *key, int64_t moment)
{
	struct query q = query_new(s, "UPDATE messages SET freed_at = ?2"
				      " WHERE key = ?1 AND freed_at = 0"
				      " RETURNING user, size");
	struct span user;
	int64_t size;
	bool was_here;

	query_put_key(&q, key);
	query_put_number(&q, moment);
	was_here = query_next(&q);
	if (was_here) {
		user = query_text(&q);
		size = query_number(&q);
	}
	query_end(&q);
	if (!was_here)
		return;
	usage_add(s, user, -size);
	q = query_new(s, "DELETE FROM contents WHERE message = ?1");
	query_put_key(&q, key);
	query_run(&q);
}

bool
messages_release(struct sqlite_store *s, const struct key *key, int64_t moment)
{
	struct query q;

	if (is_needed(s, key))
		return false;
	free_content(s, key, moment);
	q = query_new(s, "SELECT spooled FROM messages WHERE key = ?1");
	query_put_key(&q, key);
	return query_one(&q, 0) == 1;
}

/*
 * The key of the hold under whose identifier HOLD is announced: the one it
 * names, which then leads, if that is one of the same message and domain. LAST
 * is a hold before it that was right, so most need no question; NULL: none.
 */
static struct key
leader_of(struct sqlite_store *s, const struct store_hold *hold,
    const struct store_hold *last, const struct key *message)
{
	struct query q;

	if (key_is_zero(hold->envelope) ||
	    key_equals(hold->envelope, hold->key))
		return hold->key;
	if (last != NULL && key_equals(last->envelope, hold->envelope) &&
	    span_equals(last->domain, hold->domain))
		return hold->envelope;
	q = query_new(s,
	    "UPDATE holds SET leads = 1 WHERE key = ?1 AND message = ?2"
	    " AND domain = ?3 AND envelope = key"
	    " AND NOT EXISTS (SELECT 1 FROM holds AS h WHERE h.key = ?4)");
	query_put_key(&q, &hold->envelope);
	query_put_key(&q, message);
	query_put_text(&q, hold->domain);
	query_put_key(&q, &hold->key);
	return query_run(&q) == 1 ? hold->envelope : hold->key;
}

/* Is the hold of this key new? */
static bool
insert_hold(struct sqlite_store *s, const struct store_hold *hold,
    const struct store_message *message, const struct key *leader,
    int64_t state)
{
	struct query q = query_new(s,
	    "INSERT INTO holds (key, message, user, id, recipient, domain,"
	    " notify, orcpt, state, route, tries, created, next_at,"
	    " expires_at, ended_at, capabilities, reply, targets, visible,"
	    " envelope, reportable, report_at)"
	    " VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13,"
	    " ?14, 0, ?15, ?16, ?17, ?18, ?19, ?20, ?21)"
	    " ON CONFLICT (key) DO NOTHING");

	query_put_key(&q, &hold->key);
	query_put_key(&q, &message->key);
	query_put_text(&q, message->user);
	query_put_text(&q, hold->id);
	query_put_text(&q, hold->recipient);
	query_put_text(&q, hold->domain);
	query_put_number(&q, hold->notify);
	query_put_text(&q, hold->orcpt);
	query_put_number(&q, state);
	query_put_number(&q, hold->route);
	query_put_number(&q, hold->tries);
	query_put_number(&q, hold->created);
	query_put_number(&q, hold->next_at);
	query_put_number(&q, INT64_MAX);
	query_put_number(&q, (int64_t)hold->capabilities);
	query_put_text(&q, hold->reply);
	query_put_text(&q, hold->targets);
	query_put_number(&q, hold->visible);
	query_put_key(&q, leader);
	query_put_number(&q, store_is_reportable(message));
	query_put_number(&q, store_first_report(message, hold));
	return query_run(&q) == 1;
}

/* How many were new. */
static unsigned
insert_holds(struct sqlite_store *s, const struct store_message_put *put)
{
	int64_t state = put->more ? HOLD_STAGED : HOLD_HELD;
	const struct store_hold *last = NULL;
	unsigned count = 0;

	for (unsigned i = 0; i < put->hold_count; i++) {
		const struct store_hold *hold = &put->holds[i];
		struct key leader = leader_of(s, hold, last, &put->message.key);

		if (!insert_hold(s, hold, &put->message, &leader, state))
			continue;
		if (!key_equals(leader, hold->key))
			last = hold;
		count++;
		if (!put->more)
			tally_hold(s, HOLD_HELD, hold->route, 1);
	}
	return count;
}

/* The flip: what the parts before staged is live from this commit on. */
static void
show_staged(struct sqlite_store *s, const struct key *key)
{
	struct query q =
	    query_new(s, "UPDATE holds INDEXED BY holds_message SET state = 1"
			 " WHERE message = ?1 AND state = 0"
			 " RETURNING route");

	query_put_key(&q, key);
	while (query_next(&q))
		tally_hold(s, HOLD_HELD, (enum store_route)query_number(&q), 1);
	query_end(&q);
	q = query_new(s,
	    "UPDATE deliveries INDEXED BY deliveries_message SET staged = 0"
	    " WHERE message = ?1 AND staged = 1");
	query_put_key(&q, key);
	tally_add(s, TALLY_DELIVERIES, query_run(&q));
	q = query_new(s, "UPDATE messages SET staged = 0 WHERE key = ?1");
	query_put_key(&q, key);
	query_run(&q);
	tally_add(s, TALLY_MESSAGES, 1);
}

enum store_outcome
store_sqlite_message_put(struct sqlite_store *s, struct store_op *op)
{
	const struct store_message_put *put = &op->message_put;
	const struct key *key = &put->message.key;
	const struct key none = {0};
	enum { NEW = -1, LIVE, STAGED };
	struct query q;
	unsigned added;
	int64_t was;

	if (!store_content_fits(&put->message) ||
	    put->hold_count + (uint64_t)put->delivery_count >
		STORE_RECIPIENTS_PART)
		return STORE_FULL;
	q = query_new(s, "SELECT staged FROM messages WHERE key = ?1");
	query_put_key(&q, key);
	was = query_one(&q, NEW);
	if (was == LIVE)
		return STORE_EXISTS;
	if (was == NEW && !usage_fits(s, put))
		return STORE_FULL;
	if (was == NEW)
		messages_insert(s, &put->message, put->more);
	added = insert_holds(s, put);
	added += deliveries_insert(
	    s, key, &none, put->deliveries, put->delivery_count, put->more);
	if (put->more)
		return STORE_OK;
	if (was == STAGED)
		show_staged(s, key);
	/* Nobody is to have it: needless to ask when there is a row. */
	if (added == 0)
		messages_release(s, key, store_moment(op));
	return STORE_OK;
}

enum store_outcome
store_sqlite_body_known(struct sqlite_store *s, struct store_op *op)
{
	struct query q = query_new(s,
	    "SELECT spooled = 1 AND freed_at = 0 FROM messages WHERE key = ?1");

	query_put_key(&q, &op->body_known.message);
	return query_one(&q, 0) == 1 ? STORE_OK : STORE_NONE;
}

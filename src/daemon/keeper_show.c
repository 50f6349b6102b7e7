/* Rows as JSON. Not for tables that people read: the command line makes those.
 */
#include "daemon/keeper_show.h"

#include "message/date.h"
#include "message/digest.h"
#include "store/target.h"

#include <string.h>

#define SHOWN_MAX 4096 /* octets of one text */

/* The length of the UTF-8 sequence at the front of S, or 0. */
static size_t
sequence(struct span s)
{
	unsigned char c = (unsigned char)s.p[0];
	size_t n = c < 0x80 ? 1 : c >= 0xf0 ? 4 : c >= 0xe0 ? 3 : 2;

	if ((c >= 0x80 && c < 0xc2) || c > 0xf4 || n > s.n)
		return 0;
	for (size_t i = 1; i < n; i++)
		if (((unsigned char)s.p[i] & 0xc0) != 0x80)
			return 0;
	return n;
}

json_t *
keeper_show_text(struct span s)
{
	struct buf b;
	json_t *text = json_stringn(s.p != NULL ? s.p : "", s.n);

	if (text != NULL)
		return text;
	buf_init(&b, SHOWN_MAX);
	while (s.n > 0 && !buf_bad(&b)) {
		size_t n = sequence(s);

		buf_put(
		    &b, n > 0 ? span_part(s, 0, n) : span_of("\xef\xbf\xbd"));
		s = span_skip(s, n > 0 ? n : 1);
	}
	text = json_stringn(b.p != NULL ? b.p : "", b.n);
	buf_fini(&b);
	return text != NULL ? text : json_string("");
}

json_t *
keeper_show_time(int64_t seconds)
{
	char text[DATE_TEXT];

	if (seconds <= 0 || seconds == INT64_MAX)
		return json_null();
	date_plain(seconds, text);
	return json_string(text);
}

json_t *
keeper_show_user(const struct store_user *u)
{
	return json_pack("{s:o, s:s, s:s, s:o}", "address",
	    keeper_show_text(u->address), "mode",
	    u->mode == MODE_ASK ? "ask" : "server", "from_check",
	    u->from_check == FROM_CHECK_ENVELOPE ? "envelope" : "both",
	    "created", keeper_show_time(u->created));
}

static void
add_whole_hold(json_t *to, const struct store_hold_row *row)
{
	char key[KEY_TEXT], digest[DIGEST_TEXT], ip[IP_TEXT];
	struct span targets = row->hold.targets;
	json_t *list = json_array();

	key_text(row->hold.message, key);
	digest_text(row->message.digest, digest);
	for (; targets.n >= STORE_TARGET;
	     targets = span_skip(targets, STORE_TARGET)) {
		ip_text(target_read(targets.p), ip);
		json_array_append_new(list, json_string(ip));
	}
	json_object_set_new(to, "message", json_string(key));
	json_object_set_new(to, "digest", json_string(digest));
	json_object_set_new(to, "targets", list);
	json_object_set_new(to, "ended", keeper_show_time(row->hold.ended_at));
}

json_t *
keeper_show_hold(const struct store_hold_row *row, bool whole)
{
	const struct store_hold *h = &row->hold;
	json_t *to = json_pack(
	    "{s:o, s:o, s:o, s:o, s:s, s:s, s:I, s:o, s:o, s:o, s:i, s:o}",
	    "id", keeper_show_text(h->id), "user",
	    keeper_show_text(row->message.user), "sender",
	    keeper_show_text(row->message.sender), "recipient",
	    keeper_show_text(h->recipient), "state",
	    store_hold_state_name(h->state), "route",
	    store_route_name(h->route), "size", (json_int_t)row->message.size,
	    "created", keeper_show_time(h->created), "expires",
	    keeper_show_time(h->expires_at), "next",
	    keeper_show_time(h->next_at), "tries", (int)h->tries, "reply",
	    keeper_show_text(h->reply));

	if (to != NULL && whole)
		add_whole_hold(to, row);
	return to;
}

json_t *
keeper_show_notice(const struct store_notice *n)
{
	char ip[IP_TEXT];

	ip_text(n->address, ip);
	return json_pack(
	    "{s:o, s:o, s:s, s:s, s:s, s:b, s:I, s:o, s:o, s:o, s:i, s:o}",
	    "id", keeper_show_text(n->id), "domain",
	    keeper_show_text(n->domain), "address", ip, "dialect",
	    store_route_name(n->dialect), "state",
	    store_notice_state_name(n->state), "unconfirmed",
	    (int)n->unconfirmed, "size", (json_int_t)n->size, "created",
	    keeper_show_time(n->created), "expires",
	    keeper_show_time(n->expires_at), "next",
	    keeper_show_time(n->next_at), "tries", (int)n->tries, "reply",
	    keeper_show_text(n->reply));
}

static json_t *
show_counts(const struct store_count *c)
{
	json_t *holds = json_object(), *notices = json_object();

	for (unsigned i = HOLD_HELD; i <= HOLD_WITHDRAWN; i++)
		json_object_set_new(holds,
		    store_hold_state_name((enum store_hold_state)i),
		    json_integer((json_int_t)c->holds[i]));
	for (unsigned i = NOTICE_PENDING; i <= NOTICE_LAPSED; i++)
		json_object_set_new(notices,
		    store_notice_state_name((enum store_notice_state)i),
		    json_integer((json_int_t)c->notices[i]));
	return json_pack("{s:I, s:I, s:I, s:o, s:o, s:I, s:I}", "users",
	    (json_int_t)c->users, "messages", (json_int_t)c->messages,
	    "deliveries", (json_int_t)c->deliveries, "holds", holds, "notices",
	    notices, "unconfirmed", (json_int_t)c->unconfirmed, "push",
	    (json_int_t)c->routes_push);
}

static json_t *
show_counters(const struct keeper *k)
{
	static const char *const names[COUNTERS] = {
#define COUNTER(NAME, name, help) #name,
#include "daemon/counters.def"
#undef COUNTER
	};
	json_t *to = json_object();

	for (unsigned i = 0; i < COUNTERS; i++)
		json_object_set_new(
		    to, names[i], json_integer((json_int_t)k->counters.n[i]));
	return to;
}

static json_t *
show_pids(const struct keeper *k)
{
	json_t *to = json_object();

	for (unsigned kind = 0; kind < ROLE_KINDS; kind++) {
		json_t *list = json_array();

		for (unsigned i = 0; i < ROLE_INDEX_MAX; i++)
			if (k->pids[kind][i] != 0)
				json_array_append_new(list,
				    json_integer((json_int_t)k->pids[kind][i]));
		json_object_set_new(
		    to, role_kind_name((enum role_kind)kind), list);
	}
	return to;
}

json_t *
keeper_show_status(const struct keeper *k, const struct store_count *count)
{
	struct store_figures f;

	store_figures(k->store, &f);
	return json_pack(
	    "{s:b, s:s, s:s, s:I, s:o, s:o, s:o, s:{s:I, s:I, s:I}}", "ok", 1,
	    "version", RESTANTE_VERSION, "hostname",
	    k->role->settings->hostname, "uptime",
	    (json_int_t)(role_now() - k->started), "pids", show_pids(k),
	    "counts", show_counts(count), "counters", show_counters(k), "store",
	    "commits", (json_int_t)f.commits, "operations",
	    (json_int_t)f.operations, "longest_commit_us",
	    (json_int_t)f.longest_commit);
}

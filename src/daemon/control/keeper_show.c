/* Rows as JSON. Not for tables that people read: the command line makes those.
 */
#include "daemon/control/keeper_show.h"

#include "base/base64.h"
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
	return json_pack("{s:o, s:s, s:s, s:s, s:s, s:o}", "address",
	    keeper_show_text(u->address), "mode",
	    u->mode == MODE_ASK ? "ask" : "server", "from_check",
	    u->from_check == FROM_CHECK_ENVELOPE ? "envelope" : "both",
	    "answers", u->answers == ANSWERS_ASKED ? "asked" : "listed",
	    "trash", u->trash == TRASH_REJECT ? "reject" : "nothing", "created",
	    keeper_show_time(u->created));
}

json_t *
keeper_show_identity(const struct store_identity *i)
{
	return json_pack("{s:o, s:o, s:o}", "address",
	    keeper_show_text(i->address), "user", keeper_show_text(i->user),
	    "since", keeper_show_time(i->created));
}

void
keeper_show_identities(json_t *user, const struct store_user_get *get)
{
	json_t *rows = json_array();

	for (unsigned i = 0; i < get->identity_count; i++)
		json_array_append_new(
		    rows, keeper_show_text(get->identities[i].address));
	json_object_set_new(user, "identities", rows);
}

json_t *
keeper_show_entry(const struct store_entry *e)
{
	return json_pack("{s:s, s:o, s:o, s:s, s:o}", "list",
	    store_listed_name(e->list), "address", keeper_show_text(e->address),
	    "server",
	    e->server.n > 0 ? keeper_show_text(e->server) : json_null(), "by",
	    store_entry_by_name(e->by), "since", keeper_show_time(e->created));
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

/* A text of strangers that stands in one line: no control characters. */
static json_t *
show_line(struct span s)
{
	json_t *text;
	struct buf b;

	buf_init(&b, SHOWN_MAX);
	for (size_t i = 0; i < s.n && i < SHOWN_MAX; i++) {
		unsigned char c = (unsigned char)s.p[i];

		buf_char(&b, c < ' ' || c == 0x7f ? ' ' : s.p[i]);
	}
	text = keeper_show_text(buf_span(&b));
	buf_fini(&b);
	return text;
}

json_t *
keeper_show_hold(const struct store_hold_row *row, bool whole)
{
	const struct store_hold *h = &row->hold;
	bool is_held = h->state == HOLD_HELD;
	char key[KEY_TEXT];
	json_t *to;

	key_text(h->key, key);
	to = json_pack("{s:s, s:o, s:o, s:o, s:o, s:o, s:I, s:s, s:s, s:s, s:o,"
		       " s:o, s:o, s:i, s:o}",
	    "id", key, "wire_id", keeper_show_text(h->id), "user",
	    keeper_show_text(row->message.user), "from",
	    keeper_show_text(row->message.sender), "to",
	    keeper_show_text(h->recipient), "subject",
	    show_line(row->message.subject), "size",
	    (json_int_t)row->message.size, "route", store_route_name(h->route),
	    "state", store_hold_state_name(h->state), "verdict",
	    store_verdict_name((enum store_verdict)h->verdict), "created",
	    keeper_show_time(h->created), "expires",
	    keeper_show_time(h->expires_at), "next_try",
	    keeper_show_time(is_held ? h->next_at : 0), "tries", (int)h->tries,
	    "last_reply", show_line(h->reply));
	if (to != NULL && whole)
		add_whole_hold(to, row);
	return to;
}

json_t *
keeper_show_peer(const struct store_peer *p)
{
	bool over = p->until != 0 && p->until <= role_now();
	struct ip_net net;

	return json_pack("{s:o, s:s, s:o, s:I, s:I, s:I, s:o, s:o,"
			 " s:o, s:o, s:o, s:o}",
	    ip_net_parse(p->name, &net) == 0 ? "address" : "domain",
	    keeper_show_text(p->name), "list",
	    store_listed_name(over ? LISTED_NOT : p->list), "until",
	    keeper_show_time(p->until), "notices", (json_int_t)p->notices,
	    "pulls", (json_int_t)p->pulls, "failures", (json_int_t)p->failures,
	    "created", keeper_show_time(p->created), "seen",
	    keeper_show_time(p->seen), "tls", keeper_show_time(p->tls_at),
	    "keyword", keeper_show_time(p->keyword_at), "verified",
	    keeper_show_time(p->verified_at), "pulled",
	    keeper_show_time(p->pulled_at));
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
	    keeper_show_time(n->expires_at), "next_try",
	    keeper_show_time(n->next_at), "tries", (int)n->tries, "last_reply",
	    show_line(n->reply));
}

json_t *
keeper_show_envelope(const struct store_notice *n, bool whole)
{
	char key[KEY_TEXT], ip[IP_TEXT];
	char text[STORE_ENVELOPE_MAX * 4 / 3 + 2];
	json_t *to = json_array(), *envelope;

	key_text(n->key, key);
	ip_text(n->address, ip);
	if (n->to.n > 0)
		json_array_append_new(to, keeper_show_text(n->to));
	envelope = json_pack(
	    "{s:s, s:o, s:o, s:o, s:o, s:o, s:I, s:o, s:o, s:s, s:s, s:s,"
	    " s:b, s:o, s:{s:s, s:o, s:b}}",
	    "id", key, "user", keeper_show_text(n->recipient), "from",
	    keeper_show_text(n->sender), "to", to, "subject",
	    show_line(n->subject), "size",
	    n->has_size ? json_integer((json_int_t)n->size) : json_null(),
	    "attachment_count", (json_int_t)n->attachments, "received",
	    keeper_show_time(n->created), "expires",
	    keeper_show_time(n->expires_at), "state",
	    store_notice_state_name(n->state), "dialect",
	    store_route_name(n->dialect), "verdict",
	    store_verdict_name((enum store_verdict)n->verdict), "verdict_due",
	    (int)n->verdict_due, "last_reply", show_line(n->reply), "origin",
	    "address", ip, "domain", keeper_show_text(n->domain), "verified",
	    1);
	if (envelope != NULL && whole && n->envelope.n <= STORE_ENVELOPE_MAX) {
		base64_url(n->envelope, text, sizeof text);
		json_object_set_new(envelope, "text", json_string(text));
	}
	return envelope;
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
	return json_pack("{s:I, s:I, s:I, s:I, s:o, s:o, s:I, s:I}", "users",
	    (json_int_t)c->users, "messages", (json_int_t)c->messages,
	    "deliveries", (json_int_t)c->deliveries, "peers",
	    (json_int_t)c->peers, "holds", holds, "notices", notices,
	    "unconfirmed", (json_int_t)c->unconfirmed, "push",
	    (json_int_t)c->routes_push);
}

static json_t *
show_counters(const struct keeper *k)
{
	static const char *const names[COUNTERS] = {
#define COUNTER(NAME, name, help) #name,
#include "daemon/role/counters.def"
#undef COUNTER
	};
	json_t *to = json_object();

	for (unsigned i = 0; i < COUNTERS; i++)
		json_object_set_new(
		    to, names[i], json_integer((json_int_t)k->counters.n[i]));
	return to;
}

static json_t *
show_process(unsigned kind, const struct keeper_process *p)
{
	return json_pack("{s:s, s:o, s:I}", "name",
	    role_kind_name((enum role_kind)kind), "pid",
	    p->pid != 0 ? json_integer((json_int_t)p->pid) : json_null(),
	    "restarts", (json_int_t)p->restarts);
}

static json_t *
show_processes(const struct keeper *k)
{
	json_t *list = json_array();

	for (unsigned kind = 0; kind < ROLE_KINDS; kind++)
		for (unsigned i = 0; i < ROLE_INDEX_MAX; i++)
			if (k->processes[kind][i].known)
				json_array_append_new(list,
				    show_process(kind, &k->processes[kind][i]));
	return list;
}

json_t *
keeper_show_status(const struct keeper *k, const struct store_count *count)
{
	struct store_figures f;

	store_figures(k->store, &f);
	return json_pack(
	    "{s:b, s:s, s:s, s:I, s:o, s:o, s:o, s:{s:I, s:I, s:I, s:I}}", "ok",
	    1, "version", RESTANTE_VERSION, "hostname",
	    k->role->settings->hostname, "uptime",
	    (json_int_t)(role_now() - k->started), "roles", show_processes(k),
	    "counts", show_counts(count), "counters", show_counters(k),
	    "commits", "count", (json_int_t)f.commits, "operations",
	    (json_int_t)f.operations, "largest", (json_int_t)f.largest,
	    "longest_us", (json_int_t)f.longest_commit);
}

json_t *
keeper_show_check(const struct store_check *check)
{
	struct span rest = check->text, line;
	json_t *lines = json_array();

	while (span_cut(&rest, '\n', &line))
		json_array_append_new(lines, show_line(line));
	return json_pack("{s:b, s:I, s:o}", "ok", 1, "problems",
	    (json_int_t)check->problems, "lines", lines);
}

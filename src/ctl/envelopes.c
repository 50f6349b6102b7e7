/*
 * For: `restante envelope ...`: messages that wait elsewhere and about which a
 * person decides. The server hands out the text of an envelope as it came; it
 * is read here, by a program that can lose nothing but this answer.
 *
 * Not for: what the verdicts do (receiver/decide.h), and what the states are;
 * docs/STATES.md tells.
 *
 * Read on: commands.def for the words and options, docs/CONTROL.md for members.
 */
#include "base/base64.h"
#include "ctl/commands.h"
#include "ctl/output.h"
#include "ctl/pages.h"
#include "message/envelope.h"
#include "message/mailbox_list.h"
#include "message/shown.h"

#include <string.h>

#define ADDRESS_ROOM 512 /* octets of an address in a header field */

/* ---- from an envelope as it is kept to one that can be shown ---- */

static void
add_addresses(json_t *list, struct span value)
{
	char address[ADDRESS_ROOM], shown[SHOWN_ROOM(ADDRESS_ROOM)];

	while (mailbox_list_next(&value, address, sizeof address) == 1) {
		(void)shown_text(
		    span_of(address), SHOWN_LINE, shown, sizeof shown);
		json_array_append_new(list, json_string(shown));
	}
}

/* Whom the message is for, as its author says. */
static json_t *
list_recipients(const struct head *h)
{
	json_t *list = json_array();
	struct span field, name, value;
	size_t at = 0;

	while (head_next(h, &at, &field, &name, &value) == 1)
		if (span_equals_nocase(name, span_of("To")) ||
		    span_equals_nocase(name, span_of("Cc")))
			add_addresses(list, value);
	return list;
}

/* Does the message say that it is from SENDER, and from nobody else? */
static bool
is_from(const struct head *h, const char *sender)
{
	char address[ADDRESS_ROOM];
	bool same = true;
	unsigned n = 0;
	size_t at = 0;
	int result;

	while ((result = head_from(h, &at, address, sizeof address)) != 0) {
		same = same && result == 1 && sender != NULL &&
		       span_equals_nocase(span_of(address), span_of(sender));
		n++;
	}
	return n == 1 && same;
}

static json_t *
list_attachments(const struct envelope *said)
{
	json_t *list = json_array();

	for (unsigned i = 0; i < said->listed; i++) {
		const struct preview_attachment *a = &said->list[i];

		json_array_append_new(
		    list, json_pack("{s:s, s:s, s:I}", "name", a->name, "type",
			      a->type, "size", (json_int_t)a->size));
	}
	return list;
}

static void
put_what_is_said(json_t *envelope, struct span text, struct envelope *said)
{
	const char *sender =
	    json_string_value(json_object_get(envelope, "from"));
	struct head head;
	json_t *to;

	head_init(&head);
	(void)head_feed(&head, text);
	head_end(&head);
	to = list_recipients(&head);
	if (json_array_size(to) > 0)
		json_object_set(envelope, "to", to);
	json_decref(to);
	if (said->subject[0] != '\0')
		json_object_set_new(
		    envelope, "subject", json_string(said->subject));
	if (said->from[0] != '\0' && !is_from(&head, sender))
		json_object_set_new(
		    envelope, "header_from", json_string(said->from));
	head_fini(&head);
}

/*
 * ENVELOPE of the server becomes one of docs/CONTROL.md: instead of its text,
 * what the text says. Without a text (MSID has none) there is not more to say
 * than the server did.
 */
static void
read_text(json_t *envelope, struct envelope *said_r)
{
	const json_t *text = json_object_get(envelope, "text");
	struct span coded = span_of(json_string_value(text));
	char octets[ENVELOPE_TEXT_MAX];
	size_t n = 0;

	if (base64_url_decode(coded, octets, sizeof octets, &n) != 0)
		n = 0;
	(void)envelope_parse(span_make(octets, n), said_r, NULL);
	json_object_del(envelope, "text");
	json_object_set_new(envelope, "header_from", json_null());
	if (n > 0) {
		put_what_is_said(envelope, span_make(octets, n), said_r);
		json_object_set_new(envelope, "attachment_count",
		    json_integer((json_int_t)said_r->attachments));
	}
	json_object_set_new(envelope, "attachments", list_attachments(said_r));
	json_object_set_new(envelope, "preview", json_string(said_r->preview));
}

/* ---- list ---- */

/* The whole of the envelope ID; NULL: it has just gone. */
static int
ask_whole(struct ctl *ctl, const json_t *id, json_t **envelope_r)
{
	struct envelope said;
	json_t *answer, *envelope;
	int status = ctl_ask_if_there(ctl,
	    json_pack("{s:s, s:O?}", "do", "envelope-show", "id", id), &answer);

	*envelope_r = NULL;
	if (status != CTL_DONE || answer == NULL)
		return status;
	envelope = json_object_get(answer, "envelope");
	if (json_is_object(envelope)) {
		read_text(envelope, &said);
		*envelope_r = json_incref(envelope);
	}
	json_decref(answer);
	return CTL_DONE;
}

/* Each row of a list becomes as whole as `show` has it. */
static int
make_whole(struct ctl *ctl, json_t *rows)
{
	size_t at = 0;
	int status = CTL_DONE;

	while (status == CTL_DONE && at < json_array_size(rows)) {
		const json_t *row = json_array_get(rows, at);
		json_t *envelope;

		status = ask_whole(ctl, json_object_get(row, "id"), &envelope);
		if (envelope != NULL)
			json_array_set_new(rows, at++, envelope);
		else
			json_array_remove(rows, at);
	}
	return status;
}

int
envelopes_list(struct ctl *ctl, const struct arguments *a)
{
	static const struct pages_column columns[] = {
	    {"ID", "id", output_member, false},
	    {"USER", "user", output_member, false},
	    {"FROM", "from", output_member, false},
	    {"SUBJECT", "subject", output_member, false},
	    {"SIZE", "size", output_octets, true},
	    {"ATTACHED", "attachment_count", output_member, true},
	    {"RECEIVED", "received", output_member, false},
	    {"STATE", "state", output_member, false},
	    {NULL, NULL, NULL, false},
	};
	bool all = arguments_has(a, ARGUMENTS_ALL);
	json_t *answer;
	int status = pages_ask(ctl,
	    json_pack("{s:s, s:s*, s:b, s:n}", "do", "envelope-list", "user",
		a->n > 0 ? a->words[0] : NULL, "all", (int)all, "before"),
	    "envelopes", a->limit, &answer);

	if (status == CTL_DONE && ctl->json)
		status = make_whole(ctl, json_object_get(answer, "envelopes"));
	if (status != CTL_DONE) {
		json_decref(answer);
		return status;
	}
	return pages_print(ctl, answer, "envelopes", columns,
	    all ? "There is no envelope here."
		: "No envelope waits for an "
		  "answer.");
}

/* ---- show ---- */

/* LABEL and what LINES says, the lines under each other. */
static void
print_lines(struct ctl *ctl, const char *label, const char *lines)
{
	struct span rest = span_of(lines), line;

	while (span_cut(&rest, '\n', &line)) {
		output_field(ctl->out, label, line);
		label = "";
	}
}

static void
print_recipients(
    struct ctl *ctl, const json_t *envelope, const struct envelope *said)
{
	const json_t *to = json_object_get(envelope, "to");

	if (said->to[0] != '\0')
		output_field(ctl->out, "To", span_of(said->to));
	if (said->cc[0] != '\0')
		output_field(ctl->out, "Cc", span_of(said->cc));
	if (said->to[0] == '\0' && said->cc[0] == '\0')
		output_field(ctl->out, "To",
		    span_of(json_string_value(json_array_get(to, 0))));
}

static void
print_attachment(
    struct ctl *ctl, const char *label, const struct preview_attachment *a)
{
	json_t *size = json_pack("{s:I}", "size", (json_int_t)a->size);
	char room[OUTPUT_ROOM],
	    text[sizeof a->name + sizeof a->type + OUTPUT_ROOM + 8];
	struct span octets = output_octets(size, "size", room);

	snprintf(text, sizeof text, "%s (%s, %.*s)",
	    a->name[0] != '\0' ? a->name : "without a name", a->type,
	    (int)octets.n, octets.p);
	output_field(ctl->out, label, span_of(text));
	json_decref(size);
}

static void
print_attachments(
    struct ctl *ctl, const json_t *envelope, const struct envelope *said)
{
	const char *label = "Attachments";
	char room[OUTPUT_ROOM], more[64];

	if (said->listed == 0) {
		output_field(ctl->out, label,
		    output_member(envelope, "attachment_count", room));
		return;
	}
	for (unsigned i = 0; i < said->listed; i++) {
		print_attachment(ctl, label, &said->list[i]);
		label = "";
	}
	if (said->attachments > said->listed) {
		snprintf(more, sizeof more, "and %u more",
		    said->attachments - said->listed);
		output_field(ctl->out, label, span_of(more));
	}
}

/* The sender whom the origin's domain vouches for comes first, and what the
   message says of itself is never alone. */
static void
print_message(
    struct ctl *ctl, const json_t *envelope, const struct envelope *said)
{
	const char *header =
	    json_string_value(json_object_get(envelope, "header_from"));
	const char *preview =
	    json_string_value(json_object_get(envelope, "preview"));
	char room[OUTPUT_ROOM];

	output_field(ctl->out, "From", output_member(envelope, "from", room));
	if (header != NULL)
		output_field(ctl->out, "Says it is", span_of(header));
	output_field(
	    ctl->out, "Subject", output_member(envelope, "subject", room));
	print_recipients(ctl, envelope, said);
	output_field(
	    ctl->out, "Received", output_member(envelope, "received", room));
	output_field(ctl->out, "Size", output_octets(envelope, "size", room));
	print_attachments(ctl, envelope, said);
	if (preview != NULL && preview[0] != '\0')
		print_lines(ctl, "First lines", preview);
}

static void
print_rest(struct ctl *ctl, const json_t *envelope)
{
	static const struct output_line fields[] = {
	    {"For", "user"},
	    {"State", "state"},
	    {"Expires", "expires"},
	    {"Identifier", "id"},
	    {NULL, NULL},
	};
	const json_t *origin = json_object_get(envelope, "origin");
	const char *state =
	    json_string_value(json_object_get(envelope, "state"));
	char rooms[2][OUTPUT_ROOM], text[512];
	struct span domain = output_member(origin, "domain", rooms[0]);
	struct span address = output_member(origin, "address", rooms[1]);

	snprintf(text, sizeof text, "%.*s, at %.*s", (int)domain.n, domain.p,
	    (int)address.n, address.p);
	output_field(ctl->out, "Vouched for", span_of(text));
	output_object(ctl->out, envelope, fields);
	if (state != NULL &&
	    (strcmp(state, "pending") == 0 || strcmp(state, "kept") == 0))
		fputs("\nrestante envelope accept, authorize, reject, spam or "
		      "spammer decides.\n",
		    ctl->out);
}

int
envelopes_show(struct ctl *ctl, const struct arguments *a)
{
	struct envelope said;
	json_t *answer, *envelope;
	int status = ctl_ask(ctl,
	    json_pack("{s:s, s:s}", "do", "envelope-show", "id", a->words[0]),
	    &answer);

	if (status != CTL_DONE)
		return status;
	envelope = json_object_get(answer, "envelope");
	if (!json_is_object(envelope)) {
		json_decref(answer);
		return ctl_fail(ctl, "later",
		    "the answer of restante cannot be understood");
	}
	read_text(envelope, &said);
	if (ctl->json) {
		output_json(ctl->out, envelope);
	} else {
		print_message(ctl, envelope, &said);
		print_rest(ctl, envelope);
	}
	json_decref(answer);
	return CTL_DONE;
}

/* ---- verdicts ---- */

/* What follows from a verdict, by the state that it led to. */
static const char *
what_follows(const char *state, bool is_wanted)
{
	bool is_here =
	    strcmp(state, "fetched") == 0 || strcmp(state, "delivered") == 0;

	if (is_wanted)
		return is_here ? "Accepted: the message goes into the mailbox."
			       : "Accepted: the message is fetched as soon as "
				 "possible.";
	return is_here ? "The message is here already; its sender's server is "
			 "told what was decided."
		       : "Refused: its sender's server is told.";
}

static int
decide(struct ctl *ctl, const struct arguments *a, const char *verdict,
    bool is_wanted)
{
	const char *state;
	json_t *answer;
	int status = ctl_ask(ctl,
	    json_pack("{s:s, s:s, s:s}", "do", "envelope-decide", "id",
		a->words[0], "verdict", verdict),
	    &answer);

	if (status != CTL_DONE)
		return status;
	state = json_string_value(json_object_get(answer, "state"));
	if (ctl->json)
		output_json(ctl->out, answer);
	else
		fprintf(ctl->out, "%s\n",
		    what_follows(state != NULL ? state : "", is_wanted));
	json_decref(answer);
	return CTL_DONE;
}

int
envelopes_accept(struct ctl *ctl, const struct arguments *a)
{
	return decide(ctl, a, "accept", true);
}

int
envelopes_authorize(struct ctl *ctl, const struct arguments *a)
{
	return decide(ctl, a, "authorize", true);
}

int
envelopes_reject(struct ctl *ctl, const struct arguments *a)
{
	return decide(ctl, a, "reject", false);
}

int
envelopes_spam(struct ctl *ctl, const struct arguments *a)
{
	return decide(ctl, a, "spam", false);
}

int
envelopes_spammer(struct ctl *ctl, const struct arguments *a)
{
	return decide(ctl, a, "spammer", false);
}

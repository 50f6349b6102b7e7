/*
 * Plays the dialogues of tests/transcripts/ against the real machines. The
 * files are the arguments of the program; README.md there has their grammar.
 */
#include "end.h"

#include <stdio.h>
#include <string.h>

#define TRANSCRIPT_MAX  65536 /* octets of one file */
#define TRANSCRIPTS_MAX 64    /* files */
#define WORD_MAX        200   /* octets of an order, identifier or address */

/* A hold with the memory that its fields point to. */
struct kept {
	struct end_hold hold;
	char id[WORD_MAX], sender[WORD_MAX], recipient[WORD_MAX];
	char subject[WORD_MAX];
	struct buf content;
};

struct transcript {
	const char *path;
	unsigned line;
	struct span said; /* the line itself, for messages */
	struct end end;   /* ours */
	bool begun;
	char we; /* 'C' or 'S' */
	unsigned keywords;
	uint64_t known;
	struct kept kept[END_HOLDS_MAX];
	size_t kept_count;
	struct buf listed;  /* the last reply that was matched whole */
	size_t events_seen; /* octets of end.events */
};

static void
require(const struct transcript *t, bool holds, const char *why)
{
	if (!holds)
		fail_msg("%s:%u: %s: %.*s", t->path, t->line, why,
		    (int)t->said.n, t->said.p);
}

struct word {
	const char *text;
	unsigned value;
};

static const struct word keyword_words[] = {{"PULL", SMTP_KEYWORD_PULL},
    {"GDEL", SMTP_KEYWORD_GDEL}, {"MSID", SMTP_KEYWORD_MSID},
    {"ENVELOPE", SMTP_KEYWORD_ENVELOPE}, {NULL, 0}};

static const struct word capability_words[] = {{"SIZE", SMTP_CAN_SIZE},
    {"CHUNKING", SMTP_CAN_CHUNKING}, {"8BITMIME", SMTP_CAN_8BITMIME},
    {"DSN", SMTP_CAN_DSN}, {NULL, 0}};

static const struct word question_words[] = {{"MAIL", SMTP_SERVER_MAIL},
    {"RCPT", SMTP_SERVER_RCPT}, {"DATA", SMTP_SERVER_DATA},
    {"END", SMTP_SERVER_END}, {"GDEL", SMTP_SERVER_GDEL},
    {"RETR", SMTP_SERVER_RETR}, {"GTML", SMTP_SERVER_GTML},
    {"MSID", SMTP_SERVER_MSID}, {"ENVELOPE", SMTP_SERVER_ENVELOPE},
    {"VERDICT", SMTP_SERVER_VERDICT}, {NULL, 0}};

static const struct word reply_words[] = {
#define REPLY(name, code, enhanced, text) {#name, REPLY_##name},
#include "proto/reply.def"
#undef REPLY
    {NULL, 0}};

static unsigned
look_up(const struct transcript *t, const struct word *words, struct span s)
{
	for (; words->text != NULL; words++)
		if (span_equals(span_of(words->text), s))
			return words->value;
	require(t, false, "a word that is not known here");
	return 0;
}

static unsigned
look_up_all(const struct transcript *t, const struct word *words, struct span s)
{
	struct span word;
	unsigned bits = 0;

	while (span_cut(&s, ' ', &word))
		bits |= look_up(t, words, word);
	return bits;
}

/* The first octet on the wire: what the transcript has set applies now. */
static void
begin(struct transcript *t)
{
	if (t->begun)
		return;
	require(t, t->we != 0, "`we are' must come first");
	t->begun = true;
	if (t->we == 'C')
		end_init_dialled(&t->end, NULL);
	else
		end_init_called(&t->end, t->keywords);
	t->end.capabilities = t->known;
	for (size_t i = 0; i < t->kept_count; i++) {
		t->kept[i].hold.content = buf_span(&t->kept[i].content);
		end_hold_add(&t->end, &t->kept[i].hold);
	}
}

static void
add_hold(struct transcript *t, struct span rest)
{
	struct kept *kept = &t->kept[t->kept_count++];
	struct span word;

	require(t, !t->begun && t->kept_count <= END_HOLDS_MAX, "too late");
	buf_init(&kept->content, TRANSCRIPT_MAX);
	span_cut(&rest, ' ', &word);
	assert_int_equal(span_copy(word, kept->id, WORD_MAX), 0);
	span_cut(&rest, ' ', &word);
	assert_int_equal(span_copy(word, kept->sender, WORD_MAX), 0);
	span_cut(&rest, ' ', &word);
	assert_int_equal(span_copy(word, kept->recipient, WORD_MAX), 0);
	kept->hold = (struct end_hold){.id = kept->id,
	    .sender = kept->sender,
	    .recipient = kept->recipient,
	    .use_bdat = span_equals(rest, span_of("BDAT"))};
}

static void
add_subject(struct transcript *t, struct span rest)
{
	struct kept *kept = &t->kept[t->kept_count - 1];

	require(t, !t->begun && t->kept_count > 0, "no hold to add to");
	assert_int_equal(span_copy(rest, kept->subject, WORD_MAX), 0);
	kept->hold.subject = kept->subject;
}

/* "DIGEST EXPIRES=7200": said with every notice. */
static void
add_notice(struct transcript *t, struct span rest)
{
	struct params_rules rules = {.verb = PARAMS_GDEL};

	begin(t);
	require(t, params_parse(rest, rules, &t->end.notice) == PARAMS_GOOD,
	    "no such parameters");
}

static void
add_content(struct transcript *t, struct span rest)
{
	struct buf *content;

	require(t, !t->begun && t->kept_count > 0, "no hold to add to");
	content = &t->kept[t->kept_count - 1].content;
	buf_put(content, rest);
	buf_text(content, "\r\n");
}

static void
set_answer(struct transcript *t, struct span rest)
{
	struct span question;

	begin(t);
	span_cut(&rest, ' ', &question);
	t->end.has_answer = true;
	t->end.answer_to =
	    (enum smtp_server_event_kind)look_up(t, question_words, question);
	t->end.answer = (enum reply_name)look_up(t, reply_words, rest);
}

static void
give_order(struct transcript *t, struct span rest)
{
	char order[WORD_MAX];

	begin(t);
	assert_int_equal(span_copy(rest, order, sizeof(order)), 0);
	require(t, end_order(&t->end, order) == 0, "the order is refused");
}

/* The event must have come since the last one that was looked for. */
static void
want_event(struct transcript *t, struct span rest)
{
	struct span all, event;

	begin(t);
	all = span_skip(buf_span(&t->end.events), t->events_seen);
	while (span_cut(&all, '\n', &event)) {
		t->events_seen += event.n + 1;
		if (span_equals(event, rest))
			return;
	}
	require(t, false, "no such event");
}

static void
want_listed(struct transcript *t, struct span rest, bool wanted)
{
	struct span all = buf_span(&t->listed), line;
	bool found = false;

	while (span_cut(&all, '\n', &line))
		found |= span_equals(span_trim(span_skip(line, 4)), rest);
	require(t, found == wanted, "wrongly listed, or not");
}

static void
pass_time(struct transcript *t, struct span rest)
{
	uint64_t seconds = 0;

	begin(t);
	assert_int_equal(span_number(rest, 1000000, &seconds), 0);
	end_tick(&t->end, (int64_t)seconds);
}

static void
want_closed(struct transcript *t)
{
	struct machine m = t->end.machine;

	begin(t);
	require(t, m.ops->wants(m.self) == 0, "the machine wants more");
}

/* The other end says TEXT, in which \r, \n, \0 and \\ are escaped. */
static void
arrive(struct transcript *t, struct span text, bool with_end)
{
	struct buf octets;

	buf_init(&octets, TRANSCRIPT_MAX);
	for (size_t i = 0; i < text.n; i++) {
		char c = text.p[i];
		if (c == '\\' && i + 1 < text.n) {
			c = text.p[++i];
			c = c == 'r' ? '\r' : c == 'n' ? '\n' : c;
			c = c == '0' ? '\0' : c;
		}
		buf_char(&octets, c);
	}
	if (with_end)
		buf_text(&octets, "\r\n");
	end_arrive(&t->end, buf_span(&octets));
	buf_fini(&octets);
}

/* The next line that our end wants to send, without CRLF; then it is gone. */
static void
take_line(struct transcript *t, struct buf *line)
{
	struct span out = end_waiting(&t->end);
	size_t n = span_search(out, 0, span_of("\r\n"));

	require(t, n < out.n, "our end says nothing");
	buf_clear(line);
	buf_put(line, span_part(out, 0, n));
	end_depart(&t->end, n + 2);
}

/* "250 *": a whole reply of any number of lines. */
static void
want_reply(struct transcript *t, struct span code)
{
	struct buf line;
	bool last = false;

	buf_init(&line, TRANSCRIPT_MAX);
	buf_clear(&t->listed);
	while (!last) {
		take_line(t, &line);
		require(t, span_starts_nocase(buf_span(&line), code),
		    "another code");
		last = line.n < 4 || line.p[3] == ' ';
		buf_put(&t->listed, buf_span(&line));
		buf_char(&t->listed, '\n');
	}
	buf_fini(&line);
}

/* TEXT is what our end says now; "..." at its end stands for anything. */
static void
want_line(struct transcript *t, struct span text)
{
	struct buf line;
	struct span all;

	if (text.n == 5 && span_ends_nocase(text, span_of(" *"))) {
		want_reply(t, span_part(text, 0, 3));
		return;
	}
	buf_init(&line, TRANSCRIPT_MAX);
	take_line(t, &line);
	all = buf_span(&line);
	if (span_ends_nocase(text, span_of("..."))) {
		text.n -= 3;
		all = span_part(all, 0, text.n);
	}
	if (!span_equals(all, text))
		fail_msg("%s:%u: %s instead of %.*s", t->path, t->line,
		    buf_string(&line), (int)text.n, text.p);
	buf_fini(&line);
}

/* "C: text" or "S: text"; "C+ text" is without its line end. */
static void
wire_line(struct transcript *t, char who, char form, struct span text)
{
	begin(t);
	if (who == t->we)
		want_line(t, text);
	else
		arrive(t, text, form == ':');
}

static void
directive(struct transcript *t, struct span key, struct span rest)
{
	if (span_equals(key, span_of("we are")))
		t->we = rest.n == 1 ? rest.p[0] : '\0';
	else if (span_equals(key, span_of("keywords")))
		t->keywords = look_up_all(t, keyword_words, rest);
	else if (span_equals(key, span_of("peer can")))
		t->known = look_up_all(t, capability_words, rest);
	else if (span_equals(key, span_of("hold")))
		add_hold(t, rest);
	else if (span_equals(key, span_of("subject")))
		add_subject(t, rest);
	else if (span_equals(key, span_of("notice")))
		add_notice(t, rest);
	else if (span_equals(key, span_of("answer")))
		set_answer(t, rest);
	else if (span_equals(key, span_of("order")))
		give_order(t, rest);
	else if (span_equals(key, span_of("event")))
		want_event(t, rest);
	else if (span_equals(key, span_of("listed")))
		want_listed(t, rest, true);
	else if (span_equals(key, span_of("not listed")))
		want_listed(t, rest, false);
	else if (span_equals(key, span_of("seconds")))
		pass_time(t, rest);
	else if (span_equals(key, span_of("closed")))
		want_closed(t);
	else if (span_equals(key, span_of("hung up")))
		end_hung_up(&t->end);
	else
		require(t, false, "no such directive");
}

static void
play_line(struct transcript *t, struct span line)
{
	struct span key, rest = line;

	t->said = line;
	if (line.n == 0 || line.p[0] == '#')
		return;
	if (line.n >= 2 && (line.p[0] == 'C' || line.p[0] == 'S') &&
	    (line.p[1] == ':' || line.p[1] == '+')) {
		wire_line(t, line.p[0], line.p[1], span_skip(line, 3));
		return;
	}
	if (line.p[0] == '|') {
		add_content(t, span_skip(line, 2));
		return;
	}
	span_cut(&rest, ':', &key);
	directive(t, key, span_trim(rest));
}

static void
play(struct transcript *t, struct span text)
{
	struct span line;

	while (span_cut(&text, '\n', &line)) {
		t->line++;
		play_line(t, line);
	}
	require(t, t->begun, "nothing was said");
	require(t, end_waiting(&t->end).n == 0, "our end has more to say");
}

static void
the_dialogue_goes_as_written(void **state)
{
	static char text[TRANSCRIPT_MAX];
	struct transcript t = {.path = *state};
	FILE *file = fopen(t.path, "r");
	size_t n;

	assert_non_null(file);
	n = fread(text, 1, sizeof(text), file);
	fclose(file);
	assert_true(n < sizeof(text));
	buf_init(&t.listed, TRANSCRIPT_MAX);
	play(&t, span_make(text, n));
	end_fini(&t.end);
	buf_fini(&t.listed);
	for (size_t i = 0; i < t.kept_count; i++)
		buf_fini(&t.kept[i].content);
}

int
main(int argc, char **argv)
{
	struct CMUnitTest tests[TRANSCRIPTS_MAX] = {0};
	int count = argc - 1;

	if (count < 1 || count > TRANSCRIPTS_MAX)
		return 2;
	for (int i = 0; i < count; i++) {
		const char *slash = strrchr(argv[i + 1], '/');
		tests[i] = (struct CMUnitTest){
		    .name = slash != NULL ? slash + 1 : argv[i + 1],
		    .test_func = the_dialogue_goes_as_written,
		    .initial_state = argv[i + 1]};
	}
	return _cmocka_run_group_tests(
	    "transcripts", tests, (size_t)count, NULL, NULL);
}

/*
 * How quickly envelopes are made: the preview of messages that lie in memory,
 * and the envelope text. Beside it SHA-256 of the same octets, which each
 * message goes through anyway.
 *
 *   bench-envelope [FOLDER]
 *
 * For each set of messages lines of fields between tabs: set, what, messages,
 * octets, seconds. The set `made` has as many messages and octets as the paper
 * measured (SM-52); `hostile` has lines that are nearly boundaries; `real` is
 * what lies in FOLDER. After each set: set, `slowest`, octets of the message
 * whose envelope took longest, seconds. First the memory that one message
 * takes: `memory`, octets of it, KiB more than before.
 */
#include "message/envelope.h"
#include "message/digest.h"
#include "message/transfer.h"

#include <ftw.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#define MADE         281
#define MADE_OCTETS  (191u * 1000 * 1000)
#define MESSAGE_MAX  (4u << 20)
#define PIECE        (16 * 1024) /* octets fed at once, as a session does */
#define SECONDS      1.0         /* each measurement takes at least that */
#define FOLDERS_OPEN 8
#define TRIES        5 /* for one message; the quickest counts */

static struct buf *messages;
static size_t message_count;

static void
fail(const char *what)
{
	fprintf(stderr, "bench-envelope: %s\n", what);
	exit(1);
}

static double
now(void)
{
	struct timespec t;

	(void)clock_gettime(CLOCK_MONOTONIC, &t);
	return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

static struct buf *
add_message(void)
{
	messages = realloc(messages, (message_count + 1) * sizeof *messages);
	if (messages == NULL)
		fail("no memory");
	buf_init(&messages[message_count], MESSAGE_MAX);
	return &messages[message_count++];
}

static void
forget_messages(void)
{
	while (message_count > 0)
		buf_fini(&messages[--message_count]);
}

/* Octets that no compiler and no processor can guess. */
static void
fill(char *to, size_t n)
{
	static uint64_t state = 88172645463325252u;

	for (size_t i = 0; i < n; i++) {
		state ^= state << 13;
		state ^= state >> 7;
		state ^= state << 17;
		to[i] = (char)state;
	}
}

static void
put_head(struct buf *m, size_t number)
{
	(void)buf_print(m,
	    "Received: from client by mx.a.test; Sun, 22 Nov 2026 10:00:00\r\n"
	    "From: Alice <alice@a.test>\r\nTo: bob@b.test\r\n"
	    "Subject: =?utf-8?Q?r=C3=A9sum=C3=A9?= of %zu\r\n"
	    "Date: Sun, 22 Nov 2026 10:00:00 +0000\r\n"
	    "Message-ID: <%zu@a.test>\r\nMIME-Version: 1.0\r\n"
	    "Content-Type: multipart/mixed; boundary=\"=_outer\"\r\n\r\n"
	    "--=_outer\r\n"
	    "Content-Type: multipart/alternative; boundary=\"=_inner\"\r\n\r\n"
	    "--=_inner\r\nContent-Type: text/plain; charset=utf-8\r\n"
	    "Content-Transfer-Encoding: quoted-printable\r\n\r\n"
	    "Dear Bob,\r\n\r\nhere is what you asked for, as caf=C3=A9 =\r\n"
	    "talk.\r\nAlice\r\n"
	    "--=_inner\r\nContent-Type: text/html; charset=utf-8\r\n\r\n"
	    "<html><p>Dear Bob,<p>here it is.<p>Alice</html>\r\n"
	    "--=_inner--\r\n",
	    number, number);
}

/* About OCTETS of an attachment in base64. */
static void
put_attachment(struct buf *m, size_t octets)
{
	const size_t n = octets * 57 / 78;
	char *random = malloc(n + 1);

	if (random == NULL)
		fail("no memory");
	fill(random, n);
	(void)buf_text(m,
	    "--=_outer\r\nContent-Type: application/pdf\r\n"
	    "Content-Disposition: attachment; filename=\"report.pdf\"\r\n"
	    "Content-Transfer-Encoding: base64\r\n\r\n");
	(void)transfer_base64(span_make(random, n), m);
	free(random);
}

/* Sizes from nearly nothing to twice the mean. */
static void
make_messages(void)
{
	for (size_t i = 0; i < MADE; i++) {
		const size_t size =
		    (size_t)((uint64_t)MADE_OCTETS * (2 * i + 1) / MADE / MADE);
		struct buf *m = add_message();

		put_head(m, i);
		for (unsigned part = 0; part < 3; part++)
			put_attachment(m, (size - size / 50) / 3);
		(void)buf_text(m, "--=_outer--\r\n");
		if (buf_bad(m))
			fail("a message is too large");
	}
}

static void
make_hostile(const char *line)
{
	struct buf *m = add_message();

	put_head(m, 0);
	(void)buf_text(m, "--=_outer\r\nContent-Type: application/pdf\r\n\r\n");
	while (m->n < 1000000)
		(void)buf_text(m, line);
}

/* In the form that it has on the wire. */
static int
read_message(
    const char *path, const struct stat *status, int kind, struct FTW *where)
{
	FILE *file;
	struct buf *m;
	char before = '\0';
	int c;

	if (kind != FTW_F || where->level < 2 || status->st_size == 0)
		return 0;
	file = fopen(path, "rb");
	if (file == NULL)
		return 0;
	m = add_message();
	while ((c = getc(file)) != EOF) {
		if (c == '\n' && before != '\r')
			(void)buf_char(m, '\r');
		before = (char)c;
		(void)buf_char(m, before);
	}
	(void)fclose(file);
	if (buf_bad(m))
		fail("a message is too large");
	return 0;
}

static void
make_preview(struct span message)
{
	struct preview *p = preview_new();

	if (p == NULL)
		fail("no memory");
	for (size_t at = 0; at < message.n; at += PIECE)
		preview_feed(p, span_part(message, at, PIECE));
	preview_end(p);
	preview_free(&p);
}

static void
make_envelope(struct span message)
{
	struct preview *p = preview_new();
	struct head head;
	struct buf text;
	struct envelope_source source = {.size = message.n};

	if (p == NULL)
		fail("no memory");
	head_init(&head);
	buf_init(&text, ENVELOPE_TEXT_MAX);
	(void)head_feed(&head, message);
	head_end(&head);
	for (size_t at = 0; at < message.n; at += PIECE)
		preview_feed(p, span_part(message, at, PIECE));
	preview_end(p);
	source.head = &head;
	source.facts = preview_facts(p);
	if (envelope_print(&source, &text) != 0)
		fail("no envelope text");
	buf_fini(&text);
	head_fini(&head);
	preview_free(&p);
}

static void
make_digest(struct span message)
{
	struct digest *d = digest_new();
	uint8_t sum[DIGEST_SIZE];

	if (d == NULL)
		fail("no memory");
	for (size_t at = 0; at < message.n; at += PIECE)
		digest_add(d, span_part(message, at, PIECE));
	(void)digest_end(d, sum);
	digest_free(&d);
}

static void
measure(const char *set, const char *what, void (*work)(struct span message))
{
	uint64_t octets = 0, count = 0;
	const double begin = now();
	double seconds;

	do {
		for (size_t i = 0; i < message_count; i++) {
			work(buf_span(&messages[i]));
			octets += messages[i].n;
		}
		count += message_count;
		seconds = now() - begin;
	} while (seconds < SECONDS);
	printf("%s\t%s\t%ju\t%ju\t%.6f\n", set, what, (uintmax_t)count,
	    (uintmax_t)octets, seconds);
	fflush(stdout);
}

static double
quickest(struct span message)
{
	double best = 0;

	for (unsigned i = 0; i < TRIES; i++) {
		const double began = now();
		double took;

		make_envelope(message);
		took = now() - began;
		if (i == 0 || took < best)
			best = took;
	}
	return best;
}

static void
find_slowest(const char *set)
{
	double most = 0;
	size_t octets = 0;

	for (size_t i = 0; i < message_count; i++) {
		const double seconds = quickest(buf_span(&messages[i]));

		if (seconds > most) {
			most = seconds;
			octets = messages[i].n;
		}
	}
	printf("%s\tslowest\t%zu\t%.6f\n", set, octets, most);
}

static void
measure_all(const char *set)
{
	if (message_count == 0)
		return;
	measure(set, "preview", make_preview);
	measure(set, "envelope", make_envelope);
	measure(set, "digest", make_digest);
	find_slowest(set);
	forget_messages();
}

/* The most so far, in KiB. What getrusage() says is at least that of whoever
   called exec. */
static long
memory(void)
{
	FILE *file = fopen("/proc/self/status", "r");
	char line[128];
	long kib = 0;

	if (file == NULL)
		fail("/proc/self/status is not there");
	while (fgets(line, sizeof line, file) != NULL)
		(void)sscanf(line, "VmHWM: %ld", &kib);
	(void)fclose(file);
	return kib;
}

/* So many octets in one message, from one piece of it. */
static void
preview_large(size_t octets)
{
	struct preview *p = preview_new();
	struct buf piece;

	if (p == NULL)
		fail("no memory");
	buf_init(&piece, MESSAGE_MAX);
	put_head(&piece, 0);
	put_attachment(&piece, PIECE);
	preview_feed(p, buf_span(&piece));
	for (size_t i = 0; i < octets / PIECE; i++)
		preview_feed(p, span_skip(buf_span(&piece), piece.n - PIECE));
	preview_end(p);
	preview_free(&p);
	buf_fini(&piece);
}

/* From small to large, since it is the most so far. */
static void
measure_memory(void)
{
	static const size_t sizes[] = {1000000, 100000000, 1u << 30};
	const long before = memory();

	for (size_t i = 0; i < sizeof sizes / sizeof sizes[0]; i++) {
		preview_large(sizes[i]);
		printf("memory\t%zu\t%ld\n", sizes[i], memory() - before);
	}
}

int
main(int argc, char **argv)
{
	measure_memory();
	make_messages();
	measure_all("made");
	make_hostile("----------------------------------------\r\n");
	make_hostile("--\r\n");
	make_hostile("-\r\n");
	make_hostile("\r\n");
	measure_all("hostile");
	if (argc > 1)
		(void)nftw(argv[1], read_message, FOLDERS_OPEN, FTW_PHYS);
	measure_all("real");
	free(messages);
	return 0;
}

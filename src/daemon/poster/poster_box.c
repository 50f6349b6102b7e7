/*
 * Looks into mailboxes. Whose a mailbox is, and who may look, the keeper knows.
 * A list is told in pages, and between two pages the poster has other work; the
 * names of the mailbox are kept meanwhile, those of one mailbox at a time.
 *
 * Not for deliveries (poster.c), nor for files and names (mailbox/).
 */
#include "daemon/poster/poster_box.h"

#include "base/log.h"
#include "mailbox/maildir_read.h"
#include "message/head.h"
#include "receiver/put.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define HEAD_OCTETS 16384 /* of a message are looked at */
#define SUBJECT_CUT 1000  /* octets of a subject, as they are */
#define FOLDER_ROOM PUT_PATH_MAX

struct poster_box {
	struct role *role;
	int root;
	/* what a list goes on with */
	char folder[FOLDER_ROOM];
	struct maildir_names names;
};

struct poster_box *
poster_box_new(struct role *role, int root)
{
	struct poster_box *x = calloc(1, sizeof *x);

	if (x == NULL)
		return NULL;
	x->role = role;
	x->root = root;
	return x;
}

static bool
tell(struct poster_box *x, struct message *m)
{
	return peer_ask(role_peer(x->role, ROLE_KEEPER, 0), m);
}

static int
open_box(struct poster_box *x, struct span folder, struct maildir **m_r)
{
	char path[FOLDER_ROOM];
	struct err err = {0};
	int result = span_copy(folder, path, sizeof path) < 0
			 ? -E_SYNTAX
			 : maildir_open(x->root, path, m_r, &err);

	if (result < 0)
		log_event("mailbox-not-opened", "why=%s",
		    log_quote(span_of(err.text)));
	return result;
}

/* ---- what a message says of itself ---- */

/* The beginning of the file, with line ends as they travel. */
static void
read_head(int fd, struct head *head)
{
	static char octets[HEAD_OCTETS];
	ssize_t n = pread(fd, octets, sizeof octets, 0);
	size_t from = 0;

	head_init(head);
	for (size_t i = 0; n > 0 && i < (size_t)n && !head->complete; i++) {
		if (octets[i] != '\n')
			continue;
		head_feed(head, span_make(octets + from, i - from));
		head_feed(head, span_of("\r\n"));
		from = i + 1;
	}
	head_end(head);
}

/* The first field of that name. */
static struct span
field_of(const struct head *head, const char *wanted)
{
	struct span field, name, value;
	size_t at = 0;

	while (head_next(head, &at, &field, &name, &value) > 0)
		if (span_equals_nocase(name, span_of(wanted)))
			return span_trim(value);
	return span_of("");
}

/* The next word; lines may be folded anywhere. */
static bool
cut_word(struct span *rest, struct span *word_r)
{
	size_t n = 0;

	*rest = span_trim(*rest);
	while (n < rest->n && strchr(" \t\r\n", rest->p[n]) == NULL)
		n++;
	*word_r = span_part(*rest, 0, n);
	*rest = span_skip(*rest, n);
	return n > 0;
}

/*
 * Under which key the message came to us: in what we put in front at its
 * delivery (receiver/decide.c), "... by HOST with GDEL id KEY; ...".
 */
static void
key_in_trace(struct span received, const char *host, struct key *key_r)
{
	struct span rest = received, word, before = span_of("");
	bool by_us = false;

	while (cut_word(&rest, &word)) {
		if (span_equals(before, span_of("by")))
			by_us = span_equals(word, span_of(host));
		if (by_us && span_equals(before, span_of("id")) &&
		    key_parse(span_part(word, 0, KEY_TEXT - 1), key_r) == 0)
			return;
		before = word;
	}
}

/* Whom it is from: what its envelope said, or else what it says itself. */
static struct span
sender_of(const struct head *head, char *room, size_t octets)
{
	struct span path = field_of(head, "Return-Path");
	size_t at = 0;

	if (path.n >= 2 && path.p[0] == '<' && path.p[path.n - 1] == '>')
		return span_part(path, 1, path.n - 2);
	return head_from(head, &at, room, octets) > 0 ? span_of(room)
						      : span_of("");
}

static void
tell_item(struct poster_box *x, uint64_t question, int fd,
    const struct maildir_name *name, bool *told_r)
{
	char room[1024];
	struct stat status;
	struct message m;
	struct head head;

	if (fstat(fd, &status) < 0)
		return;
	read_head(fd, &head);
	message_init(&m, MESSAGE_BOX_ITEM);
	m.box_item.question = question;
	m.box_item.key = maildir_name_key(name->text);
	m.box_item.seen = maildir_name_is_seen(name);
	m.box_item.time = (uint64_t)maildir_name_time(name->text);
	if (m.box_item.time == 0)
		m.box_item.time = (uint64_t)status.st_mtime;
	m.box_item.size = (uint64_t)status.st_size;
	m.box_item.sender =
	    span_part(sender_of(&head, room, sizeof room), 0, sizeof room);
	m.box_item.subject =
	    span_part(field_of(&head, "Subject"), 0, SUBJECT_CUT);
	*told_r = tell(x, &m);
	head_fini(&head);
}

/* ---- a page ---- */

static void
forget_names(struct poster_box *x)
{
	maildir_names_free(&x->names);
	x->folder[0] = '\0';
}

/* Those that the page before was made of, or those that are there now. */
static int
find_names(struct poster_box *x, struct maildir *box,
    const struct message_box_list *ask)
{
	struct err err = {0};
	int result;

	if (ask->after.n > 0 && span_equals(ask->folder, span_of(x->folder)))
		return 0;
	forget_names(x);
	result = maildir_names_read(box, &x->names, &err);
	if (result == 0)
		result = span_copy(ask->folder, x->folder, sizeof x->folder);
	if (result < 0) {
		log_event(
		    "mailbox-not-read", "why=%s", log_quote(span_of(err.text)));
		forget_names(x);
	}
	return result;
}

/* One that has gone, or cannot be opened, is passed over. */
static int
tell_page(struct poster_box *x, struct maildir *box,
    const struct message_box_list *ask, struct message_box_listed *end)
{
	unsigned at = maildir_names_after(&x->names, ask->after), last = at;
	bool told = true;

	for (; told && at < x->names.n && at - last < POSTER_BOX_PAGE; at++) {
		int fd = maildir_name_open(box, &x->names.v[at]);

		if (fd < 0)
			continue;
		tell_item(x, ask->question, fd, &x->names.v[at], &told);
		close(fd);
	}
	end->more = at < x->names.n;
	if (end->more && at > 0)
		end->next = maildir_name_base(x->names.v[at - 1].text);
	return told ? 0 : -E_CLOSED;
}

static void
list(struct poster_box *x, const struct message_box_list *ask)
{
	struct maildir *box = NULL;
	struct message end;
	int result = open_box(x, ask->folder, &box);

	message_init(&end, MESSAGE_BOX_LISTED);
	end.box_listed.question = ask->question;
	if (result == 0)
		result = find_names(x, box, ask);
	if (result == 0)
		result = tell_page(x, box, ask, &end.box_listed);
	end.box_listed.outcome = (uint64_t)-result;
	tell(x, &end);
	if (end.box_listed.more == 0)
		forget_names(x);
	maildir_close(&box);
}

/* ---- one message ---- */

static void
open_one(struct poster_box *x, const struct message_box_open *ask)
{
	struct maildir *box = NULL;
	struct err err = {0};
	struct message back;
	struct head head;
	int result = open_box(x, ask->folder, &box);

	message_init(&back, MESSAGE_BOX_OPENED);
	back.box_opened.question = ask->question;
	if (result == 0)
		result = maildir_key_open(box, ask->key, &err);
	if (result >= 0) {
		back.file = result;
		read_head(result, &head);
		key_in_trace(field_of(&head, "Received"),
		    x->role->settings->hostname, &back.box_opened.message);
		head_fini(&head);
		result = 0;
	}
	back.box_opened.outcome = (uint64_t)-result;
	tell(x, &back);
	maildir_close(&box);
}

static void
remove_one(struct poster_box *x, const struct message_box_remove *ask)
{
	struct maildir *box = NULL;
	struct err err = {0};
	struct message back;
	int result = open_box(x, ask->folder, &box);

	if (result == 0)
		result = maildir_key_remove(box, ask->key, &err);
	if (result < 0 && result != -E_NONE)
		log_event("message-not-removed", "why=%s",
		    log_quote(span_of(err.text)));
	message_init(&back, MESSAGE_BOX_REMOVED);
	back.box_removed.question = ask->question;
	back.box_removed.outcome = (uint64_t)-result;
	tell(x, &back);
	maildir_close(&box);
}

void
poster_box_message(struct poster_box *x, const struct message *m)
{
	if (m->type == MESSAGE_BOX_LIST)
		list(x, &m->box_list);
	else if (m->type == MESSAGE_BOX_OPEN)
		open_one(x, &m->box_open);
	else if (m->type == MESSAGE_BOX_REMOVE)
		remove_one(x, &m->box_remove);
}

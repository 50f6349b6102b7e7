/*
 * The numbers of one session, the lines of a list, and what is told of new
 * messages. Where an item comes from and what it is to the user is the
 * owner's business. See smdp_user.h.
 *
 *   line  = number SP ( "E" / "M" ) SP state SP time SP size SP sender SP
 *           attachments SP DQUOTE subject DQUOTE CRLF
 *   last  = [ "*" SP number SP text CRLF ] "." CRLF
 *
 * No line begins with a dot, so none is stuffed.
 */
#include "proto/user/smdp_user_inner.h"

#include "base/err.h"
#include "base/utf8.h"
#include "proto/subject.h"

#include <stdlib.h>
#include <string.h>
#include <time.h>

#define STATE_MAX  16
#define FIRST_ROOM 64           /* entries; a power of two */
#define TIME_MAX   253402300799 /* the last second of the year 9999 */

/* --- numbers --- */

void
smdp_user_list_forget(struct smdp_user *x)
{
	free(x->numbers.entries);
	free(x->numbers.slots);
	x->numbers = (struct smdp_user_numbers){0};
}

/* Keys are made by us, of time and random octets: nobody can choose them. */
static uint64_t
hash(enum smdp_user_kind kind, const struct key *key)
{
	uint64_t a, b;

	memcpy(&a, key->b, sizeof a);
	memcpy(&b, key->b + sizeof a, sizeof b);
	a = (a ^ (b + (uint64_t)kind)) * 0x9e3779b97f4a7c15u;
	return (a ^ b) * 0x9e3779b97f4a7c15u >> 32;
}

/* The slot that has this item's number, or the free one where it belongs. */
static uint32_t *
slot_of(const struct smdp_user_numbers *n, enum smdp_user_kind kind,
    const struct key *key)
{
	uint32_t mask = n->slot_count - 1;
	uint32_t at = (uint32_t)hash(kind, key) & mask;

	while (n->slots[at] != 0) {
		const struct smdp_user_entry *e = &n->entries[n->slots[at] - 1];

		if (e->kind == kind && key_equals(e->key, *key))
			break;
		at = (at + 1) & mask;
	}
	return &n->slots[at];
}

/* Room for one more, and a map that is at most half full. */
static int
grow(struct smdp_user_numbers *n)
{
	uint32_t room = n->room > 0 ? 2 * n->room : FIRST_ROOM;
	struct smdp_user_entry *entries;
	uint32_t *slots;

	if (n->count < n->room)
		return 0;
	entries = realloc(n->entries, room * sizeof(*entries));
	if (entries == NULL)
		return -E_NOMEM;
	n->entries = entries;
	slots = calloc((size_t)2 * room, sizeof(*slots));
	if (slots == NULL)
		return -E_NOMEM;
	free(n->slots);
	n->slots = slots;
	n->slot_count = 2 * room;
	n->room = room;
	for (uint32_t i = 0; i < n->count; i++)
		*slot_of(n, (enum smdp_user_kind)entries[i].kind,
		    &entries[i].key) = i + 1;
	return 0;
}

/* The number of an item, a new one if it has none; 0: there is none left. */
static uint32_t
number_of(struct smdp_user_numbers *n, enum smdp_user_kind kind,
    const struct key *key, bool *is_new_r)
{
	uint32_t *slot;

	*is_new_r = false;
	slot = n->slot_count > 0 ? slot_of(n, kind, key) : NULL;
	if (slot != NULL && *slot != 0)
		return *slot;
	if (n->count >= SMDP_USER_ITEMS_MAX || grow(n) < 0)
		return 0;
	slot = slot_of(n, kind, key);
	n->entries[n->count] =
	    (struct smdp_user_entry){.key = *key, .kind = (uint8_t)kind};
	n->count++;
	*slot = n->count;
	*is_new_r = true;
	return *slot;
}

struct smdp_user_entry *
smdp_user_list_find(const struct smdp_user *x, uint64_t number)
{
	struct smdp_user_entry *entry;

	if (number == 0 || number > x->numbers.count)
		return NULL;
	entry = &x->numbers.entries[number - 1];
	return entry->has_ended ? NULL : entry;
}

void
smdp_user_list_asked(struct smdp_user *x)
{
	for (uint32_t i = 0; i < x->numbers.count; i++)
		x->numbers.entries[i].is_named = false;
	x->numbers.left_out = 0;
}

/* --- what is new --- */

int
smdp_user_announce(struct smdp_user *x, struct key message)
{
	struct smdp_user_numbers *n = &x->numbers;
	struct smdp_user_entry *entry;
	uint32_t number;
	bool is_new;

	if (!x->is_signed_in || x->state == SMDP_USER_OVER)
		return -E_STATE;
	number = number_of(n, SMDP_USER_MESSAGE, &message, &is_new);
	if (number == 0)
		return -E_NOMEM;
	entry = &n->entries[number - 1];
	/* A list that is on its way may have been made before. */
	entry->is_named = true;
	if (!is_new && !entry->has_ended)
		return 0;
	if (n->untold == 0 || number - 1 < n->untold_from)
		n->untold_from = number - 1;
	n->untold += !entry->is_untold;
	entry->is_untold = true;
	entry->has_ended = false;
	return 0;
}

/* It need not be told any more. */
static void
settle_news(struct smdp_user_numbers *n, struct smdp_user_entry *entry)
{
	n->untold -= entry->is_untold;
	entry->is_untold = false;
}

void
smdp_user_list_tell_new(struct smdp_user *x)
{
	struct smdp_user_numbers *n = &x->numbers;
	struct buf number;

	for (unsigned told = 0; n->untold > 0 && told < SMDP_USER_TOLD_MAX;
	     n->untold_from++) {
		struct smdp_user_entry *entry = &n->entries[n->untold_from];

		if (!entry->is_untold)
			continue;
		settle_news(n, entry);
		if (entry->has_ended)
			continue;
		buf_init(&number, 16);
		buf_print(&number, "%u", (unsigned)n->untold_from + 1);
		reply_print(REPLY_NEW_MESSAGE, buf_span(&number), &x->out);
		buf_fini(&number);
		told++;
	}
}

/* --- lines --- */

static void
print_word(struct span word, struct buf *to)
{
	struct span s = span_part(word, 0, STATE_MAX);

	for (size_t i = 0; i < s.n; i++)
		buf_char(to, (s.p[i] >= 'a' && s.p[i] <= 'z') || s.p[i] == '-'
				 ? s.p[i]
				 : '?');
	if (s.n == 0)
		buf_char(to, '-');
}

/* C0, DEL, C1, line ends, and what turns the text around it. */
static bool
is_harmful(uint32_t c)
{
	return c < ' ' || (c >= 0x7f && c < 0xa0) || c == 0x61c ||
	       c == 0x200e || c == 0x200f || (c >= 0x2028 && c <= 0x202e) ||
	       (c >= 0x2066 && c <= 0x2069) || c == 0xfeff;
}

/* At most MAX octets of S; BAD besides what is harmful is '?' too. */
static void
print_text(
    struct span s, size_t max, const char *escaped, char bad, struct buf *to)
{
	struct span rest = span_part(s, 0, max);

	while (rest.n > 0) {
		uint32_t c = 0;
		size_t n = utf8_read(rest, &c);

		/* A character that the ceiling cuts goes as a whole. */
		if (n == 0 && s.n > max && utf8_is_cut(rest))
			return;
		if (n == 0 || is_harmful(c) || c == (unsigned char)bad) {
			buf_char(to, '?');
		} else {
			if (c < 0x80 && strchr(escaped, (int)c) != NULL)
				buf_char(to, '\\');
			buf_put(to, span_part(rest, 0, n));
		}
		rest = span_skip(rest, n > 0 ? n : 1);
	}
}

static void
print_time(int64_t at, struct buf *to)
{
	time_t seconds = at < 0 ? 0 : at > TIME_MAX ? TIME_MAX : at;
	struct tm parts = {0};

	(void)gmtime_r(&seconds, &parts);
	buf_print(to, "%04d-%02d-%02dT%02d:%02d:%02dZ", parts.tm_year + 1900,
	    parts.tm_mon + 1, parts.tm_mday, parts.tm_hour, parts.tm_min,
	    parts.tm_sec);
}

static void
print_item(uint32_t number, const struct smdp_user_item *item, struct buf *to)
{
	buf_print(to, "%u %c ", (unsigned)number,
	    item->kind == SMDP_USER_ENVELOPE ? 'E' : 'M');
	print_word(item->state, to);
	buf_char(to, ' ');
	print_time(item->time, to);
	buf_print(to, " %llu ", (unsigned long long)item->size);
	/* One word, so that what follows is found. */
	print_text(item->sender, ADDRESS_TEXT, "", ' ', to);
	if (item->sender.n == 0)
		buf_text(to, "<>");
	buf_print(to, " %u \"", item->attachments);
	print_text(item->subject, SUBJECT_MAX, "\"\\", '\0', to);
	buf_text(to, "\"\r\n");
}

int
smdp_user_item(struct smdp_user *x, const struct smdp_user_item *item)
{
	struct smdp_user_numbers *n = &x->numbers;
	struct smdp_user_entry *entry;
	uint32_t number;
	bool is_new;

	if (x->state != SMDP_USER_LISTING)
		return -E_STATE;
	if (smdp_user_room(x) == 0)
		return -E_AGAIN;
	number = number_of(n, item->kind, &item->key, &is_new);
	if (number == 0) {
		n->left_out++;
		return 0;
	}
	entry = &n->entries[number - 1];
	entry->is_named = true;
	entry->has_ended = false;
	settle_news(n, entry);
	smdp_user_clock_given(x);
	print_item(number, item, &x->out);
	if (buf_bad(&x->out))
		smdp_user_close(x);
	return 0;
}

void
smdp_user_list_close(struct smdp_user *x)
{
	struct smdp_user_numbers *n = &x->numbers;

	for (uint32_t i = 0; i < n->count; i++) {
		if (!n->entries[i].is_named)
			n->entries[i].has_ended = true;
	}
	if (n->left_out > 0)
		buf_print(&x->out, "* %llu more have no number\r\n",
		    (unsigned long long)n->left_out);
	buf_text(&x->out, ".\r\n");
}

/* From a verdict to an entry of a list. */
#include "store/listing.h"

static char
lower(char c)
{
	return c >= 'A' && c <= 'Z' ? (char)(c - 'A' + 'a') : c;
}

/* S folded, behind the octets at AT. False: no room. */
static bool
fold(struct span s, char room[LISTING_ROOM], size_t *at, struct span *folded_r)
{
	if (s.n > LISTING_ROOM - *at)
		return false;
	*folded_r = span_make(room + *at, s.n);
	for (size_t i = 0; i < s.n; i++)
		room[(*at)++] = lower(s.p[i]);
	return true;
}

/* What is listed of it, or 0. */
static enum store_listed
list_of(unsigned verdict)
{
	return verdict == VERDICT_AUTHORIZE ? LISTED_ALLOW
	       : verdict == VERDICT_SPAMMER ? LISTED_DENY
					    : 0;
}

bool
listing_of_notice(const struct store_notice *notice, unsigned verdict,
    int64_t now, char room[LISTING_ROOM], struct store_entry *entry_r)
{
	struct span server =
	    notice->server.n > 0 ? notice->server : notice->domain;
	size_t at = 0;

	*entry_r = (struct store_entry){
	    .user = notice->recipient,
	    .side = SIDE_INCOMING,
	    .list = list_of(verdict),
	    .by = ENTRY_BY_VERDICT,
	    .created = now,
	};
	return entry_r->list != 0 && notice->sender.n > 0 &&
	       notice->recipient.n > 0 &&
	       fold(notice->sender, room, &at, &entry_r->address) &&
	       fold(server, room, &at, &entry_r->server);
}

bool
listing_of_hold(const struct store_hold *hold, struct span user,
    unsigned verdict, int64_t now, char room[LISTING_ROOM],
    struct store_entry *entry_r)
{
	size_t at = 0;

	*entry_r = (struct store_entry){
	    .user = user,
	    .side = SIDE_OUTGOING,
	    .server = span_of(""),
	    .list = list_of(verdict),
	    .by = ENTRY_BY_VERDICT,
	    .created = now,
	};
	return entry_r->list != 0 && user.n > 0 &&
	       fold(hold->recipient, room, &at, &entry_r->address);
}

bool
listing_blocks(const struct store_notice *notice)
{
	return notice->state == NOTICE_REFUSED &&
	       notice->verdict == VERDICT_SPAMMER;
}

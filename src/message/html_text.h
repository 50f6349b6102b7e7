/*
 * HTML reduced to the text a person would read, while it passes. No document
 * is built; any octets are taken, and memory does not grow.
 */
#ifndef MESSAGE_HTML_TEXT_H
#define MESSAGE_HTML_TEXT_H

#include "base/buf.h"

#define HTML_TEXT_NAME                                         \
	16 /* longer names of elements and entities: not known \
	    */

enum html_text_state {
	HTML_TEXT_PLAIN,
	HTML_TEXT_ENTITY,   /* behind "&" */
	HTML_TEXT_OPEN,     /* behind "<" */
	HTML_TEXT_TAG_NAME, /* within the name of a tag */
	HTML_TEXT_TAG,      /* behind that name, until ">" */
	HTML_TEXT_QUOTE,    /* within a quoted attribute */
	HTML_TEXT_MARK,     /* "<!" or "<?" until ">" */
	HTML_TEXT_COMMENT,  /* "<!--" until "-->" */
};

enum html_text_gap { HTML_TEXT_NONE, HTML_TEXT_SPACE, HTML_TEXT_LINE };

struct html_text {
	enum html_text_state state;
	enum html_text_gap gap;      /* blanks not written yet */
	bool started;                /* something has been written */
	bool closing;                /* the tag began with "</" */
	bool attribute;              /* within a tag: behind "=" */
	bool pre;                    /* spaces and line ends count */
	char quote;                  /* what ends the quoted attribute */
	unsigned dashes;             /* of the begin or end of a comment */
	char hidden[HTML_TEXT_NAME]; /* element whose content is not shown */
	char name[HTML_TEXT_NAME]; /* of a tag or an entity, lower case tags */
	size_t name_n;
};

void html_text_init(struct html_text *h);

/*
 * Puts the text of IN, which is UTF-8, behind TO: at most 3 octets for each of
 * IN.n + HTML_TEXT_NAME. Blanks are one space, blocks one line (LF), scripts,
 * styles, titles and comments nothing. 0 or -E_NOMEM. A piece of IN may end
 * anywhere, within a character too.
 */
int html_text_feed(struct html_text *h, struct span in, struct buf *to);

/* The text ended; an entity may be pending. 0 or -E_NOMEM. */
int html_text_end(struct html_text *h, struct buf *to);

#endif

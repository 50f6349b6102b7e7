/*
 * What preview.c (the message as lines and parts) and preview_part.c (one part)
 * know of each other. Nobody else includes this.
 */
#ifndef MESSAGE_PREVIEW_INNER_H
#define MESSAGE_PREVIEW_INNER_H

#include "message/preview.h"

#define PREVIEW_CHARSET_ROOM 64

/* Which text is better: the larger. */
enum preview_rank {
	PREVIEW_NO_TEXT,
	PREVIEW_NAMED,
	PREVIEW_HTML,
	PREVIEW_PLAIN,
};

/* The part whose octets pass. */
struct preview_part {
	/* From its header section. */
	bool has_type, has_transfer, has_disposition; /* the first counts */
	char type[MIME_TYPE_ROOM];                    /* "" is the default */
	char charset[PREVIEW_CHARSET_ROOM];
	char boundary[PREVIEW_BOUNDARY + 1];
	size_t boundary_n;
	bool boundary_is_long; /* there is one, but it does not fit */
	char name[PREVIEW_NAME_ROOM];
	bool named, attached; /* has a name; its disposition is attachment */
	bool told;            /* its name will be */
	enum transfer_kind transfer;
	/* From where it stands. */
	bool alternative; /* one of several forms */
	bool is_message;  /* it is the whole message */
	/* While its body passes. */
	struct transfer_meter meter;
	struct preview_attachment *listed; /* NULL: its size is not asked for */
	enum preview_rank rank;            /* NO_TEXT: its text is not wanted */
};

struct preview_found {
	struct preview_facts facts;
	enum preview_rank rank;   /* of facts.text */
	size_t text_left;         /* octets still to be looked through */
	struct preview_text text; /* of the part that passes, if it has rank */
};

/*
 * A part begins, with its header section. TOLD: if it is an attachment, it will
 * be listed, so that its name is worth reading.
 */
void preview_part_begin(struct preview_part *p, bool told);

/* A whole field, unfolded. Names the part is not interested in are passed. */
void
preview_part_field(struct preview_part *p, struct span name, struct span value);

/*
 * The header section ended and the part is no multipart. Its octets follow by
 * preview_part_feed(), if it returns true; else nobody wants them.
 */
bool preview_part_open(struct preview_part *p, struct preview_found *found);

/* False: nobody wants more. */
bool preview_part_feed(
    struct preview_part *p, struct preview_found *found, struct span in);

/* It ended; BOUNDARY: at one, to which the last line end belongs. */
void preview_part_close(
    struct preview_part *p, struct preview_found *found, bool boundary);

#endif

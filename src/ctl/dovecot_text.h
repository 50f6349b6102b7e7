/* The files for Dovecot as texts: the rows of dovecot.def, filled in. */
#ifndef CTL_DOVECOT_TEXT_H
#define CTL_DOVECOT_TEXT_H

#include "base/buf.h"

/* The first line of each file; what has another one is not ours. */
#define DOVECOT_TEXT_MARK \
	"# Made by restante dovecot-config, which also replaces it."

#define DOVECOT_TEXT_MAX 65536 /* octets of one file; paths are below 4096 */

enum dovecot_text {
#define DOVECOT_FILE(id, name) DOVECOT_TEXT_##id,
#define DOVECOT_TEXT(id, when, text)
#include "ctl/dovecot.def"
#undef DOVECOT_FILE
#undef DOVECOT_TEXT
	DOVECOT_TEXT_COUNT
};

enum {
	DOVECOT_IMAP,
	DOVECOT_IMAPS,
	DOVECOT_POP3,
	DOVECOT_POP3S,
	DOVECOT_PORTS
};

/* What is filled in. Texts are borrowed; paths begin with / and are plain
   (no space, quote or sign that means something to Dovecot). */
struct dovecot_text_words {
	bool root; /* Dovecot is started as root */
	/* Who owns the mailboxes: a user of the system, and its group. */
	const char *user, *group;
	unsigned uid, gid;
	const char *hostname, *certificate, *key;
	const char *listen; /* addresses, parted by ", " */
	uint16_t ports[DOVECOT_PORTS];
	const char *base;    /* base_dir */
	const char *mail;    /* the mail folder */
	const char *sockets; /* of our server, seen from base_dir */
	const char *folder;  /* of these files */
};

/* "dovecot.conf", ... */
const char *dovecot_text_name(enum dovecot_text which);

/* Appends the whole file; at most DOVECOT_TEXT_MAX octets. */
void dovecot_text_print(enum dovecot_text which,
    const struct dovecot_text_words *words, struct buf *to);

#endif

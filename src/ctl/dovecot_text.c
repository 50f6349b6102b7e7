/*
 * For: the files for Dovecot as texts.
 *
 * Not for: where they go, and what is filled in (dovecot.c).
 *
 * Read on: dovecot.def, the texts.
 */
#include "ctl/dovecot_text.h"

#include "ctl/template.h"

#include <stdio.h>

enum when { ALWAYS, UNPRIVILEGED };

static const char *const names[] = {
#define DOVECOT_FILE(id, name) name,
#define DOVECOT_TEXT(id, when, text)
#include "ctl/dovecot.def"
#undef DOVECOT_FILE
#undef DOVECOT_TEXT
};

static const struct part {
	enum dovecot_text of;
	enum when when;
	const char *text;
} parts[] = {
#define DOVECOT_FILE(id, name)
#define DOVECOT_TEXT(id, when, text) {DOVECOT_TEXT_##id, when, text},
#include "ctl/dovecot.def"
#undef DOVECOT_FILE
#undef DOVECOT_TEXT
};

const char *
dovecot_text_name(enum dovecot_text which)
{
	return names[which];
}

static void
print_parts(enum dovecot_text which, bool root,
    const struct template_word *words, struct buf *to)
{
	buf_text(to, DOVECOT_TEXT_MARK "\n");
	for (size_t i = 0; i < sizeof parts / sizeof *parts; i++)
		if (parts[i].of == which && (parts[i].when == ALWAYS || !root))
			template_fill(to, parts[i].text, words);
}

void
dovecot_text_print(enum dovecot_text which,
    const struct dovecot_text_words *words, struct buf *to)
{
	char uid[12], gid[12], ports[DOVECOT_PORTS][8];

	snprintf(uid, sizeof uid, "%u", words->uid);
	snprintf(gid, sizeof gid, "%u", words->gid);
	for (unsigned i = 0; i < DOVECOT_PORTS; i++)
		snprintf(ports[i], sizeof ports[i], "%u", words->ports[i]);
	print_parts(which, words->root,
	    (const struct template_word[]){
		{"USER", words->user},
		{"GROUP", words->group},
		{"UID", uid},
		{"GID", gid},
		{"HOSTNAME", words->hostname},
		{"CERTIFICATE", words->certificate},
		{"KEY", words->key},
		{"LISTEN", words->listen},
		{"IMAP_PORT", ports[DOVECOT_IMAP]},
		{"IMAPS_PORT", ports[DOVECOT_IMAPS]},
		{"POP3_PORT", ports[DOVECOT_POP3]},
		{"POP3S_PORT", ports[DOVECOT_POP3S]},
		{"BASE_DIR", words->base},
		{"MAIL", words->mail},
		{"SOCKETS", words->sockets},
		{"FOLDER", words->folder},
		{NULL, NULL},
	    },
	    to);
}

/*
 * What lies in a Maildir, for its user: names, files, and taking one away.
 * Other programs read the same folder and move and rename its files at any
 * time: what was there a moment ago may be gone or be called otherwise.
 */
#ifndef MAILBOX_MAILDIR_READ_H
#define MAILBOX_MAILDIR_READ_H

#include "base/key.h"
#include "mailbox/maildir.h"

#define MAILDIR_NAMES_MAX 100000 /* of one mailbox; others are not seen */

/* A file of new/ or cur/: <base>, or <base>:2,<flags>. */
struct maildir_name {
	char *text;
	bool in_new;
};

struct maildir_names {
	struct maildir_name *v;
	unsigned n, room;
};

/* All of M, in order of their names: with names that begin with the time, as
   is the custom, the oldest first. 0, -E_NOMEM, -E_SYSTEM; free in any case. */
int maildir_names_read(
    struct maildir *m, struct maildir_names *names_r, struct err *err);
void maildir_names_free(struct maildir_names *names);

/* The place of the first whose base comes after BASE. */
unsigned
maildir_names_after(const struct maildir_names *names, struct span base);

/* The part that stays when flags change. */
struct span maildir_name_base(const char *text);

/*
 * A key for the base: that of the delivery, if put.c made the name (the same
 * in every process); else one that nobody can choose, and the same as long as
 * this process lives.
 */
struct key maildir_name_key(const char *text);

/* Is there a flag that says so (S)? */
bool maildir_name_is_seen(const struct maildir_name *name);

/* The time in front of the name; 0: there is none. */
int64_t maildir_name_time(const char *text);

/* Opens it for reading. The descriptor of a plain file; -E_NONE; -E_SYSTEM. */
int maildir_name_open(struct maildir *m, const struct maildir_name *name);

/* Opens, or removes for good, the one with that key. -E_NONE: there is none;
   -E_NOMEM, -E_SYSTEM. */
int maildir_key_open(struct maildir *m, struct key key, struct err *err);
int maildir_key_remove(struct maildir *m, struct key key, struct err *err);

#endif

/*
 * Delivery into a Maildir (Bernstein's format; Maildir++ folders are plain
 * sub-folders and need nothing here). Many messages at once, with as few syncs
 * as safety allows:
 *
 *   begin    create tmp/<name> (O_EXCL)
 *   append   octets with CRLF line ends; they are stored with LF
 *   sync     fsync the file
 *   commit   link it into new/, remove it from tmp/
 *   settle   fsync new/ once for all that were committed there
 *
 * A message is safe only after settle, one that was there already too. Names
 * are made by the caller and are the same for every attempt, so a repeated
 * delivery is found in new/ or cur/ and not made twice; two attempts at one
 * name never run at once. All paths are relative to a folder descriptor, never
 * follow symbolic links and are made when missing (mode 0700, files 0600).
 */
#ifndef MAILBOX_MAILDIR_H
#define MAILBOX_MAILDIR_H

#include "base/err.h"
#include "base/span.h"

struct maildir;          /* an open folder: tmp, new, cur */
struct maildir_delivery; /* one message on its way */

/*
 * Opens PATH ("b.test/bob/Maildir"; no leading slash, no "." or "..") below
 * the folder ROOT, making what is missing. 0, -E_SYNTAX bad path, -E_NOMEM,
 * -E_SYSTEM.
 */
int maildir_open(
    int root, const char *path, struct maildir **maildir_r, struct err *err);
void maildir_close(struct maildir **m);

/*
 * NAME: letters, digits, ".", "-", "_", at most 200, not beginning with ".".
 * REPEATED: an earlier attempt may have got through: looks for NAME in new/ and
 * for NAME or NAME:2,* in cur/ first. M has to outlive the delivery. 0;
 * -E_EXISTS it is delivered already; -E_SYNTAX bad name; -E_NOMEM; -E_SYSTEM.
 */
int maildir_begin(struct maildir *m, const char *name, bool repeated,
    struct maildir_delivery **delivery_r, struct err *err);

/*
 * Remembers its first failure, which sync and commit return. Not after sync.
 * A CR that no LF follows is kept as it is. 0, -E_SYSTEM.
 */
int maildir_append(struct maildir_delivery *d, struct span octets);

int maildir_sync(struct maildir_delivery *d, struct err *err);

/*
 * Links into new/. 0, -E_EXISTS (counts as delivered), -E_SYSTEM, -E_STATE when
 * it is not synced.
 */
int maildir_commit(struct maildir_delivery *d, struct err *err);

/* Frees the delivery; removes its tmp file when it was not committed. */
void maildir_free(struct maildir_delivery **d);

/*
 * fsync of new/ (and of cur/, when something was found there): after it all
 * that was committed or found in M so far is safe. 0, -E_SYSTEM.
 */
int maildir_settle(struct maildir *m, struct err *err);

#endif

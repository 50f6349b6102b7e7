/*
 * Where things of Dovecot lie: paths that its configuration can hold, and that
 * sockets can have.
 */
#ifndef CTL_DOVECOT_PLACE_H
#define CTL_DOVECOT_PLACE_H

#include "base/buf.h"
#include "base/err.h"

#define DOVECOT_PLACE_MAX                                   \
	4096 /* octets of a path; the system allows no more \
	      */

/*
 * Appends PATH as the system sees it: absolute, without links and "..". What
 * does not exist yet is appended as it is. -E_SYNTAX: a part that does not
 * exist is "..", so that nobody knows where it leads.
 */
int dovecot_place_resolve(const char *path, struct buf *to, struct err *err);

/* Appends the way from the folder FROM to the folder TARGET, both resolved:
   "../../mail". */
void
dovecot_place_relative(struct span from, struct span target, struct buf *to);

/*
 * -E_SYNTAX when PATH, which WHAT says what it is of, has a character that
 * means something to Dovecot, or has no name at all.
 */
int dovecot_place_check(const char *what, const char *path, struct err *err);

/* -E_RANGE when FOLDER/NAME is too long for a Unix socket. */
int dovecot_place_check_socket(
    const char *folder, const char *name, struct err *err);

#endif

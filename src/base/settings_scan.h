/*
 * The first look at the text of a configuration, before libconfuse reads it:
 * refuses what that library would let pass or stumble over, and notes in
 * which line each key is given. Private to settings.c.
 */
#ifndef BASE_SETTINGS_SCAN_H
#define BASE_SETTINGS_SCAN_H

#include "base/buf.h"
#include "base/err.h"

struct settings_scan {
	struct span text; /* what to look at */
	/*
	 * The index of a key, below `keys`, or a negative number when there is
	 * no such key.
	 */
	int (*find)(struct span key);
	unsigned keys;
	unsigned
	    *lines;    /* `keys` numbers, zero before; set for each key given */
	unsigned line; /* where a fault was found */
	/* The key that is to blame, empty when none is; within `text`. */
	struct span key;
};

/*
 * Appends to CLEAN the text without comments (spaces stand in their place, so
 * that lines and columns stay what they were). 0; -E_SYNTAX with `line`, `key`
 * and the reason alone in WHY; -E_NOMEM.
 */
int
settings_scan(struct settings_scan *scan, struct buf *clean, struct err *why);

#endif

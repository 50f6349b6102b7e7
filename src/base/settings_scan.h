/*
 * The first look at the text of a configuration, before libconfuse reads it:
 * refuses what that library would let pass or stumble over, and notes in
 * which line each key is given. Private to settings.c.
 */
#ifndef BASE_SETTINGS_SCAN_H
#define BASE_SETTINGS_SCAN_H

#include "base/buf.h"
#include "base/err.h"

enum settings_scan_place { SETTINGS_ANYWHERE, SETTINGS_IN_PEER };

#define SETTINGS_SCAN_PEER_KEYS 2 /* that a section `peer` may hold */

/* A section: its domain, within the text, and lines; 0: not given. */
struct settings_scan_peer {
	struct span domain;
	unsigned line;
	unsigned lines[SETTINGS_SCAN_PEER_KEYS];
};

struct settings_scan {
	struct span text; /* what to look at */
	/*
	 * The index of a key, or a negative number when there is no such key
	 * at that place; and whether it takes a list.
	 */
	int (*find)(
	    enum settings_scan_place place, struct span key, bool *list_r);
	/* A number for each index of SETTINGS_ANYWHERE, zero before; set to
	   the line for each key given. */
	unsigned *lines;
	struct settings_scan_peer *peers; /* room for `peers_max` */
	unsigned peers_max, peers_n;
	bool stopped; /* by a fault of syntax: what is behind it is not known */
	/* KEY is empty when none is to blame. */
	void (*fault)(
	    void *arg, unsigned line, struct span key, const char *why);
	void *arg;
};

/*
 * Appends to CLEAN what is good of the text, without comments (spaces stand in
 * their place), whole lines where they were: settings that are not known here
 * or stand there twice are left out, and all from the first fault of syntax
 * on. 0; -E_SYNTAX when `fault` was called; -E_NOMEM.
 */
int settings_scan(struct settings_scan *scan, struct buf *clean);

#endif

/*
 * What a verdict puts on which list (SM-21, SM-24, SM-30, SM-33; WIRE 6): the
 * same for every driver.
 */
#ifndef STORE_LISTING_H
#define STORE_LISTING_H

#include "store/store.h"

#define LISTING_ROOM 1024 /* octets of an address and its server */

/*
 * AUTHORIZE allows and SPAMMER denies: the recipient's own list gets the pair
 * of NOTICE's sender and server; the list of USER, who sent HOLD, gets its
 * recipient. *ENTRY_R borrows from ROOM, the row and USER. False: the verdict
 * says nothing of lists, or there is nobody to be listed.
 */
bool listing_of_notice(const struct store_notice *notice, unsigned verdict,
    int64_t now, char room[LISTING_ROOM], struct store_entry *entry_r);
bool listing_of_hold(const struct store_hold *hold, struct span user,
    unsigned verdict, int64_t now, char room[LISTING_ROOM],
    struct store_entry *entry_r);

/* How long nobody is told again that a pair is denied (SM-37), seconds. */
#define LISTING_TELL_AGAIN 86400

/* Is NOTICE one that its recipient's list refuses, put only to say so? */
bool listing_blocks(const struct store_notice *notice);

#endif

/*
 * Whole copies of the rows of the door into an arena, with all their texts. A
 * copy lives as long as the arena. False: the arena has no more room; the copy
 * must not be used then.
 */
#ifndef STORE_COPY_H
#define STORE_COPY_H

#include "store/store.h"

bool copy_user(
    struct arena *a, const struct store_user *from, struct store_user *to_r);

/* The fields without envelope, head and body, which come out empty. */
bool copy_message(struct arena *a, const struct store_message *from,
    struct store_message *to_r);

/* Head and body only; the other fields of TO stay. */
bool copy_content(struct arena *a, const struct store_message *from,
    struct store_message *to);

/* The envelope text only; the other fields of TO stay. */
bool copy_envelope(struct arena *a, const struct store_message *from,
    struct store_message *to);

bool copy_hold(
    struct arena *a, const struct store_hold *from, struct store_hold *to_r);

/* The fields without the envelope text, which comes out empty; and that. */
bool copy_notice(struct arena *a, const struct store_notice *from,
    struct store_notice *to_r);
bool copy_notice_text(
    struct arena *a, const struct store_notice *from, struct store_notice *to);
bool copy_peer(
    struct arena *a, const struct store_peer *from, struct store_peer *to_r);
bool copy_entry(
    struct arena *a, const struct store_entry *from, struct store_entry *to_r);
bool copy_delivery(struct arena *a, const struct store_delivery *from,
    struct store_delivery *to_r);

bool copy_complaint(struct arena *a, const struct store_complaint *from,
    struct store_complaint *to_r);

#endif

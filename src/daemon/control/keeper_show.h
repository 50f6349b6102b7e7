/* Rows of the store as JSON, in the words of docs/CONTROL.md. */
#ifndef DAEMON_KEEPER_SHOW_H
#define DAEMON_KEEPER_SHOW_H

#include "daemon/keeper/keeper.h"

#include <jansson.h>

/* New references; NULL: no memory. Octets that are no UTF-8 become U+FFFD. */
json_t *keeper_show_text(struct span s);
json_t *keeper_show_time(int64_t seconds); /* null for 0 and INT64_MAX */
json_t *keeper_show_user(const struct store_user *user);
json_t *keeper_show_hold(const struct store_hold_row *row, bool whole);
json_t *keeper_show_notice(const struct store_notice *notice);
json_t *keeper_show_peer(const struct store_peer *peer);
/* The other addresses of a user into USER. */
void keeper_show_identities(json_t *user, const struct store_user_get *get);
json_t *keeper_show_identity(const struct store_identity *identity);
json_t *keeper_show_entry(const struct store_entry *entry);

/* WHOLE: with its text in base64url, since it may be no text at all. */
json_t *keeper_show_envelope(const struct store_notice *notice, bool whole);

/* Whole answers: of `status`, and of `check`. */
json_t *
keeper_show_status(const struct keeper *k, const struct store_count *count);
json_t *keeper_show_check(const struct store_check *check);

#endif

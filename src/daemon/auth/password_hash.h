/*
 * The hash of a password as it is kept: argon2id by libsodium, as text that
 * Dovecot reads, too. Slow on purpose: tens of milliseconds of a whole core.
 */
#ifndef DAEMON_PASSWORD_HASH_H
#define DAEMON_PASSWORD_HASH_H

#include "base/span.h"

#define PASSWORD_HASH_TEXT   128  /* octets of a hash as text, with its NUL */
#define PASSWORD_HASH_OCTETS 1024 /* of a password; longer ones are wrong */

/* Before any other call here. 0, or -E_SYSTEM. */
int password_hash_begin(void);

/* 0; -E_RANGE too long; -E_NOMEM: no memory for it. */
int password_hash_make(struct span password, char text_r[PASSWORD_HASH_TEXT]);

/* Is it the password of that hash? Takes its time either way. */
bool password_hash_fits(const char *text, struct span password);

#endif

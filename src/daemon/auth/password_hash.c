/*
 * One place for what a hash costs, so that those made by the command line and
 * those made by the role auth are alike.
 */
#include "daemon/auth/password_hash.h"

#include "base/err.h"

#include <assert.h>
#include <sodium.h>

#define OPERATIONS 2
#define MEMORY     (19u * 1024 * 1024)

static_assert(PASSWORD_HASH_TEXT == crypto_pwhash_STRBYTES,
    "the room for a hash is what the library wants");

int
password_hash_begin(void)
{
	return sodium_init() < 0 ? -E_SYSTEM : 0;
}

int
password_hash_make(struct span password, char text_r[PASSWORD_HASH_TEXT])
{
	text_r[0] = '\0';
	if (password.n > PASSWORD_HASH_OCTETS)
		return -E_RANGE;
	if (crypto_pwhash_str_alg(text_r, password.p, password.n, OPERATIONS,
		MEMORY, crypto_pwhash_ALG_ARGON2ID13) == 0)
		return 0;
	text_r[0] = '\0';
	return -E_NOMEM;
}

bool
password_hash_fits(const char *text, struct span password)
{
	return crypto_pwhash_str_verify(text, password.p, password.n) == 0;
}

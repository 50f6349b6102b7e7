/*
 * The end that dialled: a client with all its orders, and the server it becomes
 * at each turn; or a client to which it was turned. See session.h for what is
 * promised.
 */
#include "session.h"

void
fuzz_one(struct span input)
{
	session_play(input, session_init_dialled);
}

/*
 * The end that was called: a server (of peers, of users, or one to which it was
 * turned), and the client it becomes at each turn. See session.h for what is
 * promised.
 */
#include "session.h"

void
fuzz_one(struct span input)
{
	session_play(input, session_init_called);
}

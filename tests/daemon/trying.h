/*
 * What a confined role tries, in the folder that it was confined to: there are
 * store/file and spool/file in it, and ../outside.
 */
#ifndef TRYING_H
#define TRYING_H

#include <sys/types.h>

enum outcome { DONE, REFUSED, KILLED, ABORTED, OTHERWISE };

extern int trying_listener; /* a TCP socket that was made before */
extern pid_t trying_victim; /* another process of the same user */

#define TRY(name, done, killed, landlock) enum outcome trying_##name(void);
#include "tries.def"
#undef TRY

enum outcome trying_abort_itself(void);

#endif

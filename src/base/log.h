/*
 * One line an event on standard error: `time role[pid] event key=value ...`.
 * Writing never blocks: a line that does not fit is dropped and counted, and
 * the count is said in the next line that fits. Values are escaped, so no
 * octet from a stranger can forge a line. Never content, never a secret.
 */
#ifndef BASE_LOG_H
#define BASE_LOG_H

#include "base/span.h"

/* Names this process in every line; NAME must live as long as the process. */
void log_open(const char *name);

/*
 * Sets O_NONBLOCK on standard error: for the daemon's roles, not for commands
 * that a person runs, since whoever shares the terminal would feel it.
 */
void log_never_block(void);

/*
 * Writes one line. EVENT is unique in the tree. FORMAT makes the key=value
 * pairs; free text in it goes through log_quote().
 */
void log_event(const char *event, const char *format, ...)
    __attribute__((format(printf, 2, 3)));

/* There was no memory for WHAT, a word. */
void log_no_memory(const char *what);

/*
 * S as one harmless value: printable ASCII stays, all else is \xNN, quotes and
 * backslashes too; within double quotes when it is empty or has spaces; at most
 * 200 octets of S. One of 8 static rooms, used in turn.
 */
const char *log_quote(struct span s);

#endif

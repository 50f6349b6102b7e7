/*
 * Named points at which the tests kill a process (tests/crash/). Compiled in
 * only with the option crash_points; else each is nothing at all.
 *
 * With CRASH_ENVIRONMENT=<name>:<n> in its environment a process that comes to
 * the point of that name for the n-th time says so in the log and stops
 * (SIGSTOP); whoever tests kills it, or the whole server, then.
 */
#ifndef BASE_CRASH_H
#define BASE_CRASH_H

#define CRASH_ENVIRONMENT "RESTANTE_CRASH"

#ifdef CRASH_POINTS
/* WHEN and WHAT together are the name; WHAT may be "". */
void crash_point(const char *when, const char *what);
#else
static inline void
crash_point(const char *when, const char *what)
{
	(void)when;
	(void)what;
}
#endif

#endif

/* What the self-test tells: a line a step for people, one document for
   programs. */
#ifndef SELFTEST_REPORT_H
#define SELFTEST_REPORT_H

#include <stdbool.h>
#include <stdio.h>

enum report_result { REPORT_OK, REPORT_FAILED, REPORT_SKIPPED };

struct report;

/* JSON: nothing is said before report_end(), on OUT. NULL: no memory. */
struct report *report_new(FILE *out, bool json);
void report_free(struct report **r);

/* The step has begun: shown on a terminal until its result is. */
void report_begin(struct report *r, const char *step, const char *text);

/* DETAIL and HINT may be "": what was found, or why it failed; and what to look
   at. */
void report_result(struct report *r, const char *step, const char *text,
    enum report_result result, const char *detail, const char *hint);

/* Something that is no failure. */
void report_warning(struct report *r, const char *text);

/* Something that could not be removed. */
void report_remains(struct report *r, const char *text);

/* The last word. True if every step is OK. */
bool report_end(struct report *r, const char *hostname, const char *user);

#endif

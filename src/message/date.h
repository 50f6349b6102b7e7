/* Dates of RFC 5322 3.3, and of RFC 3339 for people and JSON. */
#ifndef MESSAGE_DATE_H
#define MESSAGE_DATE_H

#include <stdint.h>

#define DATE_TEXT 40

/* "Sun, 22 Nov 2026 10:00:00 +0000": always UTC, always English. */
void date_message(int64_t seconds, char text_r[DATE_TEXT]);

/* "2026-11-22T10:00:00Z" */
void date_plain(int64_t seconds, char text_r[DATE_TEXT]);

#endif

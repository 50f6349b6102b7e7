/*
 * Dates as they stand in messages and in what people read. Written by hand,
 * since strftime() speaks the language of the locale.
 *
 * Not for reading dates: nothing the server decides depends on a date that a
 * stranger wrote.
 *
 * Read on in date.h.
 */
#include "message/date.h"

#include <stdio.h>
#include <time.h>

/* The Gregorian parts of SECONDS; the epoch when they cannot be had. */
static struct tm
parts_of(int64_t seconds)
{
	const struct tm epoch = {.tm_mday = 1, .tm_year = 70, .tm_wday = 4};
	const time_t time = (time_t)seconds;
	struct tm parts;

	return gmtime_r(&time, &parts) == NULL ? epoch : parts;
}

void
date_message(int64_t seconds, char text_r[DATE_TEXT])
{
	static const char days[][4] = {
	    "Sun", "Mon", "Tue", "Wed", "Thu", "Fri", "Sat"};
	static const char months[][4] = {"Jan", "Feb", "Mar", "Apr", "May",
	    "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"};
	const struct tm t = parts_of(seconds);

	(void)snprintf(text_r, DATE_TEXT,
	    "%s, %02d %s %04ld %02d:%02d:%02d +0000", days[t.tm_wday],
	    t.tm_mday, months[t.tm_mon], 1900L + t.tm_year, t.tm_hour, t.tm_min,
	    t.tm_sec);
}

void
date_plain(int64_t seconds, char text_r[DATE_TEXT])
{
	const struct tm t = parts_of(seconds);

	(void)snprintf(text_r, DATE_TEXT, "%04ld-%02d-%02dT%02d:%02d:%02dZ",
	    1900L + t.tm_year, t.tm_mon + 1, t.tm_mday, t.tm_hour, t.tm_min,
	    t.tm_sec);
}

/*
 * For: the part of `restante peer show` that tells how the figure of a domain
 * came about and what follows from it.
 *
 * Not for: the figure itself (trust/quality.h).
 */
#include "ctl/quality_text.h"

#include "ctl/output.h"

#include <string.h>

static long long
number(const json_t *object, const char *key)
{
	return (long long)json_integer_value(json_object_get(object, key));
}

/* What happens below the threshold KEY, and whether it does. */
static void
print_threshold(FILE *to, const json_t *quality, const char *key,
    const char *setting, const char *what, bool does)
{
	const json_t *below = json_object_get(quality, key);

	if (json_is_number(below))
		fprintf(to, "Below %.3f (%s) %s%s.\n", json_number_value(below),
		    setting, what, does ? ", as now" : "");
	else
		fprintf(to, "No figure is so low that %s (%s is off).\n", what,
		    setting);
}

static void
print_days(FILE *to, const json_t *days)
{
	size_t at;
	const json_t *day;
	char room[OUTPUT_ROOM];

	json_array_foreach(days, at, day)
	{
		const struct span name = output_member(day, "day", room);

		fprintf(to,
		    "  %.*s: %lld messages, %lld accepted, %lld refused\n",
		    (int)name.n, name.p, number(day, "messages"),
		    number(day, "accepted"), number(day, "refused"));
	}
}

void
quality_text_print(FILE *to, const json_t *quality)
{
	const char *standing =
	    json_string_value(json_object_get(quality, "standing"));
	bool is_alert, is_block;

	if (standing == NULL)
		return;
	is_block = strcmp(standing, "block") == 0;
	is_alert = strcmp(standing, "alert") == 0;
	fprintf(to,
	    "\nOf %lld messages from this domain users accepted %lld and "
	    "refused %lld.\n"
	    "Quality: %.3f (accepted less refused, by messages; from -1 to "
	    "1).\n",
	    number(quality, "messages"), number(quality, "accepted"),
	    number(quality, "refused"),
	    json_number_value(json_object_get(quality, "value")));
	if (strcmp(standing, "few") == 0)
		fprintf(to, "Nothing follows from fewer than %lld messages.\n",
		    number(quality, "least"));
	print_threshold(to, quality, "alert_below", "quality-alert",
	    "the operator is warned", is_alert || is_block);
	print_threshold(to, quality, "block_below", "quality-block",
	    "the domain is refused", is_block);
	if (is_block)
		fputs("`restante peer allow` lets it in all the same, `peer "
		      "forget` lets its figures\nbegin anew.\n",
		    to);
	print_days(to, json_object_get(quality, "days"));
}

/*
 * For: what a text of the configuration stands for: a duration, a size, a
 * threshold, an address with a port.
 *
 * Not for: which key may have which value (settings_check.c).
 *
 * Read on: settings.h.
 */
#include "base/ip.h"
#include "base/settings.h"

/* Ten years: more is a typing fault. */
#define DURATION_MAX   ((int64_t)3650 * 24 * 3600)
#define SIZE_VALUE_MAX ((uint64_t)INT64_MAX) /* what the store can hold */

/* Splits "90 s" into its number and its unit. 0, -E_SYNTAX, -E_RANGE. */
static int
split_unit(struct span text, uint64_t *number_r, struct span *unit_r)
{
	size_t digits = 0;

	text = span_trim(text);
	while (
	    digits < text.n && text.p[digits] >= '0' && text.p[digits] <= '9')
		digits++;
	*unit_r = span_trim(span_skip(text, digits));
	return span_number(span_part(text, 0, digits), INT64_MAX, number_r);
}

struct unit {
	const char *name;
	uint64_t factor;
};

/* NUMBER in the unit NAME, at most MAX. 0, -E_SYNTAX, -E_RANGE. */
static int
multiply(const struct unit *units, struct span name, uint64_t max,
    uint64_t *number_io)
{
	for (; units->name != NULL; units++) {
		if (!span_equals_nocase(name, span_of(units->name)))
			continue;
		if (*number_io > max / units->factor)
			return -E_RANGE;
		*number_io *= units->factor;
		return 0;
	}
	return -E_SYNTAX;
}

int
settings_duration(struct span text, int64_t *seconds_r)
{
	static const struct unit units[] = {{"", 1}, {"s", 1}, {"m", 60},
	    {"h", 3600}, {"d", 86400}, {"w", 604800}, {NULL, 0}};
	struct span unit;
	uint64_t number;
	int error = split_unit(text, &number, &unit);

	if (error == 0)
		error = multiply(units, unit, DURATION_MAX, &number);
	if (error == 0)
		*seconds_r = (int64_t)number;
	return error;
}

int
settings_size(struct span text, uint64_t *octets_r)
{
	static const struct unit units[] = {{"", 1}, {"KiB", 1u << 10},
	    {"MiB", 1u << 20}, {"GiB", 1u << 30}, {"TiB", (uint64_t)1 << 40},
	    {NULL, 0}};
	struct span unit;
	uint64_t number;
	int error = split_unit(text, &number, &unit);

	if (error == 0)
		error = multiply(units, unit, SIZE_VALUE_MAX, &number);
	if (error == 0)
		*octets_r = number;
	return error;
}

int
settings_endpoint(const char *text, struct ip *ip_r, uint16_t *port_r)
{
	struct span whole = span_of(text), address, port;
	size_t colon = whole.n;
	uint64_t number;

	while (colon > 0 && whole.p[colon - 1] != ':')
		colon--;
	if (colon == 0)
		return -E_SYNTAX;
	port = span_skip(whole, colon);
	address = span_part(whole, 0, colon - 1);
	if (address.n >= 2 && address.p[0] == '[' &&
	    address.p[address.n - 1] == ']')
		address = span_part(address, 1, address.n - 2);
	else if (span_find(address, 0, ':') < address.n)
		return -E_SYNTAX; /* which colon is the port's? */
	if (span_number(port, UINT16_MAX, &number) != 0 || number == 0)
		return -E_SYNTAX;
	*port_r = (uint16_t)number;
	return ip_parse(address, ip_r);
}

/* Digits behind the point as thousandths: three of them at most. */
static int
read_fraction(struct span digits, uint64_t *thousandths_r)
{
	uint64_t number = 0;

	if (digits.n == 0 || digits.n > 3 ||
	    span_number(digits, 999, &number) != 0)
		return -E_SYNTAX;
	for (size_t i = digits.n; i < 3; i++)
		number *= 10;
	*thousandths_r = number;
	return 0;
}

int
settings_threshold(struct span text, int *thousandths_r)
{
	struct span whole, rest = text;
	uint64_t number, fraction = 0;
	bool negative;

	if (span_equals(text, span_of("off"))) {
		*thousandths_r = SETTINGS_OFF;
		return 0;
	}
	negative = text.n > 0 && text.p[0] == '-';
	rest = span_skip(text, negative);
	whole = span_part(rest, 0, span_find(rest, 0, '.'));
	if (span_number(whole, 1, &number) != 0 || whole.n != 1)
		return -E_SYNTAX;
	if (whole.n < rest.n &&
	    read_fraction(span_skip(rest, whole.n + 1), &fraction) != 0)
		return -E_SYNTAX;
	number = number * 1000 + fraction;
	if (number > 1000)
		return -E_SYNTAX;
	*thousandths_r = negative ? -(int)number : (int)number;
	return 0;
}

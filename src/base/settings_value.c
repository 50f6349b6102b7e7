/*
 * For: the kinds of settings.def: what the text of each must look like, and
 * what is stored. A list takes words: {"a", "b"} and "a b" are the same.
 *
 * Not for: rules about single keys; settings_check.c has them.
 *
 * Read on: settings.c.
 */
#include "base/settings_value.h"

#include "base/settings.h"
#include "base/settings_check.h"

#include <assert.h>
#include <string.h>

static unsigned
text_count(const struct settings_value *value)
{
	return value->option == NULL ? 1 : cfg_opt_size(value->option);
}

static struct span
text_at(const struct settings_value *value, unsigned i)
{
	if (value->option == NULL)
		return span_of(value->standard);
	return span_of(cfg_opt_getnstr(value->option, i));
}

static int
no_memory(struct err *why)
{
	return err_set(why, -E_NOMEM, "no memory");
}

void
settings_value_lower(char *text)
{
	for (; *text != '\0'; text++)
		if (*text >= 'A' && *text <= 'Z')
			*text = (char)(*text - 'A' + 'a');
}

/* A checked copy of one text, or of one word of a list. */
static int
keep_text(const struct settings_value *value, struct span text,
    struct arena *arena, char **copy_r, struct err *why)
{
	int error = settings_check_text(value->key, text, why);

	if (error != 0)
		return error;
	*copy_r = arena_take(arena, text.n + 1);
	if (*copy_r == NULL)
		return no_memory(why);
	error = span_copy(text, *copy_r, text.n + 1);
	assert(error == 0);
	if (settings_check_is_name(value->key))
		settings_value_lower(*copy_r);
	return error;
}

/* The next word of *REST into *WORD_R; false when there is none. */
static bool
next_word(struct span *rest, struct span *word_r)
{
	*rest = span_trim(*rest);
	return span_cut(rest, ' ', word_r);
}

static unsigned
count_words(const struct settings_value *value)
{
	unsigned words = 0;

	for (unsigned i = 0; i < text_count(value); i++) {
		struct span rest = text_at(value, i), word;

		while (next_word(&rest, &word))
			words++;
	}
	return words;
}

static int
keep_word(const struct settings_value *value, struct span word,
    struct arena *arena, struct settings_list *list, struct err *why)
{
	char *copy = NULL;
	int error = keep_text(value, word, arena, &copy, why);

	if (error == 0)
		error = settings_check_another(value->key, list, copy, why);
	if (error == 0)
		list->v[list->n++] = copy;
	return error;
}

/* The words of one text behind those that LIST has. */
static int
read_words(const struct settings_value *value, struct span text,
    struct arena *arena, struct settings_list *list,
    const struct settings_value_watch *watch)
{
	struct span word;
	int result = 0;

	while (next_word(&text, &word)) {
		struct err why;
		int error = keep_word(value, word, arena, list, &why);

		if (error == -E_NOMEM)
			return error;
		if (error != 0) {
			watch->fault(watch->arg, why.text);
			result = error;
		}
	}
	return result;
}

static int
read_list(const struct settings_value *value, struct arena *arena,
    struct settings_list *list, const struct settings_value_watch *watch)
{
	unsigned words = count_words(value);
	struct err why;
	int result = settings_check_count(value->key, words, &why);

	if (result != 0)
		watch->fault(watch->arg, why.text);
	list->n = 0;
	list->v = arena_take(arena, words * sizeof *list->v);
	if (list->v == NULL)
		return -E_NOMEM;
	for (unsigned i = 0; i < text_count(value); i++) {
		int error =
		    read_words(value, text_at(value, i), arena, list, watch);

		if (error == -E_NOMEM)
			return error;
		if (error != 0)
			result = error;
	}
	return result;
}

static int
read_text(const struct settings_value *value, struct arena *arena,
    const char **field, struct err *why)
{
	char *copy = NULL;
	int error = keep_text(value, text_at(value, 0), arena, &copy, why);

	*field = copy;
	return error;
}

/* ---- numbers, and the range that settings.def gives them ---- */

struct number_kind {
	int (*parse)(struct span text, uint64_t *number_r);
	const char *malformed;
};

static int
parse_duration(struct span text, uint64_t *number_r)
{
	int64_t seconds = 0;
	int error = settings_duration(text, &seconds);

	*number_r = (uint64_t)seconds;
	return error;
}

static int
parse_count(struct span text, uint64_t *number_r)
{
	return span_number(text, INT64_MAX, number_r);
}

static const struct number_kind duration_kind = {parse_duration,
    "must be a duration, such as \"90s\", \"5m\", \"48h\" or \"14d\""};
static const struct number_kind size_kind = {settings_size,
    "must be a size, such as \"64 KiB\", \"50 MiB\" or a number of octets"};
static const struct number_kind count_kind = {parse_count, "must be a number"};
static const struct number_kind limit_kind = {
    parse_count, "must be a number or \"unlimited\""};

/* "LEAST to MOST" and perhaps ", or unlimited". */
struct range {
	struct span least, most;
	bool unlimited;
};

static struct range
range_of(const struct settings_value *value)
{
	struct span text = span_of(value->range), to = span_of(" to ");
	size_t middle = span_search(text, 0, to);
	struct span most = span_skip(text, middle + to.n);
	size_t comma = span_find(most, 0, ',');

	return (struct range){
	    .least = span_part(text, 0, middle),
	    .most = span_part(most, 0, comma),
	    .unlimited = comma < most.n,
	};
}

/* PARSED is what parsing NUMBER gave. */
static int
check_range(const struct number_kind *kind, const struct range *range,
    int parsed, uint64_t number, struct err *why)
{
	uint64_t least = 0, most = 0;
	int wrong = kind->parse(range->least, &least);

	assert(wrong == 0);
	wrong = kind->parse(range->most, &most);
	assert(wrong == 0);
	if (parsed == -E_RANGE || (parsed == 0 && number > most))
		return err_set(why, -E_SYNTAX, "must be at most %.*s",
		    (int)range->most.n, range->most.p);
	if (parsed != 0)
		return err_set(why, -E_SYNTAX, "%s", kind->malformed);
	if (number < least)
		return err_set(why, -E_SYNTAX, "must be at least %.*s",
		    (int)range->least.n, range->least.p);
	return 0;
}

static int
read_number(const struct settings_value *value, const struct number_kind *kind,
    uint64_t *number, struct err *why)
{
	struct range range = range_of(value);
	struct span text = text_at(value, 0);
	int parsed;

	*number = 0;
	if (range.unlimited) {
		kind = &limit_kind;
		if (span_equals(text, span_of("unlimited")))
			return 0;
	}
	parsed = kind->parse(text, number);
	return check_range(kind, &range, parsed, *number, why);
}

static int
read_duration(
    const struct settings_value *value, int64_t *seconds, struct err *why)
{
	uint64_t number;
	int error = read_number(value, &duration_kind, &number, why);

	*seconds = (int64_t)number;
	return error;
}

/* ---- one of several words ---- */

static int
read_flag(const struct settings_value *value, bool *flag, struct err *why)
{
	struct span text = text_at(value, 0);

	*flag = span_equals(text, span_of("true"));
	if (!*flag && !span_equals(text, span_of("false")))
		return err_set(why, -E_SYNTAX, "must be true or false");
	return 0;
}

static int
read_choice(const struct settings_value *value, int *choice, struct err *why)
{
	struct span rest = value->words, word;

	for (*choice = 0; span_cut(&rest, '|', &word); ++*choice)
		if (span_equals(word, text_at(value, 0)))
			return 0;
	return err_set(why, -E_SYNTAX, "must be one of %.*s",
	    (int)value->words.n, value->words.p);
}

static int
read_one(const struct settings_value *value, struct arena *arena, void *field,
    struct err *why)
{
	switch (value->kind) {
	case SETTINGS_TEXT:
		return read_text(value, arena, field, why);
	case SETTINGS_DURATION:
		return read_duration(value, field, why);
	case SETTINGS_SIZE:
		return read_number(value, &size_kind, field, why);
	case SETTINGS_COUNT:
		return read_number(value, &count_kind, field, why);
	case SETTINGS_FLAG:
		return read_flag(value, field, why);
	case SETTINGS_CHOICE:
		return read_choice(value, field, why);
	case SETTINGS_LIST:
		break;
	}
	return err_set(why, -E_STATE, "has no kind");
}

int
settings_value_read(const struct settings_value *value, struct arena *arena,
    void *field, const struct settings_value_watch *watch)
{
	struct err why;
	int error;

	if (value->kind == SETTINGS_LIST)
		return read_list(value, arena, field, watch);
	/* Beyond lists there is one text, or the syntax was refused. */
	assert(text_count(value) == 1);
	error = read_one(value, arena, field, &why);
	if (error == -E_SYNTAX)
		watch->fault(watch->arg, why.text);
	return error;
}

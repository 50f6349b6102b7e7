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

static void
lower(char *text)
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
		lower(*copy_r);
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
read_list(const struct settings_value *value, struct arena *arena,
    struct settings_list *list, struct err *why)
{
	list->n = 0;
	list->v = arena_take(arena, count_words(value) * sizeof *list->v);
	if (list->v == NULL)
		return no_memory(why);
	for (unsigned i = 0; i < text_count(value); i++) {
		struct span rest = text_at(value, i), word;

		while (next_word(&rest, &word)) {
			int error = keep_text(
			    value, word, arena, &list->v[list->n], why);

			if (error != 0)
				return error;
			list->n++;
		}
	}
	return 0;
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

static int
read_duration(
    const struct settings_value *value, int64_t *seconds, struct err *why)
{
	int error = settings_duration(text_at(value, 0), seconds);

	if (error == -E_RANGE)
		return err_set(why, -E_SYNTAX, "is longer than 3650 days");
	if (error != 0)
		return err_set(why, -E_SYNTAX,
		    "must be a duration, such as \"90s\", \"5m\", \"48h\" or "
		    "\"14d\"");
	return settings_check_number(value->key, *seconds, why);
}

static int
read_size(const struct settings_value *value, uint64_t *octets, struct err *why)
{
	int error = settings_size(text_at(value, 0), octets);

	if (error == -E_RANGE)
		return err_set(why, -E_SYNTAX, "is too large");
	if (error != 0)
		return err_set(why, -E_SYNTAX,
		    "must be a size, such as \"64 KiB\", \"50 MiB\" or a "
		    "number of octets");
	return settings_check_number(value->key, (int64_t)*octets, why);
}

static int
read_count(
    const struct settings_value *value, uint64_t *number, struct err *why)
{
	struct span text = text_at(value, 0);
	int error = 0;

	*number = 0;
	if (!span_equals(text, span_of("unlimited")))
		error = span_number(text, INT64_MAX, number);
	if (error == -E_RANGE)
		return err_set(why, -E_SYNTAX, "is too large");
	if (error != 0)
		return err_set(
		    why, -E_SYNTAX, "must be a number or \"unlimited\"");
	return settings_check_number(value->key, (int64_t)*number, why);
}

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

int
settings_value_read(const struct settings_value *value, struct arena *arena,
    void *field, struct err *why)
{
	/* Beyond lists there is one text, or the syntax was refused. */
	assert(value->kind == SETTINGS_LIST || text_count(value) == 1);
	switch (value->kind) {
	case SETTINGS_TEXT:
		return read_text(value, arena, field, why);
	case SETTINGS_LIST:
		return read_list(value, arena, field, why);
	case SETTINGS_DURATION:
		return read_duration(value, field, why);
	case SETTINGS_SIZE:
		return read_size(value, field, why);
	case SETTINGS_COUNT:
		return read_count(value, field, why);
	case SETTINGS_FLAG:
		return read_flag(value, field, why);
	case SETTINGS_CHOICE:
		return read_choice(value, field, why);
	}
	return err_set(why, -E_STATE, "has no kind");
}

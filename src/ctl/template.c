/*
 * For: texts with words to fill in.
 *
 * Not for: what these texts are (quickstart.c, dovecot.def).
 */
#include "ctl/template.h"

#include <assert.h>

static const struct template_word *
find(const struct template_word *words, struct span name)
{
	for (; words->name != NULL; words++)
		if (span_equals(name, span_of(words->name)))
			return words;
	return NULL;
}

void
template_fill(
    struct buf *to, const char *text, const struct template_word *words)
{
	struct span rest = span_of(text), part;

	/* Text and names take turns, each ended by an @. */
	for (bool is_name = false; span_cut(&rest, '@', &part);
	     is_name = !is_name) {
		const struct template_word *word =
		    is_name ? find(words, part) : NULL;

		assert(!is_name || word != NULL);
		if (word != NULL)
			buf_text(to, word->value);
		else
			buf_put(to, part);
	}
}

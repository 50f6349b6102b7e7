/* What a self-test tells, to people and to programs. */
#include "selftest/report.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>
#include <jansson.h>

struct told {
	FILE *out;
	char *text;
	size_t n;
	struct report *report;
};

static void
begin(struct told *told, bool json)
{
	told->out = open_memstream(&told->text, &told->n);
	assert_non_null(told->out);
	told->report = report_new(told->out, json);
	assert_non_null(told->report);
}

/* TOLD has all that was said; whether it is well. */
static bool
end(struct told *told)
{
	bool ok = report_end(told->report, "mx.b.test", "x@b.test");

	report_free(&told->report);
	assert_null(told->report);
	fclose(told->out);
	return ok;
}

static void
each_step_is_a_line(void **state)
{
	struct told told;

	(void)state;
	begin(&told, false);
	report_result(
	    told.report, "server", "it answers", REPORT_OK, "0.1", "");
	report_result(told.report, "user", "is made", REPORT_OK, "", "");
	assert_true(end(&told));
	assert_string_equal(told.text, "ok       server    it answers: 0.1\n"
				       "ok       user      is made\n"
				       "All 2 steps are ok.\n");
	free(told.text);
}

static void
what_failed_is_told_with_what_to_look_at(void **state)
{
	struct told told;

	(void)state;
	begin(&told, false);
	report_result(
	    told.report, "imap", "it reads", REPORT_FAILED, "no", "Dovecot");
	report_result(told.report, "accept", "it moves", REPORT_SKIPPED,
	    "needs imap", "");
	report_remains(told.report, "x@b.test");
	assert_false(end(&told));
	assert_string_equal(told.text, "FAILED   imap      it reads\n"
				       "                   no\n"
				       "                   look at: Dovecot\n"
				       "skipped  accept    it moves\n"
				       "                   needs imap\n"
				       "remains  x@b.test\n"
				       "0 ok, 1 failed, 1 skipped.\n");
	free(told.text);
}

static void
what_is_skipped_is_not_well(void **state)
{
	struct told told;

	(void)state;
	begin(&told, false);
	assert_false(end(&told));
	free(told.text);
	begin(&told, false);
	report_result(told.report, "a", "b", REPORT_OK, "", "");
	report_result(told.report, "c", "d", REPORT_SKIPPED, "", "");
	assert_false(end(&told));
	free(told.text);
}

static void
a_warning_is_no_failure(void **state)
{
	struct told told;

	(void)state;
	begin(&told, false);
	report_warning(told.report, "doubtful");
	report_result(told.report, "a", "b", REPORT_OK, "", "");
	assert_true(end(&told));
	assert_non_null(strstr(told.text, "warning  doubtful\n"));
	free(told.text);
}

/* AT-15: words of other programs do not move the terminal's cursor. */
static void
what_others_say_is_harmless(void **state)
{
	struct told told;

	(void)state;
	begin(&told, false);
	report_result(
	    told.report, "a", "b", REPORT_FAILED, "\033[2Jx\ny", "\a\r");
	report_warning(told.report, "\033[1m");
	report_remains(told.report, "\033[1m");
	end(&told);
	assert_null(strchr(told.text, '\033'));
	assert_null(strchr(told.text, '\a'));
	assert_null(strchr(told.text, '\r'));
	assert_null(strstr(told.text, "x\ny"));
	free(told.text);
}

static const char *
text_of(const json_t *object, const char *member)
{
	const char *text = json_string_value(json_object_get(object, member));

	assert_non_null(text);
	return text;
}

static void
programs_get_one_document(void **state)
{
	struct told told;
	const json_t *step;
	json_t *all;

	(void)state;
	begin(&told, true);
	report_begin(told.report, "imap", "it reads");
	report_warning(told.report, "doubtful");
	report_result(
	    told.report, "imap", "it reads", REPORT_FAILED, "no", "Dovecot");
	report_remains(told.report, "this");
	assert_false(end(&told));
	all = json_loads(told.text, JSON_REJECT_DUPLICATES, NULL);
	assert_non_null(all);
	assert_true(json_is_false(json_object_get(all, "ok")));
	assert_string_equal(text_of(all, "hostname"), "mx.b.test");
	assert_string_equal(text_of(all, "user"), "x@b.test");
	step = json_array_get(json_object_get(all, "steps"), 0);
	assert_string_equal(text_of(step, "step"), "imap");
	assert_string_equal(text_of(step, "result"), "failed");
	assert_string_equal(text_of(step, "detail"), "no");
	assert_string_equal(text_of(step, "hint"), "Dovecot");
	assert_string_equal(json_string_value(json_array_get(
				json_object_get(all, "warnings"), 0)),
	    "doubtful");
	assert_string_equal(json_string_value(json_array_get(
				json_object_get(all, "remains"), 0)),
	    "this");
	json_decref(all);
	free(told.text);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(each_step_is_a_line),
	    cmocka_unit_test(what_failed_is_told_with_what_to_look_at),
	    cmocka_unit_test(what_is_skipped_is_not_well),
	    cmocka_unit_test(a_warning_is_no_failure),
	    cmocka_unit_test(what_others_say_is_harmless),
	    cmocka_unit_test(programs_get_one_document),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

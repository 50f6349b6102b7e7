/* What quickstart writes is a configuration without faults, and only once. */
#include "ctl/ctl.h"

#include "base/settings.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

struct place {
	char folder[64], path[96];
	char *out, *err;
	size_t out_n, err_n;
};

static int
set_up(void **state)
{
	struct place *p = calloc(1, sizeof *p);

	assert_non_null(p);
	snprintf(p->folder, sizeof p->folder, "/tmp/restante-quick-XXXXXX");
	assert_non_null(mkdtemp(p->folder));
	snprintf(p->path, sizeof p->path, "%s/restante.conf", p->folder);
	*state = p;
	return 0;
}

static int
tear_down(void **state)
{
	struct place *p = *state;

	unlink(p->path);
	rmdir(p->folder);
	free(p->out);
	free(p->err);
	free(p);
	return 0;
}

/* Runs `restante quickstart DOMAIN --dir FOLDER`. */
static int
quickstart(struct place *p, const char *domain, const char *folder)
{
	char name[] = "restante", noun[] = "quickstart", option[] = "--dir";
	char word[128], dir[128];
	char *const argv[] = {name, noun, word, option, dir, NULL};
	struct ctl ctl = {.in = stdin};
	int status;

	snprintf(word, sizeof word, "%s", domain);
	snprintf(dir, sizeof dir, "%s", folder);
	free(p->out);
	free(p->err);
	ctl.out = open_memstream(&p->out, &p->out_n);
	ctl.err = open_memstream(&p->err, &p->err_n);
	status = ctl_command(&ctl, 5, argv);
	fclose(ctl.out);
	fclose(ctl.err);
	return status;
}

static void
its_configuration_is_good(void **state)
{
	struct place *p = *state;
	struct settings *settings;
	struct err err;

	assert_int_equal(quickstart(p, "example.org", p->folder), CTL_DONE);
	if (settings_load(p->path, &settings, NULL, &err) != 0)
		fail_msg("%s", err.text);
	assert_string_equal(settings->hostname, "mx.example.org");
	assert_string_equal(settings->domains.v[0], "example.org");
	settings_free(&settings);
	assert_non_null(strstr(p->out, "\"v=spf1 mx -all\""));
	assert_non_null(strstr(p->out, "user add ann@example.org\n"));
	assert_null(strstr(p->out, "@DOMAIN"));
	assert_null(strstr(p->out, "@PATH"));
}

static void
a_file_that_is_there_is_never_changed(void **state)
{
	struct place *p = *state;
	FILE *file = fopen(p->path, "w");
	char text[16] = "";

	assert_non_null(file);
	fputs("mine\n", file);
	fclose(file);
	assert_int_equal(quickstart(p, "example.org", p->folder), CTL_BAD);
	assert_non_null(strstr(p->err, "File exists"));
	assert_string_equal(p->out, "");
	file = fopen(p->path, "r");
	assert_non_null(fgets(text, sizeof text, file));
	fclose(file);
	assert_string_equal(text, "mine\n");
}

static void
what_is_no_domain_writes_nothing(void **state)
{
	static const char *const domains[] = {"", "org", "a..org", "a.org.",
	    "a.org\"\nstate", "@PATH@.org", "192.0.2.1"};
	struct place *p = *state;

	for (size_t i = 0; i < sizeof domains / sizeof *domains; i++)
		assert_int_equal(quickstart(p, domains[i], p->folder), CTL_BAD);
	assert_int_not_equal(access(p->path, F_OK), 0);
}

static void
a_folder_that_cannot_be_made_is_named(void **state)
{
	struct place *p = *state;

	assert_int_equal(quickstart(p, "a.org", "/proc/none/such"), CTL_BAD);
	assert_non_null(strstr(p->err, "/proc/none/such: No such file"));
}

int
main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)
	const struct CMUnitTest tests[] = {
	    TEST(its_configuration_is_good),
	    TEST(a_file_that_is_there_is_never_changed),
	    TEST(what_is_no_domain_writes_nothing),
	    TEST(a_folder_that_cannot_be_made_is_named),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

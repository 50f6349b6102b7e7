/* Dovecot's configuration is made from ours, and written over nobody's file. */
#include "ctl/dovecot_place.h"
#include "ctl/dovecot_text.h"
#include "place.h"

#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define DOVECONF "/usr/bin/doveconf"

static const struct dovecot_text_words example = {
    .root = true,
    .user = "restante-mail",
    .group = "restante-mail",
    .uid = 991,
    .gid = 990,
    .hostname = "mx.example.org",
    .certificate = "/etc/restante/certificate.pem",
    .key = "/etc/restante/private-key.pem",
    .listen = "192.0.2.1",
    .ports = {143, 993, 110, 995},
    .base = "/run/restante-dovecot",
    .mail = "/var/lib/restante/mail",
    .sockets = "../../var/lib/restante/mail/.restante",
    .folder = "/etc/restante/dovecot",
};

static void
expect_text(enum dovecot_text which, bool root, const char *expected, bool has)
{
	struct dovecot_text_words words = example;
	struct buf text;

	words.root = root;
	buf_init(&text, DOVECOT_TEXT_MAX);
	dovecot_text_print(which, &words, &text);
	if ((strstr(buf_string(&text), expected) != NULL) != has)
		fail_msg("%s %s in:\n%s", expected, has ? "is not" : "is",
		    buf_string(&text));
	buf_fini(&text);
}

static void
its_files_name_what_we_have(void **state)
{
	static const char *const lines[] = {
	    "\nlisten = 192.0.2.1\n",
	    "\nbase_dir = /run/restante-dovecot\n",
	    "%Lu /var/lib/restante/mail/.restante/passwd\n",
	    "\nssl_cert = </etc/restante/certificate.pem\n",
	    "\nssl_key = </etc/restante/private-key.pem\n",
	    "\nmail_uid = 991\n",
	    "\nlast_valid_gid = 990\n",
	    " acl = vfile:/etc/restante/dovecot/acl\n",
	    " = ../../var/lib/restante/mail/.restante\n",
	    " = file:/etc/restante/dovecot/moved.sieve\n",
	    "    port = 993\n    ssl = yes\n",
	    " unix_listener /var/lib/restante/mail/.restante/doveadm {\n",
	    " {\n    mode = 0600\n    user = restante-mail\n",
	};

	(void)state;
	for (size_t i = 0; i < sizeof lines / sizeof *lines; i++)
		expect_text(DOVECOT_TEXT_MAIN, true, lines[i], true);
	expect_text(
	    DOVECOT_TEXT_JUNK, true, "\"*by mx.example.org with * id", true);
	for (unsigned i = 0; i < DOVECOT_TEXT_COUNT; i++) {
		expect_text(i, true, "@", false);
		expect_text(i, true, DOVECOT_TEXT_MARK "\n", true);
	}
}

static void
only_without_root_all_is_one_identity(void **state)
{
	static const char line[] = "default_login_user = restante-mail\n";

	(void)state;
	expect_text(DOVECOT_TEXT_MAIN, true, "chroot =", false);
	expect_text(DOVECOT_TEXT_MAIN, true, line, false);
	expect_text(DOVECOT_TEXT_MAIN, false, "chroot =\n", true);
	expect_text(DOVECOT_TEXT_MAIN, false, line, true);
}

static void
the_way_from_folder_to_folder_is_found(void **state)
{
	static const struct {
		const char *from, *to, *way;
	} rows[] = {
	    {"/run/d", "/var/lib/mail", "../../var/lib/mail"},
	    {"/var/lib/d", "/var/lib/mail", "../mail"},
	    {"/var/lib/m", "/var/lib/mail", "../mail"},
	    {"/var/lib", "/var/lib/mail", "mail"},
	    {"/var/lib/mail", "/var/lib", ".."},
	    {"/", "/mail", "mail"},
	};

	(void)state;
	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
		struct buf way;

		buf_init(&way, 100);
		dovecot_place_relative(
		    span_of(rows[i].from), span_of(rows[i].to), &way);
		assert_string_equal(buf_string(&way), rows[i].way);
		buf_fini(&way);
	}
}

static void
links_are_followed_as_far_as_there_is_anything(void **state)
{
	static const struct {
		const char *path, *real;
		int outcome;
	} rows[] = {
	    {"/proc/self/root/no-such-place//a/./b", "/no-such-place/a/b", 0},
	    {"/", "/", 0},
	    {"/no-such-place/../etc", NULL, -E_SYNTAX},
	};

	(void)state;
	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
		struct buf real;
		struct err err;

		buf_init(&real, DOVECOT_PLACE_MAX);
		assert_int_equal(
		    dovecot_place_resolve(rows[i].path, &real, &err),
		    rows[i].outcome);
		if (rows[i].real != NULL)
			assert_string_equal(buf_string(&real), rows[i].real);
		buf_fini(&real);
	}
}

/* ---- the command ---- */

static void
write_settings(const struct place *p, const char *mail, const char *more)
{
	FILE *file = fopen(p->config, "w");

	assert_non_null(file);
	fprintf(file,
	    "hostname = \"mx.a.test\"\ndomains = \"a.test\"\n"
	    "state = \"%s\"\nmail = \"%s\"\n%s",
	    p->folder, mail, more);
	fclose(file);
}

static const char certificate[] =
    "certificate = \"/etc/c.pem\"\nprivate-key = \"/etc/k.pem\"\n";

/* Runs `restante dovecot-config OPTIONS`. */
static int
run(struct place *p, const char *options)
{
	char line[512];

	snprintf(line, sizeof line, "dovecot-config%s%s --base-dir %s/r",
	    options[0] == '\0' ? "" : " ", options, p->folder);
	return place_run(p, line);
}

static void
expect_refusal(
    struct place *p, const char *options, int status, const char *said)
{
	assert_int_equal(run(p, options), status);
	if (strstr(p->err, said) == NULL)
		fail_msg("%s: %s", options, p->err);
}

static void
without_write_the_main_file_is_printed(void **state)
{
	struct place *p = *state;
	char line[256];

	write_settings(p, p->folder, certificate);
	assert_int_equal(
	    run(p, "--listen ::1 --ports 1143,1993,1110,1995"), CTL_DONE);
	assert_non_null(strstr(p->out, "\nlisten = ::1\n"));
	assert_non_null(strstr(p->out, "port = 1110\n"));
	snprintf(line, sizeof line,
	    "userdb {\n  driver = passwd-file\n"
	    "  args = username_format=%%Lu %s/.restante/passwd\n",
	    p->folder);
	assert_non_null(strstr(p->out, line));
	assert_non_null(strstr(p->out, "socket_dir = ../.restante\n"));
	assert_non_null(strstr(p->err, "--write"));
	assert_non_null(
	    strstr(p->out, geteuid() == 0 ? "\n  user = mail\n"
					  : "\ndefault_internal_user = "));
	assert_int_equal(run(p, "--json"), CTL_DONE);
	assert_non_null(strstr(p->out, "\"text\""));
}

static void
what_makes_no_sense_is_refused(void **state)
{
	static const char *const ports[] = {"143", "1,2,3", "1,2,3,4,5",
	    "1,2,3,0", "1,2,3,65536", "1,2,3,x", "1,2,2,4", "1,2,3,4,"};
	struct place *p = *state;
	char option[64], folder[200];

	write_settings(p, p->folder, certificate);
	for (size_t i = 0; i < sizeof ports / sizeof *ports; i++) {
		snprintf(option, sizeof option, "--ports %s", ports[i]);
		expect_refusal(p, option, CTL_USAGE, "--ports");
	}
	expect_refusal(p, "--listen a.test", CTL_USAGE, "--listen");
	expect_refusal(p, "--write /tmp/a$b", CTL_BAD, "--write: the path");
	snprintf(folder, sizeof folder, "/%0100d", 1);
	write_settings(p, folder, certificate);
	expect_refusal(p, "", CTL_BAD, "the path of a socket has at most 107");
	write_settings(p, p->folder, "");
	expect_refusal(p, "", CTL_BAD, "without TLS");
	if (geteuid() != 0)
		return;
	write_settings(p, p->folder, certificate);
	snprintf(folder, sizeof folder, "%smail-user = \"nobody-here\"\n",
	    certificate);
	write_settings(p, p->folder, folder);
	expect_refusal(p, "", CTL_BAD, "no such user");
}

static void
path_of(const struct place *p, const char *name, char path_r[160])
{
	snprintf(path_r, 160, "%s/d/%s", p->folder, name);
}

static void
put_text(const struct place *p, const char *name, const char *text)
{
	char path[160];
	FILE *file;

	path_of(p, name, path);
	file = fopen(path, "w");
	assert_non_null(file);
	fputs(text, file);
	fclose(file);
}

static bool
begins_with(const struct place *p, const char *name, const char *text)
{
	char path[160], line[160] = "";
	FILE *file;

	path_of(p, name, path);
	file = fopen(path, "r");
	if (file == NULL)
		return false;
	assert_non_null(fgets(line, sizeof line, file));
	fclose(file);
	return strncmp(line, text, strlen(text)) == 0;
}

static void
remove_files(const struct place *p)
{
	char command[160];

	snprintf(command, sizeof command, "rm -rf %s/d", p->folder);
	assert_int_equal(system(command), 0);
}

static void
files_are_written_and_only_ours_replaced(void **state)
{
	struct place *p = *state;
	char option[160];

	write_settings(p, p->folder, certificate);
	snprintf(option, sizeof option, "--write %s/d", p->folder);
	assert_int_equal(run(p, option), CTL_DONE);
	assert_non_null(strstr(p->out, "dovecot -F -c "));
	for (unsigned i = 0; i < DOVECOT_TEXT_COUNT; i++)
		assert_true(begins_with(
		    p, dovecot_text_name(i), DOVECOT_TEXT_MARK "\n"));
	put_text(p, "acl", DOVECOT_TEXT_MARK "\nold\n");
	put_text(p, "junk.sieve", "mine\n");
	expect_refusal(p, option, CTL_BAD, "junk.sieve is there");
	put_text(p, "junk.sieve", DOVECOT_TEXT_MARK " not\n");
	expect_refusal(p, option, CTL_BAD, "junk.sieve is there");
	put_text(p, "junk.sieve", DOVECOT_TEXT_MARK "\nold\n");
	assert_int_equal(run(p, option), CTL_DONE);
	assert_true(begins_with(p, "junk.sieve", DOVECOT_TEXT_MARK));
	remove_files(p);
}

static void
dovecot_understands_it(void **state)
{
	struct place *p = *state;
	char command[500], path[160];

	if (access(DOVECONF, X_OK) != 0)
		skip();
	write_settings(p, p->folder, certificate);
	snprintf(path, sizeof path, "--write %s/d", p->folder);
	assert_int_equal(run(p, path), CTL_DONE);
	path_of(p, dovecot_text_name(DOVECOT_TEXT_MAIN), path);
	/* What it does not like it says, and nothing else. */
	snprintf(command, sizeof command,
	    DOVECONF " -n -c %s 2>&1 >/dev/null | grep . && exit 1;"
		     " exec " DOVECONF " -n -c %s >/dev/null",
	    path, path);
	assert_int_equal(system(command), 0);
	path_of(p, "moved.svbin", path);
	assert_int_equal(
	    access("/usr/bin/sievec", X_OK) == 0, access(path, R_OK) == 0);
	remove_files(p);
}

int
main(void)
{
#define TEST(name) \
	cmocka_unit_test_setup_teardown(name, place_set_up, place_tear_down)
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(its_files_name_what_we_have),
	    cmocka_unit_test(only_without_root_all_is_one_identity),
	    cmocka_unit_test(the_way_from_folder_to_folder_is_found),
	    cmocka_unit_test(links_are_followed_as_far_as_there_is_anything),
	    TEST(without_write_the_main_file_is_printed),
	    TEST(what_makes_no_sense_is_refused),
	    TEST(files_are_written_and_only_ours_replaced),
	    TEST(dovecot_understands_it),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

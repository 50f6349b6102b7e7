/*
 * For: files for Dovecot on the disk. Each is replaced whole, since a Dovecot
 * that runs may read it at any moment.
 *
 * Not for: what is in them (dovecot_text.c).
 */
#include "ctl/dovecot_write.h"

#include "ctl/dovecot_place.h"

#include <errno.h>
#include <fcntl.h>
#include <spawn.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#define COMPILER "sievec"
#define FRESH    ".restante-new" /* behind the name of a file being written */

extern char **environ;

/* 0 when NAME is not there, or is one of ours. */
static int
check_file(int folder, const char *name, struct err *err)
{
	char line[sizeof DOVECOT_TEXT_MARK] = "";
	int fd = openat(folder, name, O_RDONLY | O_NOFOLLOW | O_CLOEXEC);
	ssize_t n;

	if (fd < 0)
		return errno == ENOENT ? 0 : err_system(err, "%s", name);
	n = read(fd, line, sizeof line);
	close(fd);
	if (n == sizeof line && memcmp(line, DOVECOT_TEXT_MARK "\n", n) == 0)
		return 0;
	return err_set(err, -E_EXISTS,
	    "%s is there, and was not made by this command; nothing is written",
	    name);
}

static int
write_all(int fd, struct span text)
{
	while (text.n > 0) {
		ssize_t n = write(fd, text.p, text.n);

		if (n >= 0)
			text = span_skip(text, (size_t)n);
		else if (errno != EINTR)
			return -1;
	}
	return 0;
}

static int
write_file(int folder, const char *name, struct span text, struct err *err)
{
	char fresh[64];
	int fd, failed;

	snprintf(fresh, sizeof fresh, "%s" FRESH, name);
	unlinkat(folder, fresh, 0); /* of a run that was cut short */
	fd = openat(
	    folder, fresh, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0644);
	if (fd < 0)
		return err_system(err, "%s", fresh);
	/* Readers are other users, whatever our umask says. */
	failed = fchmod(fd, 0644) < 0 || write_all(fd, text) < 0;
	failed = close(fd) < 0 || failed;
	failed = failed || renameat(folder, fresh, folder, name) < 0;
	if (!failed)
		return 0;
	err_system(err, "%s", name);
	unlinkat(folder, fresh, 0);
	return err->code;
}

static int
write_texts(int folder, const struct dovecot_text_words *words, struct err *err)
{
	struct buf text;
	int error = 0;

	buf_init(&text, DOVECOT_TEXT_MAX);
	for (unsigned i = 0; error == 0 && i < DOVECOT_TEXT_COUNT; i++) {
		buf_clear(&text);
		dovecot_text_print(i, words, &text);
		if (buf_bad(&text))
			error = err_set(err, -E_NOMEM, "no memory");
		else
			error = write_file(
			    folder, dovecot_text_name(i), buf_span(&text), err);
	}
	buf_fini(&text);
	return error;
}

int
dovecot_write_files(const struct dovecot_text_words *words, struct err *err)
{
	int error = 0, folder;

	if (mkdir(words->folder, 0755) < 0 && errno != EEXIST)
		return err_system(err, "%s", words->folder);
	folder = open(words->folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (folder < 0)
		return err_system(err, "%s", words->folder);
	for (unsigned i = 0; error == 0 && i < DOVECOT_TEXT_COUNT; i++)
		error = check_file(folder, dovecot_text_name(i), err);
	if (error == 0)
		error = write_texts(folder, words, err);
	close(folder);
	return error;
}

/* ---- scripts ---- */

/* What it says goes to our error stream: the other one may be a document. */
static int
start(char *const *argv, pid_t *pid_r)
{
	posix_spawn_file_actions_t actions;
	int error = posix_spawn_file_actions_init(&actions);

	if (error != 0)
		return error;
	error = posix_spawn_file_actions_adddup2(
	    &actions, STDERR_FILENO, STDOUT_FILENO);
	if (error == 0)
		error =
		    posix_spawnp(pid_r, argv[0], &actions, NULL, argv, environ);
	posix_spawn_file_actions_destroy(&actions);
	return error;
}

static int
compile(const char *main_file, const char *script, struct err *err)
{
	char name[] = COMPILER, option[] = "-c";
	char configuration[DOVECOT_PLACE_MAX], path[DOVECOT_PLACE_MAX];
	char *const argv[] = {name, option, configuration, path, NULL};
	int error, status;
	pid_t pid;

	if (span_copy(
		span_of(main_file), configuration, sizeof configuration) != 0 ||
	    span_copy(span_of(script), path, sizeof path) != 0)
		return err_set(err, -E_RANGE, "the path is too long");
	error = start(argv, &pid);
	if (error == ENOENT)
		return err_set(err, -E_NONE, COMPILER " is not installed");
	errno = error;
	if (error != 0)
		return err_system(err, COMPILER);
	while (waitpid(pid, &status, 0) < 0)
		if (errno != EINTR)
			return err_system(err, COMPILER);
	if (status == 0)
		return 0;
	return err_set(
	    err, -E_SYSTEM, COMPILER " could not compile %s", script);
}

int
dovecot_write_compile(const char *folder, struct err *err)
{
	static const enum dovecot_text scripts[] = {
	    DOVECOT_TEXT_MOVED, DOVECOT_TEXT_MARKED, DOVECOT_TEXT_JUNK};
	struct buf main_file, script;
	int error = 0;

	buf_init(&main_file, DOVECOT_PLACE_MAX);
	buf_init(&script, DOVECOT_PLACE_MAX);
	buf_print(
	    &main_file, "%s/%s", folder, dovecot_text_name(DOVECOT_TEXT_MAIN));
	for (unsigned i = 0; error == 0 && i < 3; i++) {
		buf_clear(&script);
		buf_print(
		    &script, "%s/%s", folder, dovecot_text_name(scripts[i]));
		if (buf_bad(&main_file) || buf_bad(&script))
			error = err_set(err, -E_RANGE, "the path is too long");
		else
			error = compile(
			    buf_string(&main_file), buf_string(&script), err);
	}
	buf_fini(&script);
	buf_fini(&main_file);
	return error;
}

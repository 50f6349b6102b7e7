/*
 * For: a configuration that lies in a file.
 *
 * Not for: what is in it (settings.c).
 *
 * Read on: settings.h.
 */
#include "base/buf.h"
#include "base/settings.h"

#include <errno.h>
#include <fcntl.h>
#include <unistd.h>

#define STEP 16384 /* octets asked of the system at once */

static int
read_to_end(int fd, const char *path, struct buf *text, struct err *err)
{
	for (;;) {
		char *room = buf_room(text, STEP);
		ssize_t n;

		if (room == NULL)
			return err_set(
			    err, -E_SYSTEM, "%s: is larger than 1 MiB", path);
		n = read(fd, room, STEP);
		if (n == 0)
			return 0;
		if (n > 0)
			buf_grow(text, (size_t)n);
		else if (errno != EINTR)
			return err_system(err, "%s", path);
	}
}

/* The text of the file; TEXT is to be given back in any case. */
static int
read_file(const char *path, struct buf *text, struct err *err)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC), error;

	/* Room for a whole step behind the largest text that is allowed. */
	buf_init(text, SETTINGS_TEXT_MAX + STEP);
	if (fd < 0)
		return err_system(err, "%s", path);
	error = read_to_end(fd, path, text, err);
	close(fd);
	return error;
}

int
settings_load(const char *path, struct settings **settings_r,
    struct buf *text_r, struct err *err)
{
	struct buf text;
	int error = read_file(path, &text, err);

	*settings_r = NULL;
	if (error == 0)
		error = settings_parse(buf_span(&text), path, settings_r, err);
	if (error == 0 && text_r != NULL)
		error = buf_put(text_r, buf_span(&text));
	if (error != 0)
		settings_free(settings_r);
	buf_fini(&text);
	return error;
}

int
settings_examine_file(
    const char *path, settings_report *report, void *arg, struct err *err)
{
	struct settings *settings = NULL;
	struct buf text;
	int error = read_file(path, &text, err);

	if (error == 0)
		error = settings_examine(
		    buf_span(&text), path, report, arg, &settings, err);
	settings_free(&settings);
	buf_fini(&text);
	return error;
}

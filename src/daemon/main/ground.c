/*
 * Opens what the roles will need, with main's power, and nothing more. Folders
 * are opened by descriptor, so that a state folder that only root can enter
 * still serves roles of other users.
 */
#include "daemon/main/ground.h"

#include "base/log.h"
#include "base/rand.h"
#include "daemon/role/drop.h"
#include "net/listen.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/file.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#define PEM_MAX              MESSAGE_CONTENT_MAX /* octets of a certificate or key file */
#define SERVER_SECRET_OCTETS 32

static void
close_one(int *fd)
{
	if (*fd >= 0)
		close(*fd);
	*fd = -1;
}

static int
memory_file(struct span text, int *fd_r, struct err *err)
{
	int fd = memfd_create("settings", MFD_CLOEXEC | MFD_ALLOW_SEALING);

	if (fd < 0)
		return err_system(err, "memfd_create");
	if (write(fd, text.p, text.n) != (ssize_t)text.n ||
	    fcntl(
		fd, F_ADD_SEALS, F_SEAL_WRITE | F_SEAL_GROW | F_SEAL_SHRINK)) {
		close(fd);
		return err_system(err, "settings");
	}
	*fd_r = fd;
	return 0;
}

static int
load(const char *path, struct settings **settings_r, int *file_r,
    struct err *err)
{
	struct buf text;
	int result;

	buf_init(&text, SETTINGS_TEXT_MAX);
	result = settings_load(path, settings_r, &text, err);
	if (result == 0)
		result = memory_file(buf_span(&text), file_r, err);
	buf_fini(&text);
	return result;
}

/* ---- identities ---- */

static int
find_identities(struct ground *g, struct err *err)
{
	const char *names[IDENTITY_COUNT] = {
	    g->settings->user, g->settings->net_user, g->settings->mail_user};

	g->root = geteuid() == 0;
	for (unsigned i = 0; i < IDENTITY_COUNT; i++) {
		g->uid[i] = geteuid();
		g->gid[i] = getegid();
		if (g->root &&
		    drop_user(names[i], &g->uid[i], &g->gid[i], err) < 0)
			return err->code;
		if (g->root && g->uid[i] == 0)
			return err_set(err, -E_DENIED,
			    "no role may run as root: %s", names[i]);
	}
	return 0;
}

#define VERDICT "restante-verdict" /* what Dovecot's scripts call */

/* ---- folders ---- */

struct folder {
	int at; /* AT_FDCWD or an open folder */
	const char *path;
	mode_t mode;
	int identity; /* -1: main's */
};

/* Opens FOLDER, making it when it is missing, and gives it to its user. */
static int
open_folder(const struct ground *g, const struct folder *folder, int *fd_r,
    struct err *err)
{
	int fd;

	if (mkdirat(folder->at, folder->path, folder->mode) < 0 &&
	    errno != EEXIST)
		return err_system(err, "%s", folder->path);
	fd = openat(
	    folder->at, folder->path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (fd < 0)
		return err_system(err, "%s", folder->path);
	if (g->root &&
	    (fchmod(fd, folder->mode) < 0 ||
		(folder->identity >= 0 && fchown(fd, g->uid[folder->identity],
					      g->gid[folder->identity]) < 0))) {
		err_system(err, "%s", folder->path);
		close(fd);
		return err->code;
	}
	*fd_r = fd;
	return 0;
}

/* state/ holds store/ and spool/, which belong to the keeper's user, and
   server.key, which only root can read. mail/.restante/ is where the clerk and
   the program that reads the mailboxes meet. */
static int
open_folders(struct ground *g, struct err *err)
{
	const struct folder state = {AT_FDCWD, g->settings->state, 0711, -1};
	const struct folder mail = {
	    AT_FDCWD, g->settings->mail, 0700, IDENTITY_MAIL};
	struct folder inner[] = {
	    {-1, "store", 0700, IDENTITY_USER},
	    {-1, "spool", 0700, IDENTITY_USER},
	};
	struct folder empty = {-1, "empty", 0555, -1};
	struct folder letters = {-1, ".restante", 0700, IDENTITY_MAIL};
	int result = open_folder(g, &state, &g->state, err);

	for (unsigned i = 0; result == 0 && i < 2; i++) {
		int fd = -1;

		inner[i].at = g->state;
		result = open_folder(g, &inner[i], &fd, err);
		close_one(&fd);
	}
	empty.at = g->state;
	if (result == 0)
		result = open_folder(g, &empty, &g->empty, err);
	if (result == 0)
		result = open_folder(g, &mail, &g->mail, err);
	letters.at = g->mail;
	return result == 0 ? open_folder(g, &letters, &g->letters, err)
			   : result;
}

/* Two keepers of one store would each believe to be alone. The lock ends with
   the last process that has this folder open. */
static int
lock_state(const struct ground *g, struct err *err)
{
	if (flock(g->state, LOCK_EX | LOCK_NB) == 0)
		return 0;
	if (errno != EWOULDBLOCK)
		return err_system(err, "%s", g->settings->state);
	return err_set(err, -E_AGAIN,
	    "%s: a server runs with this folder already", g->settings->state);
}

int
ground_open_folders(struct ground *g, struct err *err)
{
	int result = find_identities(g, err);

	if (result == 0)
		result = open_folders(g, err);
	return result == 0 ? lock_state(g, err) : result;
}

/* ---- secrets ---- */

static int
read_file(int at, const char *path, struct buf *to, struct err *err)
{
	int fd = openat(at, path, O_RDONLY | O_CLOEXEC);
	ssize_t n;

	if (fd < 0)
		return err_system(err, "%s", path);
	buf_clear(to);
	if (buf_room(to, to->max) == NULL) {
		close(fd);
		return err_set(err, -E_NOMEM, "no memory for %s", path);
	}
	n = read(fd, to->p, to->max);
	close(fd);
	if (n < 0)
		return err_system(err, "%s", path);
	if ((size_t)n == to->max)
		return err_set(err, -E_RANGE, "%s is too long", path);
	buf_grow(to, (size_t)n);
	return 0;
}

/* The server's own secret: made once, and never changed (identifiers of
   messages that wait depend on it). */
static int
open_server_secret(int state, struct buf *to, struct err *err)
{
	uint8_t fresh[SERVER_SECRET_OCTETS];
	int fd = openat(
	    state, "server.key", O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);

	if (fd >= 0) {
		rand_fill(fresh, sizeof fresh);
		if (write(fd, fresh, sizeof fresh) != sizeof fresh ||
		    fsync(fd) < 0 || fsync(state) < 0) {
			unlinkat(state, "server.key", 0);
			close(fd);
			return err_system(err, "server.key");
		}
		explicit_bzero(fresh, sizeof fresh);
		close(fd);
	} else if (errno != EEXIST) {
		return err_system(err, "server.key");
	}
	if (read_file(state, "server.key", to, err) < 0)
		return err->code;
	if (to->n != SERVER_SECRET_OCTETS)
		return err_set(err, -E_SYNTAX,
		    "server.key has %zu octets, not %d", to->n,
		    SERVER_SECRET_OCTETS);
	return 0;
}

static int
read_pem(const char *path, struct buf *to, struct err *err)
{
	buf_clear(to);
	return path[0] == '\0' ? 0 : read_file(AT_FDCWD, path, to, err);
}

static int
open_certificates(
    const struct settings *s, struct buf *secrets, struct err *err)
{
	int result;

	if ((result = read_pem(
		 s->certificate, &secrets[SECRET_CERTIFICATE], err)) < 0 ||
	    (result = read_pem(
		 s->private_key, &secrets[SECRET_PRIVATE_KEY], err)) < 0 ||
	    (result = read_pem(s->ca, &secrets[SECRET_CA], err)) < 0)
		return result;
	return 0;
}

/* ---- sockets ---- */

static int
add_listener(
    struct ground *g, enum role_listener which, int fd, struct err *err)
{
	if (g->listener_count == GROUND_LISTENERS_MAX) {
		close(fd);
		return err_set(err, -E_RANGE, "more than %d listen addresses",
		    GROUND_LISTENERS_MAX);
	}
	g->listeners[g->listener_count].which = which;
	g->listeners[g->listener_count].fd = fd;
	g->listener_count++;
	return 0;
}

static int
bind_all(struct ground *g, enum role_listener which,
    const struct settings_list *endpoints, struct err *err)
{
	for (unsigned i = 0; i < endpoints->n; i++) {
		struct ip ip;
		uint16_t port;
		int fd, result;

		if (settings_endpoint(endpoints->v[i], &ip, &port) < 0)
			return err_set(err, -E_SYNTAX, "%s is no address:port",
			    endpoints->v[i]);
		if ((result = listen_bind(ip, port, &fd, err)) < 0 ||
		    (result = add_listener(g, which, fd, err)) < 0)
			return result;
	}
	return 0;
}

/* The path may be longer than a socket address holds: then it is refused. */
static int
bind_control(struct ground *g, struct err *err)
{
	struct sockaddr_un a = {.sun_family = AF_UNIX};
	int n = g->settings->control[0] != '\0'
		    ? snprintf(g->control, sizeof g->control, "%s",
			  g->settings->control)
		    : snprintf(g->control, sizeof g->control, "%s/control",
			  g->settings->state);
	int fd;

	if (n < 0 || (size_t)n >= sizeof g->control)
		return err_set(err, -E_RANGE,
		    "the path of the control socket is too long");
	memcpy(a.sun_path, g->control, sizeof g->control);
	fd = socket(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
	if (fd < 0)
		return err_system(err, "control socket");
	unlink(g->control);
	if (bind(fd, (struct sockaddr *)&a, sizeof a) < 0 ||
	    chmod(g->control, 0660) < 0 || listen(fd, 64) < 0 ||
	    (g->root && chown(g->control, g->uid[IDENTITY_USER],
			    g->gid[IDENTITY_USER]) < 0)) {
		err_system(err, "%s", g->control);
		close(fd);
		return err->code;
	}
	return add_listener(g, LISTENER_CONTROL, fd, err);
}

/* By its open folder: the whole path may be longer than an address holds. */
static int
bind_verdict(struct ground *g, struct err *err)
{
	struct sockaddr_un a = {.sun_family = AF_UNIX};
	int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);

	if (fd < 0)
		return err_system(err, "socket of verdicts");
	snprintf(a.sun_path, sizeof a.sun_path, "/proc/self/fd/%d/" VERDICT,
	    g->letters);
	unlinkat(g->letters, VERDICT, 0);
	if (bind(fd, (struct sockaddr *)&a, sizeof a) < 0 ||
	    fchmodat(g->letters, VERDICT, 0600, 0) < 0 || listen(fd, 64) < 0 ||
	    (g->root && fchownat(g->letters, VERDICT, g->uid[IDENTITY_MAIL],
			    g->gid[IDENTITY_MAIL], 0) < 0)) {
		err_system(err, "%s/.restante/" VERDICT, g->settings->mail);
		close(fd);
		return err->code;
	}
	return add_listener(g, LISTENER_VERDICT, fd, err);
}

static int
bind_sockets(struct ground *g, struct err *err)
{
	const struct settings *s = g->settings;
	bool tls = s->certificate[0] != '\0';
	int result;

	if ((result = bind_all(g, LISTENER_SMTP, &s->listen_smtp, err)) < 0 ||
	    (result = bind_all(
		 g, LISTENER_SUBMISSION, &s->listen_submission, err)) < 0 ||
	    (result = bind_all(g, LISTENER_SMDP, &s->listen_smdp, err)) < 0)
		return result;
	if (tls && (result = bind_all(g, LISTENER_SUBMISSIONS,
			&s->listen_submissions, err)) < 0)
		return result;
	result = bind_control(g, err);
	return result == 0 ? bind_verdict(g, err) : result;
}

int
ground_open(const char *config_path, struct ground *g, struct err *err)
{
	int result;

	memset(g, 0, sizeof *g);
	g->settings_file = g->state = g->mail = g->letters = g->empty = -1;
	for (unsigned i = 0; i < SECRET_COUNT; i++)
		buf_init(&g->secrets[i], PEM_MAX);
	if ((result = load(
		 config_path, &g->settings, &g->settings_file, err)) == 0 &&
	    (result = ground_open_folders(g, err)) == 0 &&
	    (result = open_server_secret(
		 g->state, &g->secrets[SECRET_SERVER], err)) == 0 &&
	    (result = open_certificates(g->settings, g->secrets, err)) == 0)
		result = bind_sockets(g, err);
	if (result < 0)
		ground_close(g);
	else if (!g->root)
		log_event("one-identity",
		    "why=\"not started as root: all roles share one user"
		    " and root directory\"");
	return result;
}

void
ground_close(struct ground *g)
{
	for (unsigned i = 0; i < g->listener_count; i++) {
		if (g->listeners[i].which == LISTENER_CONTROL)
			unlink(g->control);
		else if (g->listeners[i].which == LISTENER_VERDICT)
			unlinkat(g->letters, VERDICT, 0);
		close_one(&g->listeners[i].fd);
	}
	g->listener_count = 0;
	for (unsigned i = 0; i < SECRET_COUNT; i++)
		buf_wipe(&g->secrets[i]);
	close_one(&g->settings_file);
	close_one(&g->state);
	close_one(&g->mail);
	close_one(&g->letters);
	close_one(&g->empty);
	settings_free(&g->settings);
}

int
ground_reload(const char *config_path, struct ground *g, struct err *err)
{
	struct settings *settings = NULL;
	struct buf secrets[SECRET_COUNT];
	int file = -1, result;

	for (unsigned i = 0; i < SECRET_COUNT; i++)
		buf_init(&secrets[i], PEM_MAX);
	if ((result = load(config_path, &settings, &file, err)) < 0 ||
	    (result = open_certificates(settings, secrets, err)) < 0)
		goto refused;
	settings_free(&g->settings);
	close(g->settings_file);
	g->settings = settings;
	g->settings_file = file;
	for (unsigned i = SECRET_CERTIFICATE; i < SECRET_COUNT; i++) {
		buf_wipe(&g->secrets[i]);
		g->secrets[i] = secrets[i];
	}
	buf_wipe(&secrets[SECRET_SERVER]);
	return 0;
refused:
	for (unsigned i = 0; i < SECRET_COUNT; i++)
		buf_wipe(&secrets[i]);
	settings_free(&settings);
	if (file >= 0)
		close(file);
	return result;
}

/*
 * What main opens before any role begins, and hands out: the configuration,
 * user ids, folders, keys and certificates, listening sockets.
 */
#ifndef DAEMON_GROUND_H
#define DAEMON_GROUND_H

#include "base/buf.h"
#include "base/settings.h"
#include "daemon/role/role.h"

#include <sys/types.h>

#define GROUND_LISTENERS_MAX 32

enum ground_identity {
	IDENTITY_USER,
	IDENTITY_NET,
	IDENTITY_MAIL,
	IDENTITY_COUNT
};

struct ground {
	struct settings *settings;
	int settings_file; /* a sealed memory file with the text */
	bool root;         /* started as root: roles drop and are shut in */
	uid_t uid[IDENTITY_COUNT];
	gid_t gid[IDENTITY_COUNT];
	int state, mail, empty; /* folders that roles are shut in */
	int letters;            /* mail/.restante */
	struct buf secrets[SECRET_COUNT];
	struct {
		enum role_listener which;
		int fd;
	} listeners[GROUND_LISTENERS_MAX];
	unsigned listener_count;
	char control[108]; /* path of the control socket */
};

/* 0, or negative with the reason; then nothing is left open. */
int ground_open(const char *config_path, struct ground *g, struct err *err);
void ground_close(struct ground *g);

/*
 * A part of ground_open(): who the roles are, the folders, made when missing,
 * and the lock on `state`, of which only one holder can be. Needs g->settings,
 * and all descriptors -1. -E_AGAIN: a server runs with that folder.
 */
int ground_open_folders(struct ground *g, struct err *err);

/*
 * Reads the configuration again: settings, certificate and key. What must be
 * opened with power (users, folders, listeners) keeps its old value. On failure
 * nothing has changed.
 */
int ground_reload(const char *config_path, struct ground *g, struct err *err);

#endif

/* What each role is given besides its channels: the table `needs`. */
#include "daemon/main/handout.h"

#include <fcntl.h>

static const struct need {
	enum ground_identity identity;
	enum { ROOT_EMPTY, ROOT_STATE, ROOT_MAIL } root; /* is shut in there */
	unsigned secrets; /* bits of 1 << enum role_secret */
} needs[ROLE_KINDS] = {
    [ROLE_KEEPER] = {IDENTITY_USER, ROOT_STATE, 1 << SECRET_SERVER},
    [ROLE_FRONT] = {IDENTITY_NET, ROOT_EMPTY,
	1 << SECRET_CERTIFICATE | 1 << SECRET_PRIVATE_KEY},
    [ROLE_CALLER] = {IDENTITY_NET, ROOT_EMPTY, 1 << SECRET_CA},
    [ROLE_RESOLVER] = {IDENTITY_NET, ROOT_EMPTY, 0},
    [ROLE_POSTER] = {IDENTITY_MAIL, ROOT_MAIL, 0},
    [ROLE_CLERK] = {IDENTITY_MAIL, ROOT_MAIL, 0},
    [ROLE_AUTH] = {IDENTITY_USER, ROOT_EMPTY, 0},
    [ROLE_SWEEPER] = {IDENTITY_USER, ROOT_STATE, 0},
};

/* M with a descriptor of its own for the same file as FD. */
static bool
send_file(struct peer *p, struct message *m, int fd)
{
	m->file = fcntl(fd, F_DUPFD_CLOEXEC, HANDOUT_CHANNEL_FD + 1);
	return m->file >= 0 && peer_ask(p, m);
}

static bool
send_folder(struct peer *p, int fd)
{
	struct message m;

	message_init(&m, MESSAGE_FOLDER);
	return send_file(p, &m, fd);
}

/* Those of WHICH, bits of 1 << enum role_secret, that it may have. */
static bool
send_secrets(struct peer *p, const struct ground *g, unsigned which)
{
	for (unsigned i = 0; i < SECRET_COUNT; i++) {
		struct message m;

		if ((needs[p->kind].secrets & which & (1u << i)) == 0)
			continue;
		message_init(&m, MESSAGE_SECRET);
		m.secret.which = i;
		m.secret.octets = buf_span(&g->secrets[i]);
		if (!peer_ask(p, &m))
			return false;
	}
	return true;
}

/* A front faces peers or users; the keeper alone has the control socket, the
   clerk that to which the reader of the mailboxes speaks. */
static bool
listens(const struct peer *p, bool faces_peers, enum role_listener which)
{
	switch (which) {
	case LISTENER_SMTP:
		return p->kind == ROLE_FRONT && faces_peers;
	case LISTENER_SUBMISSION:
	case LISTENER_SUBMISSIONS:
	case LISTENER_SMDP:
		return p->kind == ROLE_FRONT && !faces_peers;
	case LISTENER_CONTROL:
		return p->kind == ROLE_KEEPER;
	case LISTENER_VERDICT:
		return p->kind == ROLE_CLERK;
	}
	return false;
}

static bool
send_listeners(struct peer *p, const struct ground *g, bool faces_peers)
{
	for (unsigned i = 0; i < g->listener_count; i++) {
		struct message m;

		if (!listens(p, faces_peers, g->listeners[i].which))
			continue;
		message_init(&m, MESSAGE_LISTENER);
		m.listener.which = g->listeners[i].which;
		if (!send_file(p, &m, g->listeners[i].fd))
			return false;
	}
	return true;
}

bool
handout_ground(struct peer *p, const struct ground *g, bool faces_peers)
{
	const int roots[] = {[ROOT_EMPTY] = g->empty,
	    [ROOT_STATE] = g->state,
	    [ROOT_MAIL] = g->mail};
	struct message m;

	message_init(&m, MESSAGE_SETUP);
	m.setup.index = p->index;
	return send_file(p, &m, g->settings_file) && send_secrets(p, g, ~0u) &&
	       send_folder(p, roots[needs[p->kind].root]) &&
	       send_listeners(p, g, faces_peers);
}

bool
handout_go(struct peer *p, const struct ground *g)
{
	const struct need *need = &needs[p->kind];
	struct message m;

	message_init(&m, MESSAGE_GO);
	m.go.uid = g->uid[need->identity];
	m.go.gid = g->gid[need->identity];
	m.go.drop = g->root;
	return peer_ask(p, &m);
}

void
handout_reload(struct peer *p, const struct ground *g)
{
	struct message m;

	/* that of the server never changes, and is in use */
	if (!send_secrets(p, g, ~(1u << SECRET_SERVER)))
		return;
	message_init(&m, MESSAGE_RELOAD);
	send_file(p, &m, g->settings_file);
}

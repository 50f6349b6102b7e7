/* The clerk's life, and what the keeper tells it. */
#include "daemon/clerk/clerk.h"

#include "base/log.h"
#include "daemon/role/programs.h"

#include <errno.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <unistd.h>

static struct clerk_stub
stub_of(const struct message_stub_take *m)
{
	return (struct clerk_stub){
	    .notice = m->notice,
	    .user = m->user,
	    .folder = m->folder,
	    .name = m->name,
	    .token = m->token,
	};
}

static void
message(struct role *role, struct peer *from, struct message *m)
{
	struct clerk *c = role->state;

	(void)from;
	if (m->type == MESSAGE_MOVE_ANSWER) {
		if (!clerk_ear_answer(c, m))
			clerk_walk_answer(c->walk, m);
	} else if (m->type == MESSAGE_STUB_TAKE) {
		const struct clerk_stub stub = stub_of(&m->stub_take);

		clerk_hand_take(c->hand, &stub);
	} else if (m->type == MESSAGE_ACCOUNT_LINE) {
		clerk_accounts_line(c, &m->account_line);
	} else if (m->type == MESSAGE_ACCOUNTS_END) {
		clerk_accounts_end(c, m->accounts_end.count);
	}
}

static void
accepted(evutil_socket_t fd, short what, void *arg)
{
	int client = accept4((int)fd, NULL, NULL, SOCK_NONBLOCK | SOCK_CLOEXEC);

	(void)what;
	if (client >= 0)
		clerk_ear_accept(arg, client);
}

static bool
listener(struct role *role, enum role_listener which, int fd)
{
	struct clerk *c = role->state;

	if (which != LISTENER_VERDICT || c->listener != NULL) {
		close(fd);
		return true;
	}
	c->listener =
	    event_new(role->base, fd, EV_READ | EV_PERSIST, accepted, c);
	return c->listener != NULL && event_add(c->listener, NULL) == 0;
}

/* What was moved while the keeper was away was answered by nobody. */
static void
peer_here(struct role *role, struct peer *peer)
{
	struct clerk *c = role->state;

	if (peer->kind == ROLE_KEEPER)
		clerk_walk_begin(c->walk);
}

static void
peer_gone(struct role *role, struct peer *peer)
{
	struct clerk *c = role->state;

	if (peer->kind != ROLE_KEEPER)
		return;
	clerk_ear_lost(c);
	buf_clear(&c->accounts);
	c->lines = 0;
}

static int
begin(struct role *role, struct err *err)
{
	struct clerk *c = calloc(1, sizeof *c);

	if (c == NULL)
		return err_set(err, -E_NOMEM, "no memory");
	c->role = role;
	role->state = c;
	table_init(&c->ears);
	buf_init(&c->accounts, CLERK_ACCOUNTS_MAX);
	if (clerk_hand_new(c, &c->hand) < 0 || clerk_walk_new(c, &c->walk) < 0)
		return err_set(err, -E_NOMEM, "no memory");
	return 0;
}

const struct role_program clerk_program = {
    .kind = ROLE_CLERK,
    .begin = begin,
    .message = message,
    .listener = listener,
    .peer_here = peer_here,
    .peer_gone = peer_gone,
};

/*
 * The sweeper: what takes time and nobody waits for. Checkpoints of the store
 * (in the keeper they would stall every session), spooled bodies that are not
 * needed any more, and those that a crash left behind without a message. Old
 * records are removed by the keeper, a few at a time, when the sweeper says so.
 */
#include "base/crash.h"
#include "base/log.h"
#include "daemon/role/programs.h"
#include "store/spool.h"
#include "store/store.h"

#include <fcntl.h>
#include <stdlib.h>
#include <unistd.h>

#define CHECKPOINT_SECONDS 2
#define SWEEP_SECONDS      60
#define WALK_SECONDS       600
#define ORPHAN_SECONDS     3600

struct sweeper {
	struct role *role;
	struct store *store;
	int spool;
	struct event *timer;
	unsigned ticks;
	bool walked;     /* all bodies were asked about since the last time */
	unsigned folder; /* of the spool, where the walk goes on */
};

static void
remove_body(struct sweeper *s, struct key message)
{
	struct err err = {0};

	crash_point("sweeper-", "body-free");
	if (spool_remove(s->spool, message, &err) < 0)
		log_event(
		    "body-not-removed", "why=%s", log_quote(span_of(err.text)));
}

/* A file that has lain for an hour and has no message is nobody's; a younger
   one may belong to a message that is just coming in. */
static int
ask_about(void *arg, struct key key, int64_t changed)
{
	struct sweeper *s = arg;
	struct message m;

	if (changed > role_now() - ORPHAN_SECONDS)
		return 0;
	message_init(&m, MESSAGE_BODY_KNOWN_ASK);
	m.body_known_ask.message = key;
	return peer_send(role_peer(s->role, ROLE_KEEPER, 0), &m) == -E_AGAIN
		   ? -E_AGAIN
		   : 0;
}

static void
walk_spool(struct sweeper *s)
{
	struct err err = {0};
	unsigned strange = 0;

	/* cut short when the keeper is busy: the next tick goes on, since the
	   folders in front would take all of its room again and again */
	s->walked = spool_walk(s->spool, &s->folder, ask_about, s, &strange,
			&err) != -E_AGAIN;
	if (s->walked)
		s->folder = 0; /* also when one could not be read */
	if (strange > 0)
		log_event("strange-files", "in=spool count=%u", strange);
}

static void
tick(evutil_socket_t fd, short what, void *arg)
{
	struct sweeper *s = arg;
	struct err err = {0};
	struct message m;

	(void)fd;
	(void)what;
	if (s->store == NULL && store_open("sqlite:store", &s->store, &err) < 0)
		s->store = NULL; /* the keeper is just making it */
	crash_point("sweeper-", "checkpoint");
	if (s->store != NULL && store_checkpoint(s->store, &err) < 0)
		log_event("checkpoint-failed", "why=%s",
		    log_quote(span_of(err.text)));
	if (s->ticks % (WALK_SECONDS / CHECKPOINT_SECONDS) == 0)
		s->walked = false;
	if (!s->walked && role_peer(s->role, ROLE_KEEPER, 0) != NULL)
		walk_spool(s);
	if (s->ticks++ % (SWEEP_SECONDS / CHECKPOINT_SECONDS) != 0)
		return;
	message_init(&m, MESSAGE_SWEEP);
	peer_send(role_peer(s->role, ROLE_KEEPER, 0), &m);
}

static void
message(struct role *role, struct peer *from, struct message *m)
{
	struct sweeper *s = role->state;

	(void)from;
	if (m->type == MESSAGE_BODY_FREE)
		remove_body(s, m->body_free.message);
	else if (m->type == MESSAGE_BODY_KNOWN_ANSWER &&
		 m->body_known_answer.outcome == 0)
		remove_body(s, m->body_known_answer.message);
}

static int
begin(struct role *role, struct err *err)
{
	struct sweeper *s = calloc(1, sizeof *s);
	struct timeval pause = {CHECKPOINT_SECONDS, 0};

	if (s == NULL)
		return err_set(err, -E_NOMEM, "no memory");
	s->role = role;
	role->state = s;
	s->spool = open("spool", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (s->spool < 0)
		return err_system(err, "spool");
	s->timer = event_new(role->base, -1, EV_PERSIST, tick, s);
	if (s->timer == NULL || event_add(s->timer, &pause) < 0)
		return err_set(err, -E_NOMEM, "no memory");
	return 0;
}

static void
stop(struct role *role)
{
	struct sweeper *s = role->state;

	store_close(&s->store);
	close(s->spool);
	role_finished(role);
}

const struct role_program sweeper_program = {
    .kind = ROLE_SWEEPER,
    .begin = begin,
    .message = message,
    .stop = stop,
};

/*
 * Hears what Dovecot's Sieve scripts say: one connection for each message that
 * was moved or marked. First lines of its own, then "-", then one line for each
 * word of the script, then an empty line:
 *
 *     moved  USER TOKEN FOLDER    a stub is in that folder now
 *     marked USER TOKEN WORD      a stub has the keyword of a verdict
 *     junk   USER KEY FROM        a message that we delivered is in Junk now
 *
 * "+" is answered when the keeper has it safe: the script may discard the stub.
 * "-" and all else: the stub stays where it is, and clerk_walk.c finds it.
 */
#include "daemon/clerk/clerk.h"

#include "base/log.h"
#include "mailbox/folder.h"

#include <event2/buffer.h>
#include <event2/bufferevent.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <unistd.h>

#define WORDS 4

struct ear {
	struct clerk *clerk;
	uint64_t question;
	struct bufferevent *wire;
	struct event *late; /* nobody answered in time */
	bool asked, answered;
};

static void
forget(struct ear *e)
{
	table_take(&e->clerk->ears, e->question);
	if (e->wire != NULL)
		bufferevent_free(e->wire);
	if (e->late != NULL)
		event_free(e->late);
	free(e);
}

static void
written(struct bufferevent *wire, void *arg)
{
	struct ear *e = arg;

	(void)wire;
	if (e->answered)
		forget(e);
}

static void
answer(struct ear *e, bool noted)
{
	e->answered = true;
	bufferevent_disable(e->wire, EV_READ);
	if (bufferevent_write(e->wire, noted ? "+\n" : "-\n", 2) < 0)
		forget(e);
}

/* ---- what it says ---- */

/* The words behind the line "-"; false: they are not all there. */
static bool
take_words(struct span said, struct span words[WORDS])
{
	struct span line;
	bool begun = false;
	unsigned n = 0;

	while (span_cut(&said, '\n', &line)) {
		if (!begun) {
			begun = span_equals(line, span_of("-"));
		} else if (line.n == 0) {
			return n == WORDS;
		} else if (n == WORDS) {
			return false;
		} else {
			words[n++] = line;
		}
	}
	return false;
}

/* FOLDER: room for the name on the disk. */
static bool
fill(struct message *m, uint64_t question, const struct span words[WORDS],
    char folder[FOLDER_NAME_MAX])
{
	if (span_equals(words[0], span_of("junk"))) {
		message_init(m, MESSAGE_JUNKED);
		m->junked.question = question;
		m->junked.user = words[1];
		return key_parse(words[2], &m->junked.message) == 0;
	}
	message_init(m, MESSAGE_STUB_MOVED);
	m->stub_moved.question = question;
	m->stub_moved.user = words[1];
	m->stub_moved.token = words[2];
	if (span_equals(words[0], span_of("marked"))) {
		m->stub_moved.word = words[3];
		return words[3].n > 0;
	}
	if (!span_equals(words[0], span_of("moved")) ||
	    folder_on_disk(words[3], folder) < 0)
		return false;
	m->stub_moved.folder = span_of(folder);
	return true;
}

static void
take(struct ear *e, struct span said)
{
	char folder[FOLDER_NAME_MAX];
	struct span words[WORDS];
	struct message m;

	if (!take_words(said, words) || !fill(&m, e->question, words, folder) ||
	    !peer_ask(role_peer(e->clerk->role, ROLE_KEEPER, 0), &m))
		answer(e, false);
	else
		e->asked = true;
}

/* The words are all there: the last ends with an empty line. */
static bool
is_complete(struct evbuffer *in)
{
	struct evbuffer_ptr at = evbuffer_search(in, "\n-\n", 3, NULL);

	return at.pos >= 0 && evbuffer_search(in, "\n\n", 2, &at).pos >= 0;
}

static void
readable(struct bufferevent *wire, void *arg)
{
	struct ear *e = arg;
	struct evbuffer *in = bufferevent_get_input(wire);
	size_t n = evbuffer_get_length(in);
	unsigned char *said;

	if (e->asked || e->answered ||
	    (!is_complete(in) && n <= CLERK_REQUEST_MAX))
		return;
	said = n <= CLERK_REQUEST_MAX ? evbuffer_pullup(in, -1) : NULL;
	bufferevent_disable(wire, EV_READ);
	if (said != NULL)
		take(e, span_make(said, n));
	else
		answer(e, false);
}

/* Hung up. When all was said, one half is shut down, and it listens on. */
static void
ended(struct bufferevent *wire, short what, void *arg)
{
	struct ear *e = arg;

	(void)wire;
	if ((what & BEV_EVENT_EOF) == 0 || (!e->asked && !e->answered))
		forget(e);
}

/* The stub stays where it was put. */
static void
late(evutil_socket_t fd, short what, void *arg)
{
	struct ear *e = arg;

	(void)fd;
	(void)what;
	clerk_walk_soon(e->clerk->walk);
	forget(e);
}

/* ---- connections ---- */

/* The mail user, whom the mailboxes belong to; we run as the same. */
static bool
may_speak(int fd)
{
	struct ucred who;
	socklen_t n = sizeof who;

	return getsockopt(fd, SOL_SOCKET, SO_PEERCRED, &who, &n) == 0 &&
	       (who.uid == 0 || who.uid == geteuid());
}

static struct ear *
ear_new(struct clerk *c, int fd)
{
	const struct timeval patience = {CLERK_EAR_SECONDS, 0};
	struct ear *e = calloc(1, sizeof *e);

	if (e == NULL)
		return NULL;
	e->clerk = c;
	e->question = table_add(&c->ears, e);
	e->late = event_new(c->role->base, -1, 0, late, e);
	if (e->question != 0 && e->late != NULL &&
	    event_add(e->late, &patience) == 0)
		e->wire = bufferevent_socket_new(c->role->base, fd,
		    BEV_OPT_CLOSE_ON_FREE | BEV_OPT_DEFER_CALLBACKS);
	if (e->wire == NULL) {
		forget(e);
		return NULL;
	}
	bufferevent_setcb(e->wire, readable, written, ended, e);
	bufferevent_enable(e->wire, EV_READ | EV_WRITE);
	return e;
}

void
clerk_ear_accept(struct clerk *c, int fd)
{
	if (!may_speak(fd) || c->ears.used >= CLERK_EARS_MAX ||
	    ear_new(c, fd) == NULL)
		close(fd);
}

bool
clerk_ear_answer(struct clerk *c, const struct message *m)
{
	struct ear *e = table_get(&c->ears, m->move_answer.question);

	if (e == NULL)
		return false;
	answer(e, m->move_answer.outcome == 0);
	return true;
}

void
clerk_ear_lost(struct clerk *c)
{
	uint64_t question;
	struct ear *e;
	size_t at = 0;

	while ((e = table_next(&c->ears, &at, &question)) != NULL)
		if (!e->answered)
			answer(e, false);
}

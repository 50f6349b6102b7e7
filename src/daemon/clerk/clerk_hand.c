/*
 * Takes stubs out of mailboxes. Never behind the back of the program that reads
 * them: it is asked by the protocol of Dovecot's doveadm, one question at a
 * time, as many stubs of one user in it as there are. Where no such program was
 * ever set up (its socket is not there), or where it knows no such user, the
 * file itself is removed.
 *
 * While it is away, or does not answer, the keeper is told so and asks again
 * later. What no keeper knows of (a stub that clerk_walk.c found) waits here.
 */
#include "daemon/clerk/clerk.h"

#include "base/log.h"

#include <dirent.h>
#include <errno.h>
#include <event2/buffer.h>
#include <event2/bufferevent.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#define HELLO        "VERSION\tdoveadm-server\t1\t0\n"
#define BATCH_MAX    100
#define QUEUE_MAX    65536
#define HAND_SECONDS 30 /* for one answer; idle for as long, we hang up */
#define HAND_PAUSE   5  /* seconds until one that is away is called again */
#define LINE_ROOM    4096

struct task {
	struct list node;
	struct key notice;
	char *user, *folder, *name;
	char token[IDENTIFIER_STUB_TEXT];
};

struct clerk_hand {
	struct clerk *clerk;
	struct list queue; /* struct task */
	struct list asked; /* of the question that is open */
	unsigned queued;
	struct bufferevent *wire;
	bool greeted;
	struct event *work;
	struct event *late; /* no answer came, or no question */
};

static void
task_free(struct task *t)
{
	free(t->user);
	free(t->folder);
	free(t->name);
	free(t);
}

static void
tell(struct clerk_hand *h, struct key notice, bool done)
{
	struct message m;

	if (key_is_zero(notice))
		return;
	message_init(&m, MESSAGE_STUB_TAKEN);
	m.stub_taken.notice = notice;
	m.stub_taken.outcome = !done;
	peer_send(role_peer(h->clerk->role, ROLE_KEEPER, 0), &m);
}

static void
settle(struct clerk_hand *h, struct list *tasks, bool done)
{
	struct list *node;

	while ((node = list_shift(tasks)) != NULL) {
		struct task *t = LIST_OF(node, struct task, node);

		tell(h, t->notice, done);
		task_free(t);
		h->queued--;
	}
}

static void
hang_up(struct clerk_hand *h)
{
	if (h->wire != NULL)
		bufferevent_free(h->wire);
	h->wire = NULL;
	h->greeted = false;
	event_del(h->late);
}

/* It is not there, or does not answer. What it was asked last is not kept in
   any case: that may be the very question that it cannot answer. */
static void
give_up(struct clerk_hand *h)
{
	const struct timeval pause = {HAND_PAUSE, 0};
	struct list told, *next;

	hang_up(h);
	settle(h, &h->asked, false);
	list_init(&told);
	for (struct list *l = h->queue.next; l != &h->queue; l = next) {
		next = l->next;
		if (key_is_zero(LIST_OF(l, struct task, node)->notice))
			continue;
		list_remove(l);
		list_append(&told, l);
	}
	settle(h, &told, false);
	if (!list_empty(&h->queue))
		event_add(h->work, &pause);
}

static void
wait_for_it(struct clerk_hand *h)
{
	const struct timeval patience = {HAND_SECONDS, 0};

	event_add(h->late, &patience);
}

/* ---- without a program that reads mailboxes ---- */

/* Below FOLDER: a file of that name, with whatever flags behind it. */
static void
remove_file(const char *folder, const char *part, const char *name)
{
	char path[1024];
	size_t n = strlen(name);
	struct dirent *entry;
	DIR *all;
	int fd;

	snprintf(path, sizeof path, "%s/%s", folder, part);
	fd = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC | O_NOFOLLOW);
	all = fd >= 0 ? fdopendir(fd) : NULL;
	while (all != NULL && (entry = readdir(all)) != NULL)
		if (strncmp(entry->d_name, name, n) == 0 &&
		    (entry->d_name[n] == '\0' || entry->d_name[n] == ':'))
			unlinkat(dirfd(all), entry->d_name, 0);
	if (all != NULL)
		closedir(all);
	else if (fd >= 0)
		close(fd);
}

static void
remove_all(const struct list *tasks)
{
	for (struct list *l = tasks->next; l != tasks; l = l->next) {
		const struct task *t = LIST_OF(l, struct task, node);

		if (t->folder[0] == '\0')
			continue;
		remove_file(t->folder, "new", t->name);
		remove_file(t->folder, "cur", t->name);
	}
}

/* ---- asking ---- */

/* Stubs of the user whose turn it is: from the queue to those asked about. */
static void
pick(struct clerk_hand *h)
{
	const struct task *first = LIST_OF(h->queue.next, struct task, node);
	bool anywhere = first->folder[0] == '\0';
	const char *user = first->user;
	struct list *next;
	unsigned n = 0;

	for (struct list *l = h->queue.next; l != &h->queue && n < BATCH_MAX;
	     l = next) {
		struct task *t = LIST_OF(l, struct task, node);

		next = l->next;
		if (strcmp(t->user, user) != 0 ||
		    (t->folder[0] == '\0') != anywhere)
			continue;
		list_remove(l);
		list_append(&h->asked, l);
		n++;
	}
}

static void
ask(struct clerk_hand *h)
{
	struct evbuffer *out = bufferevent_get_output(h->wire);
	const struct task *first;
	const char *before = "\t(";

	if (!h->greeted || !list_empty(&h->asked) || list_empty(&h->queue))
		return;
	pick(h);
	first = LIST_OF(h->asked.next, struct task, node);
	evbuffer_add_printf(out, "\t%s\texpunge\tmailbox\t%s", first->user,
	    first->folder[0] == '\0' ? "*" : "Waiting");
	for (struct list *l = h->asked.next; l != &h->asked; l = l->next) {
		const struct task *t = LIST_OF(l, struct task, node);

		evbuffer_add_printf(out, "%s\tHEADER\tX-Restante-Envelope\t%s",
		    before, t->token);
		before = "\tOR";
	}
	evbuffer_add_printf(out, "\t)\n");
	wait_for_it(h);
}

/* Gone, never there, no such folder: there is no stub to be seen. Whom it does
   not know, for nobody does it read. */
static void
answered(struct clerk_hand *h, const char *line)
{
	bool unknown = strcmp(line, "-NOUSER") == 0;
	bool done =
	    unknown || strcmp(line, "+") == 0 || strcmp(line, "-NOTFOUND") == 0;

	if (unknown)
		remove_all(&h->asked);
	if (!done)
		log_event("stubs-stay", "why=%s", log_quote(span_of(line)));
	settle(h, &h->asked, done);
	wait_for_it(h);
}

static void
readable(struct bufferevent *wire, void *arg)
{
	struct clerk_hand *h = arg;
	struct evbuffer *in = bufferevent_get_input(wire);
	char *line;

	while ((line = evbuffer_readln(in, NULL, EVBUFFER_EOL_LF)) != NULL) {
		bool ours = line[0] == '+' || line[0] == '-';

		if (ours && !h->greeted)
			h->greeted = line[0] == '+';
		else if (ours)
			answered(h, line);
		free(line);
	}
	if (evbuffer_get_length(in) > LINE_ROOM)
		give_up(h); /* no doveadm speaks so */
	else
		ask(h);
}

static void
ended(struct bufferevent *wire, short what, void *arg)
{
	struct clerk_hand *h = arg;

	(void)wire;
	log_event("reader-gone", "what=%d", what);
	give_up(h);
}

static void
late(evutil_socket_t fd, short what, void *arg)
{
	struct clerk_hand *h = arg;

	(void)fd;
	(void)what;
	if (list_empty(&h->asked) && list_empty(&h->queue)) {
		hang_up(h); /* nothing to do for a while */
		return;
	}
	log_event("reader-silent", "stubs=%u", h->queued);
	give_up(h);
}

/* 0; -E_NONE: nobody ever listened there; -E_CLOSED: not now. */
static int
dial(struct clerk_hand *h)
{
	struct sockaddr_un a = {.sun_family = AF_UNIX};
	int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);

	memcpy(a.sun_path, CLERK_DOVEADM, sizeof CLERK_DOVEADM);
	if (fd < 0)
		return -E_CLOSED;
	if (connect(fd, (struct sockaddr *)&a, sizeof a) < 0) {
		int why = errno;

		close(fd);
		return why == ENOENT ? -E_NONE : -E_CLOSED;
	}
	h->wire = bufferevent_socket_new(h->clerk->role->base, fd,
	    BEV_OPT_CLOSE_ON_FREE | BEV_OPT_DEFER_CALLBACKS);
	if (h->wire == NULL) {
		close(fd);
		return -E_CLOSED;
	}
	bufferevent_setcb(h->wire, readable, NULL, ended, h);
	bufferevent_enable(h->wire, EV_READ | EV_WRITE);
	bufferevent_write(h->wire, HELLO, sizeof HELLO - 1);
	wait_for_it(h);
	return 0;
}

/* ---- what is to be done ---- */

static void
work(evutil_socket_t fd, short what, void *arg)
{
	struct clerk_hand *h = arg;
	int result = 0;

	(void)fd;
	(void)what;
	if (list_empty(&h->queue))
		return;
	if (h->wire == NULL)
		result = dial(h);
	if (result == -E_NONE) {
		remove_all(&h->queue);
		settle(h, &h->queue, true);
	} else if (result < 0) {
		give_up(h);
	} else {
		ask(h);
	}
}

/* Texts of a line that Dovecot reads by TABs. */
static bool
is_plain(struct span s)
{
	for (size_t i = 0; i < s.n; i++)
		if ((unsigned char)s.p[i] < 0x20)
			return false;
	return true;
}

void
clerk_hand_take(struct clerk_hand *h, const struct clerk_stub *stub)
{
	struct task *t = calloc(1, sizeof *t);

	if (t == NULL || h->queued >= QUEUE_MAX || !is_plain(stub->user) ||
	    span_copy(stub->token, t->token, sizeof t->token) < 0 ||
	    !is_plain(stub->token)) {
		free(t);
		tell(h, stub->notice, false);
		return;
	}
	t->notice = stub->notice;
	t->user = strndup(stub->user.p, stub->user.n);
	t->folder = strndup(stub->folder.p, stub->folder.n);
	t->name = strndup(stub->name.p, stub->name.n);
	if (t->user == NULL || t->folder == NULL || t->name == NULL) {
		task_free(t);
		tell(h, stub->notice, false);
		return;
	}
	list_append(&h->queue, &t->node);
	h->queued++;
	event_active(h->work, 0, 0); /* together with what comes now */
}

int
clerk_hand_new(struct clerk *c, struct clerk_hand **hand_r)
{
	struct clerk_hand *h = calloc(1, sizeof *h);

	if (h == NULL)
		return -E_NOMEM;
	h->clerk = c;
	list_init(&h->queue);
	list_init(&h->asked);
	h->work = event_new(c->role->base, -1, 0, work, h);
	h->late = event_new(c->role->base, -1, 0, late, h);
	*hand_r = h;
	return h->work != NULL && h->late != NULL ? 0 : -E_NOMEM;
}

/*
 * The poster: slow disk work, in batches. It takes what has arrived, writes
 * all, syncs all, links all, and syncs each folder once; only then it answers.
 * Syncs of spooled bodies go before deliveries, since a session waits for them.
 */
#include "base/crash.h"
#include "base/list.h"
#include "base/log.h"
#include "daemon/poster/poster_box.h"
#include "daemon/poster/poster_stub.h"
#include "daemon/role/programs.h"
#include "mailbox/maildir.h"
#include "message/digest.h"
#include "message/stub.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define COPY_OCTETS 65536

/* One delivery of the batch. */
struct job {
	struct list node;
	struct key key;
	char *folder;
	struct maildir *maildir; /* the batch's, shared by one folder's jobs */
	struct maildir_delivery *delivery;
	int outcome; /* 0, or the first failure */
	bool there;  /* was delivered before: -E_EXISTS */
	struct err err;
};

/* A folder that this batch delivers into. */
struct place {
	struct list node;
	char *folder;
	struct maildir *maildir;
	int outcome; /* of the sync that makes all its links safe */
};

struct poster {
	struct role *role;
	struct event *work;
	struct list batch;   /* struct job */
	struct list places;  /* struct place */
	struct key body_key; /* POST_BODY that came before its POST */
	struct buf body;
	uint64_t seal_question; /* SEAL_FOLDER that came before its SEAL */
	int seal_folder;
	int root; /* the mail folder */
	struct poster_box *box;
};

/* ---- spooled bodies ---- */

/* HEAD and the whole file through the digest: what the disk has, not what we
   think we gave it. */
static int
sum_up(struct span head, int fd, struct message_sealed *to)
{
	static char octets[COPY_OCTETS];
	struct digest *d = digest_new();
	ssize_t n = -1;
	int result;

	if (d == NULL)
		return -E_NOMEM;
	digest_add(d, head);
	to->size = head.n;
	for (off_t at = 0; (n = pread(fd, octets, sizeof octets, at)) > 0;
	     at += n) {
		digest_add(d, span_make(octets, (size_t)n));
		to->size += (uint64_t)n;
	}
	result = digest_end(d, to->digest.b);
	digest_free(&d);
	return n < 0 ? -E_SYSTEM : result;
}

static void
seal(struct poster *p, const struct message *m)
{
	struct message back;
	int result = -E_SYNTAX;

	message_init(&back, MESSAGE_SEALED);
	back.sealed.question = m->seal.question;
	if (m->file >= 0 && p->seal_folder >= 0 &&
	    p->seal_question == m->seal.question) {
		result = fsync(m->file) == 0 && fsync(p->seal_folder) == 0
			     ? sum_up(m->seal.head, m->file, &back.sealed)
			     : -E_SYSTEM;
		close(p->seal_folder);
		p->seal_folder = -1;
	}
	if (result < 0)
		log_event(
		    "not-sealed", "why=%s errno=%d", err_name(result), errno);
	back.sealed.outcome = (uint64_t)-result;
	crash_point("poster-", "sealed");
	peer_send(role_peer(p->role, ROLE_KEEPER, 0), &back);
}

/* ---- deliveries: written as they come ---- */

static struct place *
place_for(struct poster *p, struct job *job)
{
	struct place *place;

	for (struct list *l = p->places.next; l != &p->places; l = l->next) {
		place = LIST_OF(l, struct place, node);
		if (strcmp(place->folder, job->folder) == 0)
			return place;
	}
	place = calloc(1, sizeof *place);
	if (place == NULL)
		return NULL;
	place->folder = strdup(job->folder);
	if (place->folder == NULL || maildir_open(p->root, place->folder,
					 &place->maildir, &job->err) < 0) {
		free(place->folder);
		free(place);
		return NULL;
	}
	list_append(&p->places, &place->node);
	return place;
}

static int
copy_file(struct job *job, int fd)
{
	static char octets[COPY_OCTETS];
	ssize_t n;

	for (off_t at = 0; (n = pread(fd, octets, sizeof octets, at)) > 0;
	     at += n)
		if (maildir_append(
			job->delivery, span_make(octets, (size_t)n)) < 0)
			return -E_SYSTEM;
	return n < 0 ? err_system(&job->err, "spooled body") : 0;
}

static int
write_all(struct poster *p, struct job *job, const struct message *m)
{
	int result;

	if (maildir_append(job->delivery, m->post.trace) < 0 ||
	    maildir_append(job->delivery, m->post.head) < 0)
		return -E_SYSTEM;
	if (m->post.spooled)
		return m->file >= 0 ? copy_file(job, m->file) : -E_SYNTAX;
	if (!key_equals(p->body_key, m->post.delivery))
		return -E_SYNTAX;
	result = p->body.bad
		     ? -E_NOMEM
		     : maildir_append(job->delivery, buf_span(&p->body));
	p->body_key = (struct key){{0}};
	buf_clear(&p->body);
	return result;
}

static int
begin_job(struct poster *p, struct job *job, const struct message *m)
{
	char name[256];
	struct place *place = place_for(p, job);
	int result;

	if (place == NULL)
		return job->err.code != 0 ? job->err.code : -E_NOMEM;
	if (span_copy(m->post.name, name, sizeof name) < 0)
		return -E_SYNTAX;
	job->maildir = place->maildir;
	result = maildir_begin(place->maildir, name, m->post.repeated != 0,
	    &job->delivery, &job->err);
	if (result == -E_EXISTS)
		job->there = true;
	if (result < 0)
		return result == -E_EXISTS ? 0 : result;
	return write_all(p, job, m);
}

static void
post(struct poster *p, const struct message *m)
{
	struct job *job = calloc(1, sizeof *job);

	if (job == NULL)
		return; /* its lease runs out */
	job->key = m->post.delivery;
	job->folder = strndup(m->post.folder.p, m->post.folder.n);
	job->outcome = job->folder == NULL ? -E_NOMEM : begin_job(p, job, m);
	list_append(&p->batch, &job->node);
	event_active(p->work, 0, 0);
}

/* A stub is a message that is made here. */
static void
post_stub(struct poster *p, const struct message *m)
{
	const struct message_post_stub *stub = &m->post_stub;
	struct message whole, back;
	struct buf head;
	int result;

	buf_init(&head, STUB_HEAD_MAX);
	buf_clear(&p->body);
	p->body_key = stub->notice;
	result = poster_stub_make(
	    stub, p->role->settings->hostname, &head, &p->body);
	if (result == 0) {
		message_init(&whole, MESSAGE_POST);
		whole.post.delivery = stub->notice;
		whole.post.folder = stub->folder;
		whole.post.name = stub->name;
		whole.post.repeated = stub->repeated;
		whole.post.head = buf_span(&head);
		post(p, &whole);
	} else {
		message_init(&back, MESSAGE_POSTED);
		back.posted.delivery = stub->notice;
		back.posted.outcome = (uint64_t)-result;
		back.posted.why = span_of(err_name(result));
		peer_send(role_peer(p->role, ROLE_KEEPER, 0), &back);
	}
	buf_fini(&head);
}

/* ---- the batch: sync all, link all, settle each folder, answer ---- */

static void
each_job(struct poster *p, void (*run)(struct job *job))
{
	for (struct list *l = p->batch.next; l != &p->batch; l = l->next) {
		struct job *job = LIST_OF(l, struct job, node);

		if (job->outcome == 0 && !job->there)
			run(job);
	}
}

static void
sync_job(struct job *job)
{
	job->outcome = maildir_sync(job->delivery, &job->err);
}

static void
commit_job(struct job *job)
{
	job->outcome = maildir_commit(job->delivery, &job->err);
	if (job->outcome == -E_EXISTS)
		job->outcome = 0; /* an earlier attempt was quicker */
}

static void
settle_places(struct poster *p)
{
	for (struct list *l = p->places.next; l != &p->places; l = l->next) {
		struct place *place = LIST_OF(l, struct place, node);
		struct err err = {0};

		place->outcome = maildir_settle(place->maildir, &err);
		if (place->outcome < 0)
			log_event("mailbox-not-synced", "why=%s",
			    log_quote(span_of(err.text)));
	}
}

static int
outcome_of(const struct poster *p, const struct job *job)
{
	if (job->outcome < 0)
		return job->outcome;
	for (struct list *l = p->places.next; l != &p->places; l = l->next) {
		const struct place *place = LIST_OF(l, struct place, node);

		if (place->maildir == job->maildir)
			return place->outcome;
	}
	return -E_NONE;
}

static void
answer(struct poster *p, struct job *job)
{
	int outcome = outcome_of(p, job);
	struct message m;

	message_init(&m, MESSAGE_POSTED);
	m.posted.delivery = job->key;
	m.posted.outcome = (uint64_t)-outcome;
	m.posted.why = span_of(outcome == 0               ? ""
			       : job->err.text[0] != '\0' ? job->err.text
							  : err_name(outcome));
	peer_send(role_peer(p->role, ROLE_KEEPER, 0), &m);
	maildir_free(&job->delivery);
	free(job->folder);
	free(job);
}

static void
work(evutil_socket_t fd, short what, void *arg)
{
	struct poster *p = arg;
	struct list *l;

	(void)fd;
	(void)what;
	crash_point("poster-", "written");
	each_job(p, sync_job);
	crash_point("poster-", "synced");
	each_job(p, commit_job);
	crash_point("poster-", "linked");
	settle_places(p);
	crash_point("poster-", "settled");
	while ((l = list_shift(&p->batch)) != NULL)
		answer(p, LIST_OF(l, struct job, node));
	while ((l = list_shift(&p->places)) != NULL) {
		struct place *place = LIST_OF(l, struct place, node);

		maildir_close(&place->maildir);
		free(place->folder);
		free(place);
	}
}

/* ---- life ---- */

static void
message(struct role *role, struct peer *from, struct message *m)
{
	struct poster *p = role->state;

	(void)from;
	if (m->type == MESSAGE_POST_BODY) {
		p->body_key = m->post_body.delivery;
		buf_clear(&p->body);
		buf_put(&p->body, m->post_body.octets);
	} else if (m->type == MESSAGE_POST) {
		post(p, m);
	} else if (m->type == MESSAGE_POST_STUB) {
		post_stub(p, m);
	} else if (m->type == MESSAGE_SEAL_FOLDER) {
		if (p->seal_folder >= 0)
			close(p->seal_folder);
		p->seal_question = m->seal_folder.question;
		p->seal_folder = m->file;
		m->file = -1;
	} else if (m->type == MESSAGE_SEAL) {
		seal(p, m);
	} else {
		poster_box_message(p->box, m);
	}
}

static int
begin(struct role *role, struct err *err)
{
	struct poster *p = calloc(1, sizeof *p);

	if (p == NULL || digest_prepare() < 0)
		return err_set(err, -E_NOMEM, "no memory");
	p->role = role;
	role->state = p;
	p->seal_folder = -1;
	list_init(&p->batch);
	list_init(&p->places);
	buf_init(&p->body, MESSAGE_CONTENT_MAX);
	p->root = open(".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (p->root < 0)
		return err_system(err, "mail folder");
	p->box = poster_box_new(role, p->root);
	if (p->box == NULL)
		return err_set(err, -E_NOMEM, "no memory");
	p->work = event_new(role->base, -1, 0, work, p);
	return p->work != NULL ? 0 : err_set(err, -E_NOMEM, "no memory");
}

static void
stop(struct role *role)
{
	struct poster *p = role->state;

	work(-1, 0, p);
	role_finished(role);
}

const struct role_program poster_program = {
    .kind = ROLE_POSTER,
    .begin = begin,
    .message = message,
    .stop = stop,
};

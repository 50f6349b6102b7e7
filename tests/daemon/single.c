/* In the place of role.c and peer.c. */
#include "single.h"

#include <fcntl.h>
#include <ftw.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define CASES_MAX 64

static struct single *now_open;

/* What a process leaves to its end is no leak. */
static void *left[CASES_MAX];
static unsigned left_count;

unsigned single_no_memory;

void *__real_calloc(size_t n, size_t size);
void *__wrap_calloc(size_t n, size_t size);

void *
__wrap_calloc(size_t n, size_t size)
{
	if (single_no_memory == 0)
		return __real_calloc(n, size);
	single_no_memory--;
	return NULL;
}

/* ---- role.c ---- */

int64_t
role_now(void)
{
	return now_open->side.now;
}

unsigned
role_most(uint64_t setting)
{
	return (unsigned)setting;
}

struct peer *
role_peer(struct role *role, enum role_kind kind, unsigned index)
{
	assert_ptr_equal(role, &now_open->role);
	assert_in_range(index, 0, ROLE_INDEX_MAX - 1);
	return &now_open->peers[kind][index];
}

void
role_each_peer(struct role *role, enum role_kind kind,
    void (*each)(void *arg, struct peer *peer), void *arg)
{
	for (unsigned i = 0; i < ROLE_INDEX_MAX; i++)
		each(arg, role_peer(role, kind, i));
}

void
role_finished(struct role *role)
{
	event_base_loopbreak(role->base);
}

/* ---- peer.c ---- */

bool
peer_is_full(const struct peer *peer)
{
	assert_non_null(peer);
	return now_open->full;
}

int
peer_send(struct peer *peer, struct message *m)
{
	assert_non_null(peer);
	if (m->file >= 0)
		close(m->file);
	m->file = -1;
	if (now_open->refuse[m->type])
		return -E_NOMEM;
	now_open->sent[m->type]++;
	now_open->last[m->type] = *m;
	return 0;
}

bool
peer_ask(struct peer *peer, struct message *m)
{
	return peer_send(peer, m) == 0;
}

/* ---- for the test ---- */

static void
make_peers(struct single *s)
{
	for (unsigned k = 0; k < ROLE_KINDS; k++)
		for (unsigned i = 0; i < ROLE_INDEX_MAX; i++)
			s->peers[k][i] = (struct peer){
			    .role = &s->role,
			    .kind = (enum role_kind)k,
			    .index = i,
			};
}

static void
move_in(struct single *s)
{
	snprintf(s->folder, sizeof s->folder, "/tmp/single.XXXXXX");
	assert_non_null(mkdtemp(s->folder));
	s->back = open(".", O_RDONLY | O_DIRECTORY);
	assert_true(s->back >= 0);
	assert_int_equal(chdir(s->folder), 0);
	assert_int_equal(mkdir("spool", 0700), 0);
	assert_int_equal(mkdir("store", 0700), 0);
}

void
single_open(struct single *s, const struct role_program *program)
{
	struct err err = {0};

	memset(s, 0, sizeof *s);
	now_open = s;
	s->program = program;
	side_open(&s->side, "a.test", "", 0);
	move_in(s);
	make_peers(s);
	s->role.program = program;
	s->role.settings = s->side.settings;
	s->role.secrets[SECRET_SERVER] =
	    span_make((const char *)s->side.secret, sizeof s->side.secret);
	s->role.base = event_base_new();
	assert_non_null(s->role.base);
	if (program->begin(&s->role, &err) < 0)
		fail_msg("%s", err.text);
}

void
single_hear(struct single *s, enum role_kind kind, struct message *m)
{
	s->program->message(&s->role, &s->peers[kind][0], m);
	if (m->file >= 0)
		close(m->file);
	m->file = -1;
}

void
single_run(struct single *s)
{
	/* 1: nothing is waited for at all */
	assert_true(event_base_loop(s->role.base, EVLOOP_NONBLOCK) >= 0);
}

int
single_file(const char *name, const char *text)
{
	int fd = open(name, O_RDWR | O_CREAT | O_EXCL, 0600);
	size_t n = strlen(text);

	assert_true(fd >= 0);
	assert_int_equal(write(fd, text, n), n);
	return fd;
}

static int
remove_one(const char *path, const struct stat *st, int flag, struct FTW *at)
{
	(void)st;
	(void)flag;
	(void)at;
	return remove(path);
}

/* What the role knows of them goes with them. */
static void
lose_peers(struct single *s)
{
	for (unsigned k = 0; k < ROLE_KINDS; k++)
		for (unsigned i = 0; i < ROLE_INDEX_MAX; i++)
			if (s->peers[k][i].state != NULL)
				s->program->peer_gone(
				    &s->role, &s->peers[k][i]);
}

void
single_close(struct single *s)
{
	lose_peers(s);
	s->role.stopping = true;
	s->program->stop(&s->role);
	assert_true(left_count < CASES_MAX);
	left[left_count++] = s->role.state;
	event_base_free(s->role.base);
	side_close(&s->side);
	assert_int_equal(fchdir(s->back), 0);
	close(s->back);
	nftw(s->folder, remove_one, 8, FTW_DEPTH | FTW_PHYS);
	now_open = NULL;
}

struct keeper *
single_keeper(const struct single *s)
{
	return s->role.state;
}

int
single_open_keeper(void **state, const char *user)
{
	struct single *s = malloc(sizeof *s);

	assert_non_null(s);
	single_open(s, &keeper_program);
	store_close(&s->side.store);
	s->side.store = single_keeper(s)->store;
	side_add_user(&s->side, user);
	*state = s;
	return 0;
}

int
single_close_keeper(void **state)
{
	struct single *s = *state;

	s->side.store = NULL; /* it goes with the keeper */
	single_close(s);
	free(s);
	return 0;
}

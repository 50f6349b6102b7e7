/*
 * Two requests of the operator, done on the store itself. What is made here as
 * root must end as the keeper's: so the process becomes the keeper's user
 * before it opens the store, as the keeper does.
 *
 * Not for: a second way to everything. Whoever wants more starts the server.
 */
#include "daemon/offline/stopped.h"

#include "daemon/auth/password_hash.h"
#include "daemon/control/control_words.h"
#include "daemon/control/keeper_show.h"
#include "daemon/main/ground.h"
#include "daemon/role/drop.h"

#include <string.h>
#include <unistd.h>

/* Folders and lock; then the power goes. The lock stays: it is the folder's
   descriptor, which nobody closes. */
static int
enter(const struct settings *settings, struct err *err)
{
	struct settings copy = *settings; /* the ground only reads it */
	struct ground g = {.settings = &copy,
	    .settings_file = -1,
	    .state = -1,
	    .mail = -1,
	    .empty = -1};
	struct drop_to to = {0};
	int result = ground_open_folders(&g, err);

	if (g.mail >= 0)
		close(g.mail);
	if (g.empty >= 0)
		close(g.empty);
	if (result != 0)
		return result;
	to.uid = g.uid[IDENTITY_USER];
	to.gid = g.gid[IDENTITY_USER];
	to.root = g.root ? g.state : -1;
	result = drop_privileges(&to, err);
	if (result == 0 && !g.root && fchdir(g.state) < 0)
		result = err_system(err, "%s", settings->state);
	return result;
}

static int
hash(const json_t *request, struct store_op *op, struct err *err)
{
	char text[PASSWORD_HASH_TEXT];

	if (password_hash_begin() < 0 ||
	    password_hash_make(control_words_text(request, "password"), text) <
		0)
		return err_set(err, -E_NOMEM, "no memory to hash passwords");
	op->user_put.user.password = arena_copy(&op->arena, span_of(text));
	explicit_bzero(text, sizeof text);
	return 0;
}

/* Arguments of a user_put. */
static int
fill_user(const struct settings *settings, const json_t *request,
    struct store_op *op, struct err *err)
{
	const struct settings_list *domains = &settings->domains;
	struct hosts *local =
	    hosts_new((const char *const *)domains->v, domains->n, err);
	int error;

	if (local == NULL)
		return -E_NOMEM;
	error = control_words_user(op, request, local, err);
	hosts_free(&local);
	return error == 0 ? hash(request, op, err) : error;
}

static json_t *
answer_of(const struct store_op *op)
{
	if (op->outcome == STORE_EXISTS)
		return control_words_refusal("exists", "it exists already");
	if (op->outcome != STORE_OK)
		return control_words_refusal("later", "the store failed");
	if (op->verb == STORE_CHECK)
		return keeper_show_check(&op->check);
	return json_pack("{s:b, s:o}", "ok", 1, "user",
	    keeper_show_user(&op->user_put.user));
}

static int
apply(struct store_op *op, struct err *err)
{
	struct store *store;
	int error = store_open("sqlite:store", &store, err);

	if (error != 0)
		return error;
	store_do(store, op);
	store_close(&store);
	return 0;
}

int
stopped_answer(const struct settings *settings, const json_t *request,
    json_t **answer_r, struct err *err)
{
	struct span word = control_words_text(request, "do");
	bool check = span_equals(word, span_of("check"));
	struct store_op *op =
	    store_op_new(check ? STORE_CHECK : STORE_USER_PUT, role_now());
	int error = 0;

	if (op == NULL)
		return err_set(err, -E_NOMEM, "no memory");
	if (!check)
		error = fill_user(settings, request, op, err);
	if (error == -E_SYNTAX) {
		*answer_r = control_words_refusal("bad", err->text);
		error = 0;
	} else if (error == 0 && (error = enter(settings, err)) == 0 &&
		   (error = apply(op, err)) == 0) {
		*answer_r = answer_of(op);
	}
	store_op_free(&op);
	return error;
}

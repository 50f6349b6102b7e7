/*
 * From the words of a request to the arguments of an operation. Pure but for
 * the random secret of a new user.
 */
#include "daemon/control/control_words.h"

#include "base/rand.h"
#include "daemon/auth/password_hash.h"
#include "proto/address.h"
#include "receiver/put.h"

#define PAGE_DEFAULT 100

struct span
control_words_text(const json_t *q, const char *name)
{
	const json_t *v = json_object_get(q, name);

	return json_is_string(v)
		   ? span_make(json_string_value(v), json_string_length(v))
		   : span_of("");
}

bool
control_words_flag(const json_t *q, const char *name)
{
	return json_is_true(json_object_get(q, name));
}

unsigned
control_words_limit(const json_t *q)
{
	const json_t *v = json_object_get(q, "limit");
	json_int_t n = json_is_integer(v) ? json_integer_value(v) : 0;

	return n > 0 && n <= STORE_PAGE_MAX ? (unsigned)n : PAGE_DEFAULT;
}

json_t *
control_words_refusal(const char *code, const char *text)
{
	return json_pack("{s:b, s:{s:s, s:s}}", "ok", 0, "error", "code", code,
	    "text", text);
}

static int
keep(
    struct store_op *op, struct span text, struct span *kept_r, struct err *err)
{
	*kept_r = arena_copy(&op->arena, text);
	return kept_r->p != NULL ? 0 : err_set(err, -E_NOMEM, "no memory");
}

static int
parse_address(struct span text, struct address *address_r, struct err *err)
{
	const struct address_rules rules = {.utf8 = true};

	if (address_parse(text, rules, address_r) == 0 &&
	    address_r->domain.n > 0)
		return 0;
	return err_set(err, -E_SYNTAX, "that is no mail address");
}

int
control_words_address(struct store_op *op, struct span text,
    struct span *address_r, struct err *err)
{
	struct address address;
	char folded[ADDRESS_TEXT];
	int error = parse_address(text, &address, err);

	if (error != 0)
		return error;
	address_fold(&address, folded);
	return keep(op, span_of(folded), address_r, err);
}

int
control_words_local_address(struct store_op *op, struct span text,
    const struct hosts *local, struct span *address_r, struct err *err)
{
	struct address address;
	int error = parse_address(text, &address, err);

	if (error != 0)
		return error;
	if (!hosts_has_name(local, address.domain))
		return err_set(err, -E_SYNTAX,
		    "its domain is none of ours (key `domains`)");
	return control_words_address(op, text, address_r, err);
}

/* May there be a mailbox of that address here? */
static int
take_mailbox(struct store_op *op, struct span text, const struct hosts *local,
    struct span *address_r, struct err *err)
{
	char folder[PUT_PATH_MAX];
	int error =
	    control_words_local_address(op, text, local, address_r, err);

	if (error == 0 && put_folder(*address_r, folder) < 0)
		error =
		    err_set(err, -E_SYNTAX, "no mailbox can have that name");
	return error;
}

static int
take_mode(const json_t *q, struct store_user *user, struct err *err)
{
	struct span mode = control_words_text(q, "mode");

	if (span_equals(mode, span_of("ask")))
		user->mode = MODE_ASK;
	else if (span_equals(mode, span_of("server")))
		user->mode = MODE_SERVER;
	else if (mode.n > 0)
		return err_set(err, -E_SYNTAX, "mode is \"server\" or \"ask\"");
	return 0;
}

static int
take_from_check(const json_t *q, struct store_user *user, struct err *err)
{
	struct span check = control_words_text(q, "from_check");

	if (span_equals(check, span_of("envelope")))
		user->from_check = FROM_CHECK_ENVELOPE;
	else if (span_equals(check, span_of("both")))
		user->from_check = FROM_CHECK_BOTH;
	else if (check.n > 0)
		return err_set(
		    err, -E_SYNTAX, "from-check is \"both\" or \"envelope\"");
	return 0;
}

static int
take_answers(const json_t *q, struct store_user *user, struct err *err)
{
	struct span answers = control_words_text(q, "answers");

	if (span_equals(answers, span_of("listed")))
		user->answers = ANSWERS_LISTED;
	else if (span_equals(answers, span_of("asked")))
		user->answers = ANSWERS_ASKED;
	else if (answers.n > 0)
		return err_set(
		    err, -E_SYNTAX, "answers is \"listed\" or \"asked\"");
	return 0;
}

static int
take_trash(const json_t *q, struct store_user *user, struct err *err)
{
	struct span trash = control_words_text(q, "trash");

	if (span_equals(trash, span_of("nothing")))
		user->trash = TRASH_NOTHING;
	else if (span_equals(trash, span_of("reject")))
		user->trash = TRASH_REJECT;
	else if (trash.n > 0)
		return err_set(
		    err, -E_SYNTAX, "trash is \"nothing\" or \"reject\"");
	return 0;
}

static int
take_submission(
    const json_t *q, enum store_submission *submission_r, struct err *err)
{
	struct span word = control_words_text(q, "submission");

	if (span_equals(word, span_of("on")))
		*submission_r = SUBMISSION_ON;
	else if (span_equals(word, span_of("off")))
		*submission_r = SUBMISSION_OFF;
	else if (word.n > 0)
		return err_set(
		    err, -E_SYNTAX, "submission is \"on\" or \"off\"");
	return 0;
}

static int
check_password(const json_t *q, bool is_new, struct err *err)
{
	size_t n = control_words_text(q, "password").n;

	if (is_new && n == 0)
		return err_set(err, -E_SYNTAX, "a password is needed");
	if (n > PASSWORD_HASH_OCTETS)
		return err_set(err, -E_SYNTAX, "the password is too long");
	return 0;
}

int
control_words_user(struct store_op *op, const json_t *q,
    const struct hosts *local, struct err *err)
{
	struct store_user *user = &op->user_put.user;
	struct span text = control_words_text(q, "address");
	int error = local != NULL
			? take_mailbox(op, text, local, &user->address, err)
			: control_words_address(op, text, &user->address, err);

	op->user_put.only_new = local != NULL;
	op->user_put.only_old = local == NULL;
	user->created = op->now;
	rand_fill(user->secret, sizeof user->secret);
	if (error == 0)
		error = take_mode(q, user, err);
	if (error == 0)
		error = take_from_check(q, user, err);
	if (error == 0)
		error = take_answers(q, user, err);
	if (error == 0)
		error = take_trash(q, user, err);
	if (error == 0)
		error = take_submission(q, &op->user_put.submission, err);
	return error != 0 ? error : check_password(q, local != NULL, err);
}

/* Is TEXT an address or a network? Then its one spelling is in ROOM. */
static bool
spell_network(struct span text, char room[IP_NET_TEXT])
{
	struct ip_net net;

	if (ip_net_parse(text, &net) < 0)
		return false;
	ip_net_text(&net, room);
	return true;
}

static int
spell_peer(struct span text, char name[ADDRESS_DOMAIN_MAX + 1], struct err *err)
{
	if (!spell_network(text, name) && address_domain(text, name) < 0)
		return err_set(
		    err, -E_SYNTAX, "that is no address, network or domain");
	return 0;
}

int
control_words_peer(
    struct store_op *op, struct span text, struct span *name_r, struct err *err)
{
	char name[ADDRESS_DOMAIN_MAX + 1];
	int error = spell_peer(text, name, err);

	return error != 0 ? error : keep(op, span_of(name), name_r, err);
}

/* A list is asked whether it takes the name: "10.0.0.256" is a slip. */
int
control_words_listed(
    struct store_op *op, struct span text, struct span *name_r, struct err *err)
{
	char name[ADDRESS_DOMAIN_MAX + 1];
	const char *entry = name;
	int error = spell_peer(text, name, err);
	struct hosts *list;

	if (error != 0)
		return error;
	list = hosts_new(&entry, 1, err);
	if (list == NULL)
		return err->code;
	hosts_free(&list);
	return keep(op, span_of(name), name_r, err);
}

/* ---- entries of users' lists ---- */

static int
spell_domain(struct store_op *op, struct span domain, struct span *address_r,
    struct err *err)
{
	char name[1 + ADDRESS_DOMAIN_MAX + 1] = "@";

	if (address_domain(domain, name + 1) < 0)
		return err_set(err, -E_SYNTAX,
		    "behind the @ there must be the name of a domain");
	return keep(op, span_of(name), address_r, err);
}

int
control_words_listed_address(struct store_op *op, struct span text,
    struct span *address_r, struct err *err)
{
	char name[ADDRESS_DOMAIN_MAX + 1];

	if (text.n > 1 && text.p[0] == '*' && text.p[1] == '@')
		return spell_domain(op, span_skip(text, 2), address_r, err);
	if (text.n > 0 && text.p[0] == '@')
		return spell_domain(op, span_skip(text, 1), address_r, err);
	if (address_domain(text, name) == 0)
		return err_set(err, -E_SYNTAX,
		    "that is a domain alone; @%s stands for all addresses "
		    "there",
		    name);
	return control_words_address(op, text, address_r, err);
}

int
control_words_server(struct store_op *op, struct span text,
    struct span *server_r, struct err *err)
{
	char name[ADDRESS_DOMAIN_MAX + 1];
	struct ip ip;

	*server_r = span_of("");
	if (text.n == 0)
		return 0;
	if (ip_parse(text, &ip) == 0)
		ip_text(ip, name);
	else if (address_domain(text, name) < 0)
		return err_set(err, -E_SYNTAX,
		    "a server is the name of a domain or of a host");
	return keep(op, span_of(name), server_r, err);
}

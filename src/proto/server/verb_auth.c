/*
 * AUTH PLAIN and AUTH LOGIN (RFC 4954, RFC 4616), over TLS only. Whether the
 * password is right is asked of the owner. See verb.h.
 *
 *   auth     = "AUTH" SP mechanism [ SP ( base64 / "=" ) ]
 *   response = base64 / "*"
 *   PLAIN    = [ authzid ] NUL authcid NUL password
 *   LOGIN    = identity, then password, each asked for
 */
#include "proto/server/smtp_session.h"

#include "base/base64.h"
#include "base/err.h"

/* "Username:" and "Password:" in base64, as clients expect them. */
#define LOGIN_IDENTITY "VXNlcm5hbWU6"
#define LOGIN_PASSWORD "UGFzc3dvcmQ6"

void
verb_auth_forget(struct smtp_server *x)
{
	buf_wipe(&x->login.identity);
	buf_wipe(&x->login.password);
	buf_wipe(&x->login.response);
	x->login.has_initial = false;
	x->login.has_identity = false;
}

static bool
find_mechanism(struct span word, enum smtp_mechanism *mechanism_r)
{
	*mechanism_r = SMTP_PLAIN;
	if (span_equals_nocase(word, span_of("PLAIN")))
		return true;
	*mechanism_r = SMTP_LOGIN;
	return span_equals_nocase(word, span_of("LOGIN"));
}

bool
verb_auth_check(
    struct smtp_server *x, struct span argument, struct verb_refusal *refusal_r)
{
	size_t space = span_find(argument, 0, ' ');
	struct span initial = span_skip(argument, space + 1);

	if (!x->setup.secure)
		return verb_refuse(refusal_r, REPLY_TLS_REQUIRED, "");
	if (x->is_authenticated)
		return verb_refuse(
		    refusal_r, REPLY_BAD_SEQUENCE, "signed in already");
	if (!find_mechanism(span_part(argument, 0, space), &x->login.mechanism))
		return verb_refuse(refusal_r, REPLY_AUTH_MECHANISM, "");
	x->login.has_initial = initial.n > 0;
	/* "=" stands for an initial response that is empty (RFC 4954 4). */
	if (!span_equals(initial, span_of("=")))
		buf_put(&x->login.response, initial);
	return true;
}

static void
finish(struct smtp_server *x, enum reply_name reply, const char *text)
{
	verb_auth_forget(x);
	smtp_session_enter(x, SMTP_IDLE);
	smtp_session_reply(x, reply, span_of(text));
}

/* Decodes the response behind what TO holds. False: that is over, and said. */
static bool
decode(struct smtp_server *x, struct buf *to)
{
	const struct buf *response = &x->login.response;
	size_t room = response->n / 4 * 3 + 3;
	char *p = buf_room(to, room);
	size_t n;

	if (p == NULL || buf_bad(response)) {
		finish(x, REPLY_AUTH_LATER, "");
		return false;
	}
	if (base64_decode(buf_span(response), p, room, &n) < 0) {
		finish(x, REPLY_BAD_ARGUMENT, "not base64");
		return false;
	}
	buf_grow(to, n);
	return true;
}

static void
ask(struct smtp_server *x, struct span identity, struct span password)
{
	if (identity.n == 0 || span_find(identity, 0, '\0') < identity.n ||
	    span_find(password, 0, '\0') < password.n) {
		finish(x, REPLY_BAD_ARGUMENT, "malformed response");
		return;
	}
	x->event.text = identity;
	x->event.password = password;
	smtp_session_ask(x, ASKED_AUTH, SMTP_SERVER_AUTH);
}

static void
take_plain(struct smtp_server *x)
{
	struct span rest, for_whom, who;

	if (!decode(x, &x->login.identity))
		return;
	rest = buf_span(&x->login.identity);
	if (!span_cut(&rest, '\0', &for_whom) || !span_cut(&rest, '\0', &who)) {
		finish(x, REPLY_BAD_ARGUMENT, "malformed response");
		return;
	}
	/* Nobody here may act for another. */
	if (for_whom.n > 0 && !span_equals(for_whom, who)) {
		finish(x, REPLY_AUTH_FAILED, "");
		return;
	}
	ask(x, who, rest);
}

static void
take_login(struct smtp_server *x)
{
	struct smtp_login *login = &x->login;
	bool is_first = !login->has_identity;

	if (!decode(x, is_first ? &login->identity : &login->password))
		return;
	buf_wipe(&login->response);
	if (is_first) {
		login->has_identity = true;
		smtp_session_reply(
		    x, REPLY_AUTH_CONTINUE, span_of(LOGIN_PASSWORD));
		return;
	}
	ask(x, buf_span(&login->identity), buf_span(&login->password));
}

static void
take_response(struct smtp_server *x)
{
	switch (x->login.mechanism) {
	case SMTP_PLAIN:
		take_plain(x);
		break;
	case SMTP_LOGIN:
		take_login(x);
		break;
	}
}

void
verb_auth_proceed(struct smtp_server *x)
{
	bool is_login = x->login.mechanism == SMTP_LOGIN;

	smtp_session_enter(x, SMTP_DIALOGUE);
	if (x->login.has_initial)
		take_response(x);
	else
		smtp_session_reply(x, REPLY_AUTH_CONTINUE,
		    span_of(is_login ? LOGIN_IDENTITY : ""));
}

void
verb_auth_line(struct smtp_server *x, struct span line)
{
	if (x->line.fault != LINE_GOOD) {
		finish(x, reply_to_fault(x->line.fault), "");
		return;
	}
	if (span_equals(line, span_of("*"))) {
		finish(x, REPLY_AUTH_ABORTED, "");
		return;
	}
	buf_put(&x->login.response, line);
	take_response(x);
}

void
verb_auth_answer(struct smtp_server *x, enum reply_name reply, struct span text)
{
	x->is_authenticated = reply_code(reply) / 100 == 2;
	verb_auth_forget(x);
	smtp_session_enter(x, SMTP_IDLE);
	smtp_session_reply(x, reply, text);
}

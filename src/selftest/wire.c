/*
 * For: questions to IMAP and SMTP servers through libcurl.
 *
 * Not for: what is asked (trial_mail.c, trial_stub.c).
 */
#include "selftest/wire.h"

#include "base/buf.h"

#include <curl/curl.h>
#include <stdlib.h>
#include <string.h>

#define CONNECT_SECONDS 10L
#define URL_MAX         1024

struct wire {
	struct wire_setup setup;
	CURL *curl;
	struct curl_slist *dialled;
	struct buf answer, url;
	struct span text; /* still to be sent */
	bool unverified;
	char why[CURL_ERROR_SIZE];
};

void
wire_begin(void)
{
	curl_global_init(CURL_GLOBAL_DEFAULT);
}

/* ---- what libcurl calls ---- */

static size_t
take(char *octets, size_t one, size_t n, void *arg)
{
	struct wire *w = arg;

	return buf_put(&w->answer, span_make(octets, one * n)) == 0 ? one * n
								    : 0;
}

static size_t
give(char *room, size_t one, size_t n, void *arg)
{
	struct wire *w = arg;
	struct span part =
	    span_part(w->text, 0, one * n < w->text.n ? one * n : w->text.n);

	if (part.n > 0)
		memcpy(room, part.p, part.n);
	w->text = span_skip(w->text, part.n);
	return part.n;
}

static int
look(void *arg, curl_off_t a, curl_off_t b, curl_off_t c, curl_off_t d)
{
	const struct wire *w = arg;

	(void)a;
	(void)b;
	(void)c;
	(void)d;
	return *w->setup.stop != 0;
}

/* ---- life ---- */

static bool
has_tls_from_the_start(const struct wire_setup *setup)
{
	return setup->scheme[strlen(setup->scheme) - 1] == 's';
}

static void
set_options(struct wire *w)
{
	const struct wire_setup *s = &w->setup;
	CURL *c = w->curl;

	curl_easy_setopt(c, CURLOPT_CONNECT_TO, w->dialled);
	curl_easy_setopt(c, CURLOPT_PROXY, "");
	curl_easy_setopt(c, CURLOPT_PROTOCOLS_STR, s->scheme);
	curl_easy_setopt(c, CURLOPT_USERNAME, s->user);
	curl_easy_setopt(c, CURLOPT_PASSWORD, s->password);
	if (!has_tls_from_the_start(s))
		curl_easy_setopt(c, CURLOPT_USE_SSL, (long)CURLUSESSL_ALL);
	if (s->ca[0] != '\0')
		curl_easy_setopt(c, CURLOPT_CAINFO, s->ca);
	curl_easy_setopt(c, CURLOPT_NOSIGNAL, 1L);
	curl_easy_setopt(c, CURLOPT_CONNECTTIMEOUT, CONNECT_SECONDS);
	curl_easy_setopt(c, CURLOPT_TIMEOUT, s->seconds);
	curl_easy_setopt(c, CURLOPT_ERRORBUFFER, w->why);
	curl_easy_setopt(c, CURLOPT_WRITEFUNCTION, take);
	curl_easy_setopt(c, CURLOPT_WRITEDATA, w);
	curl_easy_setopt(c, CURLOPT_READFUNCTION, give);
	curl_easy_setopt(c, CURLOPT_READDATA, w);
	curl_easy_setopt(c, CURLOPT_NOPROGRESS, 0L);
	curl_easy_setopt(c, CURLOPT_XFERINFOFUNCTION, look);
	curl_easy_setopt(c, CURLOPT_XFERINFODATA, w);
}

int
wire_open(const struct wire_setup *setup, struct wire **wire_r)
{
	struct wire *w = calloc(1, sizeof *w);
	struct buf dialled;

	*wire_r = w;
	if (w == NULL)
		return -E_NOMEM;
	w->setup = *setup;
	buf_init(&w->answer, WIRE_ANSWER_MAX);
	buf_init(&w->url, URL_MAX);
	buf_init(&dialled, URL_MAX);
	/* whatever the address names, this is dialled */
	buf_print(&dialled, "::%s", setup->at);
	w->dialled = curl_slist_append(NULL, buf_string(&dialled));
	buf_fini(&dialled);
	w->curl = curl_easy_init();
	if (w->dialled == NULL || w->curl == NULL) {
		wire_close(wire_r);
		return -E_NOMEM;
	}
	set_options(w);
	return 0;
}

void
wire_close(struct wire **wire)
{
	struct wire *w = *wire;

	if (w == NULL)
		return;
	if (w->curl != NULL)
		curl_easy_cleanup(w->curl);
	curl_slist_free_all(w->dialled);
	buf_fini(&w->answer);
	buf_fini(&w->url);
	free(w);
	*wire = NULL;
}

struct span
wire_answer(const struct wire *w)
{
	return buf_span(&w->answer);
}

bool
wire_is_unverified(const struct wire *w)
{
	return w->unverified;
}

/* ---- questions ---- */

/* libcurl has a hundred ways to fail; what is not named here was refused. */
static int
code_of(CURLcode result)
{
	if (result == CURLE_COULDNT_CONNECT ||
	    result == CURLE_COULDNT_RESOLVE_HOST ||
	    result == CURLE_RECV_ERROR || result == CURLE_SEND_ERROR)
		return -E_CLOSED;
	if (result == CURLE_LOGIN_DENIED)
		return -E_DENIED;
	if (result == CURLE_OPERATION_TIMEDOUT)
		return -E_AGAIN;
	if (result == CURLE_ABORTED_BY_CALLBACK)
		return -E_STATE;
	return -E_SYNTAX;
}

static CURLcode
perform(struct wire *w, struct span text)
{
	w->why[0] = '\0';
	w->text = text;
	buf_clear(&w->answer);
	curl_easy_setopt(w->curl, CURLOPT_URL, buf_string(&w->url));
	return curl_easy_perform(w->curl);
}

static int
ask(struct wire *w, struct span text, struct err *err)
{
	CURLcode result =
	    buf_bad(&w->url) ? CURLE_URL_MALFORMAT : perform(w, text);

	/* Told, and no reason to test nothing else: who it is that answers
	   here is no secret to whoever administers this host. */
	if (result == CURLE_PEER_FAILED_VERIFICATION && !w->unverified) {
		w->unverified = true;
		curl_easy_setopt(w->curl, CURLOPT_SSL_VERIFYPEER, 0L);
		curl_easy_setopt(w->curl, CURLOPT_SSL_VERIFYHOST, 0L);
		result = perform(w, text);
	}
	if (result == CURLE_OK)
		return 0;
	return err_set(err, code_of(result), "%s://%s: %s", w->setup.scheme,
	    w->setup.at,
	    w->why[0] != '\0' ? w->why : curl_easy_strerror(result));
}

/* "imap://HOSTNAME:PORT/"; the port only so that the two are told apart. */
static void
begin_url(struct wire *w)
{
	struct span port = span_from_last(span_of(w->setup.at), ':');

	buf_clear(&w->url);
	buf_print(&w->url, "%s://%s%.*s/", w->setup.scheme, w->setup.hostname,
	    (int)port.n, port.p);
}

int
wire_command(
    struct wire *w, const char *folder, const char *command, struct err *err)
{
	begin_url(w);
	buf_text(&w->url, folder);
	curl_easy_setopt(w->curl, CURLOPT_CUSTOMREQUEST, command);
	return ask(w, span_of(""), err);
}

int
wire_section(struct wire *w, const char *folder, unsigned uid,
    const char *section, struct err *err)
{
	begin_url(w);
	buf_print(&w->url, "%s;UID=%u;SECTION=%s", folder, uid, section);
	curl_easy_setopt(w->curl, CURLOPT_CUSTOMREQUEST, NULL);
	return ask(w, span_of(""), err);
}

int
wire_send(struct wire *w, const char *sender, const char *recipient,
    struct span text, struct err *err)
{
	struct curl_slist *recipients = curl_slist_append(NULL, recipient);
	int error;

	if (recipients == NULL)
		return err_set(err, -E_NOMEM, "no memory");
	begin_url(w);
	buf_text(&w->url, "localhost"); /* what EHLO says */
	curl_easy_setopt(w->curl, CURLOPT_MAIL_FROM, sender);
	curl_easy_setopt(w->curl, CURLOPT_MAIL_RCPT, recipients);
	curl_easy_setopt(w->curl, CURLOPT_UPLOAD, 1L);
	error = ask(w, text, err);
	curl_easy_setopt(w->curl, CURLOPT_MAIL_RCPT, NULL);
	curl_slist_free_all(recipients);
	return error;
}

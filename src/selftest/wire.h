/*
 * IMAP and SMTP as a mail program speaks them: libcurl's, so that what is
 * proved is not only that we understand ourselves. One connection, one user,
 * always with TLS, and no question without an end.
 */
#ifndef SELFTEST_WIRE_H
#define SELFTEST_WIRE_H

#include "base/err.h"
#include "base/span.h"

#include <signal.h>

#define WIRE_ANSWER_MAX (256u << 10) /* octets of one answer */

/* All borrowed until wire_close(). */
struct wire_setup {
	const char *scheme;   /* imap, imaps, smtp, smtps; the others by
				 STARTTLS */
	const char *at;       /* "HOST:PORT" that is dialled */
	const char *hostname; /* what the certificate must be for */
	const char *ca;       /* file of authorities; "": the system's */
	const char *user, *password;
	long seconds; /* for one question and its answer */
	const volatile sig_atomic_t *stop;
};

struct wire;

/* Once, before the first one. */
void wire_begin(void);

/* Dials nothing yet. 0 or -E_NOMEM. */
int wire_open(const struct wire_setup *setup, struct wire **wire_r);
void wire_close(struct wire **wire);

/*
 * These answer 0; -E_CLOSED nobody is there; -E_DENIED the password was not
 * taken; -E_AGAIN no answer in time; -E_STATE told to stop; -E_SYNTAX what was
 * asked was refused; with words for a person.
 */

/* One command of IMAP, in that folder ("" none). */
int wire_command(struct wire *wire, const char *folder, const char *command,
    struct err *err);
/* A section of a message, as BODY.PEEK does, or BODY. */
int wire_section(struct wire *wire, const char *folder, unsigned uid,
    const char *section, struct err *err);
/* One message. */
int wire_send(struct wire *wire, const char *sender, const char *recipient,
    struct span text, struct err *err);

/* What the last of them was answered; borrowed until the next. */
struct span wire_answer(const struct wire *wire);

/* Nobody that we believe vouches for the certificate, or it is for another
   name. It was used all the same. */
bool wire_is_unverified(const struct wire *wire);

#endif

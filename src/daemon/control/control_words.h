/*
 * What requests on the control socket say, checked and put into operations of
 * the store. Shared by the keeper and by the command line where it stands in
 * for a keeper that does not run. Requests are hostile until they are here.
 */
#ifndef DAEMON_CONTROL_WORDS_H
#define DAEMON_CONTROL_WORDS_H

#include "store/store.h"
#include "trust/hosts.h"

#include <jansson.h>

/* A member that is a text; "" for all else. Borrowed from Q. */
struct span control_words_text(const json_t *q, const char *name);
bool control_words_flag(const json_t *q, const char *name);

/* The member "limit" where it makes sense, else a page of 100. */
unsigned control_words_limit(const json_t *q);

/*
 * The functions below put texts into OP's arena and answer 0; -E_SYNTAX with
 * words for a person; -E_NOMEM.
 */

/* A mail address in the form that accounts are filed under. */
int control_words_address(struct store_op *op, struct span text,
    struct span *address_r, struct err *err);

/* The same, in one of the domains LOCAL. */
int control_words_local_address(struct store_op *op, struct span text,
    const struct hosts *local, struct span *address_r, struct err *err);

/*
 * OP is a user_put: address, mode, from-check, answers, trash of a new user, in
 * one of the domains LOCAL, or (LOCAL NULL) of one that is there already. The
 * password, which may be empty only then, is checked, and still to be hashed.
 */
int control_words_user(struct store_op *op, const json_t *q,
    const struct hosts *local, struct err *err);

/* An address, network or domain in its one spelling. */
int control_words_peer(struct store_op *op, struct span text,
    struct span *name_r, struct err *err);

/* The same for a peer that shall be listed: what no list of hosts takes is
   refused here, but can still be shown and forgotten. */
int control_words_listed(struct store_op *op, struct span text,
    struct span *name_r, struct err *err);

/*
 * Whom an entry of a user's list names: an address, or "@domain" (also written
 * "*@domain") for all addresses there.
 */
int control_words_listed_address(struct store_op *op, struct span text,
    struct span *address_r, struct err *err);

/* Who speaks for it: the name of a domain or host, or an address of the
   network; "" stays "". */
int control_words_server(struct store_op *op, struct span text,
    struct span *server_r, struct err *err);

/* What the control socket answers to a refusal: docs/CONTROL.md has CODEs. */
json_t *control_words_refusal(const char *code, const char *text);

#endif

/*
 * The client of the control socket: one JSON object on a line each way
 * (docs/CONTROL.md). The server is believed to be ours, its answer is not
 * believed to be well formed.
 */
#ifndef CTL_CONTROL_H
#define CTL_CONTROL_H

#include "base/err.h"
#include "base/settings.h"

#include <jansson.h>

#define CONTROL_LINE_MAX (1u << 20) /* octets of a request or an answer */
#define CONTROL_PATH_MAX 4096       /* octets of a path, before it is tried */
#define CONTROL_TIMEOUT  30         /* seconds for one request */

struct control;

/*
 * Connects to the socket at PATH. 0; -E_CLOSED nobody answers there; -E_DENIED
 * the file system says no; -E_SYSTEM, -E_NOMEM.
 */
int control_open(const char *path, struct control **control_r, struct err *err);
/* The same, to the server of that configuration. */
int control_open_of(const struct settings *settings, struct control **control_r,
    struct err *err);
void control_free(struct control **control);

/*
 * Sends REQUEST and waits for its answer, an object that the caller owns. 0;
 * -E_CLOSED, -E_AGAIN no answer in time, -E_SYNTAX, -E_SYSTEM, -E_NOMEM: then
 * the connection is of no more use.
 */
int control_ask(struct control *control, const json_t *request,
    json_t **answer_r, struct err *err);

/*
 * From now on what jansson frees is overwritten first, since requests hold
 * passwords. To be called before the first JSON value is made.
 */
void control_wipe_what_json_frees(void);

#endif

/*
 * The configuration: rows of settings.def as a struct. Read with libconfuse;
 * what libconfuse lets pass is refused here: a key given twice, ${ENV}.
 */
#ifndef BASE_SETTINGS_H
#define BASE_SETTINGS_H

#include "base/err.h"
#include "base/span.h"

struct settings_list {
	unsigned n;
	char **v; /* n texts */
};

struct settings {
#define SETTING_TEXT                              const char *
#define SETTING_LIST                              struct settings_list
#define SETTING_DURATION                          int64_t
#define SETTING_SIZE                              uint64_t
#define SETTING_COUNT                             uint64_t
#define SETTING_FLAG                              bool
#define SETTING_CHOICE(words)                     int
#define SETTING(kind, key, field, standard, help) SETTING_##kind field;
#include "base/settings.def"
#undef SETTING
#undef SETTING_TEXT
#undef SETTING_LIST
#undef SETTING_DURATION
#undef SETTING_SIZE
#undef SETTING_COUNT
#undef SETTING_FLAG
#undef SETTING_CHOICE
};

enum settings_strangers { STRANGERS_ACCEPT, STRANGERS_REJECT };

#define SETTINGS_TEXT_MAX (1u << 20) /* octets of a configuration */

/*
 * Parses TEXT; NAME is what faults are said to be in ("NAME:12: key: why").
 * Checks each value alone (durations, networks, host:port, counts) and those
 * that need each other (hostname and domains are there; a certificate has a
 * key). 0, -E_SYNTAX. Owned by the caller: settings_free().
 */
int settings_parse(struct span text, const char *name,
    struct settings **settings_r, struct err *err);

/* The same from a file. *TEXT_R (may be NULL) is its text, for the roles. */
struct buf;
int settings_load(const char *path, struct settings **settings_r,
    struct buf *text_r, struct err *err);

void settings_free(struct settings **s);

/* The values of LIST settings that are "address:port" or "[v6]:port". */
struct ip;
int settings_endpoint(const char *text, struct ip *ip_r, uint16_t *port_r);

/* The duration or size in TEXT. 0 or -E_SYNTAX, -E_RANGE. */
int settings_duration(struct span text, int64_t *seconds_r);
int settings_size(struct span text, uint64_t *octets_r);

/* For manuals and `restante settings`: calls EACH for every row in order. */
void settings_each(void (*each)(void *arg, const char *key, const char *kind,
		       const char *standard, const char *help),
    void *arg);

#endif

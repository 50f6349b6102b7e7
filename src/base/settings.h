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
	char **v; /* n texts; NULL: not given, where that means something */
};

/* What a section `peer "domain" {}` says; each list may be not given. */
struct settings_peer {
	const char *domain; /* lower case */
	struct settings_list speak, offer;
};

struct settings {
#define SETTING_TEXT                                       const char *
#define SETTING_LIST                                       struct settings_list
#define SETTING_DURATION                                   int64_t
#define SETTING_SIZE                                       uint64_t
#define SETTING_COUNT                                      uint64_t
#define SETTING_FLAG                                       bool
#define SETTING_CHOICE(words)                              int
#define SETTING(kind, key, field, standard, range, reason) SETTING_##kind field;
#include "base/settings.def"
#undef SETTING
#undef SETTING_TEXT
#undef SETTING_LIST
#undef SETTING_DURATION
#undef SETTING_SIZE
#undef SETTING_COUNT
#undef SETTING_FLAG
#undef SETTING_CHOICE
	unsigned peer_count;
	struct settings_peer *peers;
};

enum settings_strangers { STRANGERS_ACCEPT, STRANGERS_REJECT };
enum settings_pair_server { PAIR_SERVER_DOMAIN, PAIR_SERVER_HOST };

#define SETTINGS_TEXT_MAX  (1u << 20) /* octets of a configuration */
#define SETTINGS_PEERS_MAX 1000       /* sections */

/*
 * Parses TEXT; NAME is what faults are said to be in ("NAME:12: key: why").
 * Checks each value alone (durations, networks, host:port, counts) and those
 * that need each other (hostname and domains are there; a certificate has a
 * key). 0; -E_SYNTAX with the fault that stands first; -E_NOMEM. Owned by the
 * caller: settings_free().
 */
int settings_parse(struct span text, const char *name,
    struct settings **settings_r, struct err *err);

/* The same from a file. *TEXT_R (may be NULL) is its text, for the roles. */
struct buf;
int settings_load(const char *path, struct settings **settings_r,
    struct buf *text_r, struct err *err);

void settings_free(struct settings **s);

/* One fault. LINE 0 and KEY "": none alone is to blame. */
struct settings_fault {
	const char *name; /* of the configuration */
	unsigned line;
	struct span key;
	const char *why;
};
typedef void settings_report(void *arg, const struct settings_fault *fault);

/*
 * Tells of every value that is wrong, of every key that is unknown or given
 * twice, and of the first fault of syntax (what is behind it is not looked at),
 * in any order. REPORT must not keep what it is shown. Results as of
 * settings_parse(), or as of settings_load(); -E_SYNTAX says nothing in ERR.
 */
int
settings_examine(struct span text, const char *name, settings_report *report,
    void *arg, struct settings **settings_r, struct err *err);
int settings_examine_file(
    const char *path, settings_report *report, void *arg, struct err *err);

/* "NAME:LINE: key: why" into ERR, as -E_SYNTAX. */
int settings_fault_text(const struct settings_fault *fault, struct err *err);

/* The values of LIST settings that are "address:port" or "[v6]:port". */
struct ip;
int settings_endpoint(const char *text, struct ip *ip_r, uint16_t *port_r);

/* The duration or size in TEXT. 0 or -E_SYNTAX, -E_RANGE. */
int settings_duration(struct span text, int64_t *seconds_r);
int settings_size(struct span text, uint64_t *octets_r);

/* A decimal number from -1 to 1 in thousandths, or "off". 0 or -E_SYNTAX. */
#define SETTINGS_OFF INT32_MIN
int settings_threshold(struct span text, int *thousandths_r);

/* A COUNT as a ceiling: "unlimited" stands as 0. */
uint64_t settings_ceiling(uint64_t count);

bool settings_list_has(const struct settings_list *list, const char *word);

/*
 * What we use as origin towards DOMAIN, and what EHLO shows to a host of the
 * confirmed name NAME ("": unknown): of the section of that domain, else of
 * the nearest domain above it that says so, else of all. Domains are compared
 * as A-labels. Borrowed from S.
 */
const struct settings_list *
settings_speak(const struct settings *s, struct span domain);
const struct settings_list *
settings_offer(const struct settings *s, struct span name);

/* A key as manuals and `restante check --settings` show it. */
struct settings_row {
	const char *key, *type, *standard, *range, *reason;
};

/* Calls EACH for every row in order, and last for the sections `peer`. */
void settings_each(
    void (*each)(void *arg, const struct settings_row *row), void *arg);

#endif

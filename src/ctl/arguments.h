/*
 * The words and options of a command line. Options may stand anywhere; "--"
 * ends them. Texts are borrowed from argv.
 */
#ifndef CTL_ARGUMENTS_H
#define CTL_ARGUMENTS_H

#include "base/err.h"

#include <stdbool.h>
#include <stdint.h>

#define ARGUMENTS_WORDS_MAX 8 /* more than any command takes */

/* Bits, so that a command can say which it takes. */
enum arguments_option {
	ARGUMENTS_CONFIG = 1,
	ARGUMENTS_HELP = 2,
	ARGUMENTS_JSON = 4,
	ARGUMENTS_ALL = 8,
	ARGUMENTS_LIMIT = 16,
	ARGUMENTS_MODE = 32,
	ARGUMENTS_FROM_CHECK = 64,
	ARGUMENTS_PASSWORD_STDIN = 128,
	ARGUMENTS_DIR = 256,
	ARGUMENTS_MAN = 512,
	ARGUMENTS_SETTINGS = 1024,
	ARGUMENTS_STORE = 2048,
	ARGUMENTS_FOR = 4096,
	ARGUMENTS_IP = 8192,
	ARGUMENTS_FROM = 16384,
	ARGUMENTS_HELO = 32768,
	ARGUMENTS_DNS = 65536,
	ARGUMENTS_WRITE = 131072,
	ARGUMENTS_PORTS = 262144,
	ARGUMENTS_LISTEN = 524288,
	ARGUMENTS_BASE_DIR = 1048576,
	ARGUMENTS_ANSWERS = 2097152,
	ARGUMENTS_SERVER = 4194304,
	ARGUMENTS_OUTGOING = 8388608,
	ARGUMENTS_SUBMISSION = 16777216,
	ARGUMENTS_TRASH = 33554432,
	ARGUMENTS_IMAP = 67108864,
	ARGUMENTS_IMAPS = 134217728,
	ARGUMENTS_SUBMIT = 268435456,
	ARGUMENTS_TIMEOUT = 536870912,
};

struct arguments {
	unsigned seen; /* bits of enum arguments_option */
	/* The values of the options of these names; else NULL. */
	const char *config, *mode, *from_check, *dir, *ip, *from, *helo, *dns;
	const char *write, *ports, *listen, *base_dir;
	const char *answers, *server;
	const char *submission, *trash;
	const char *imap, *imaps, *submit; /* "HOST:PORT" */
	uint64_t limit; /* of --limit, at least 1; UINT64_MAX when not given */
	int64_t for_time; /* seconds of --for, at least 1; 0 when not given */
	int64_t timeout;  /* the same of --timeout, at most an hour */
	unsigned n;
	const char *words[ARGUMENTS_WORDS_MAX];
};

/*
 * Parses what follows argv[0]. 0, or -E_SYNTAX with words for the user; whether
 * JSON was asked for is then in `seen` all the same.
 */
int arguments_parse(int argc, char *const *argv, struct arguments *arguments_r,
    struct err *err);

bool
arguments_has(const struct arguments *arguments, enum arguments_option option);

/* "--mode" of the lowest bit in OPTIONS; "" of none. */
const char *arguments_name(unsigned options);

/* How a usage line writes the value of that option: " N", or "". */
const char *arguments_placeholder(unsigned options);

#endif

/*
 * Makes the rows of confine.def true for one process. First the folders, since
 * that takes calls which the filter then forbids.
 *
 * Not for users, groups and root directories: drop.c. Landlock has no wrapper
 * in the C library, and the headers may be older than the kernel: what they do
 * not know is written here, as include/uapi/linux/landlock.h has it.
 */
#include "daemon/role/confine.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/landlock.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <openssl/crypto.h>
#include <seccomp.h>
#include <stdint.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

#define MAIN     (1u << ROLE_MAIN)
#define KEEPER   (1u << ROLE_KEEPER)
#define FRONT    (1u << ROLE_FRONT)
#define CALLER   (1u << ROLE_CALLER)
#define RESOLVER (1u << ROLE_RESOLVER)
#define POSTER   (1u << ROLE_POSTER)
#define CLERK    (1u << ROLE_CLERK)
#define AUTH     (1u << ROLE_AUTH)
#define SWEEPER  (1u << ROLE_SWEEPER)
#define ANY      (~MAIN)
#define NOT(set) (ANY & ~(set))

void
confine_prepare(void)
{
	tzset();
	OPENSSL_init_crypto(OPENSSL_INIT_LOAD_CONFIG, NULL);
}

/* ---- folders ---- */

#define READ        LANDLOCK_ACCESS_FS_READ_FILE
#define LIST        LANDLOCK_ACCESS_FS_READ_DIR
#define WRITE       LANDLOCK_ACCESS_FS_WRITE_FILE
#define REMOVE      LANDLOCK_ACCESS_FS_REMOVE_FILE
#define MAKE        LANDLOCK_ACCESS_FS_MAKE_REG
#define MAKE_FOLDER LANDLOCK_ACCESS_FS_MAKE_DIR
#define LINK        (1ull << 13) /* from one folder to another */
#define CUT         (1ull << 14) /* ftruncate(2) */

#define FILES_FIRST    ((1ull << 13) - 1) /* all that version 1 knows */
#define DEVICES        (1ull << 15)       /* ioctl(2) of a device */
#define NET_TCP        3ull               /* bind(2), connect(2) */
#define SCOPE_ALL      3ull /* abstract sockets, signals: not to others */
#define VERSION_LINK   2
#define VERSION_CUT    3
#define VERSION_NET    4
#define VERSION_DEVICE 5
#define VERSION_SCOPE  6

/* struct landlock_ruleset_attr as of version 6; older ones end sooner. */
struct ruleset {
	uint64_t files, net, scope;
};

static const struct folder {
	unsigned roles;
	const char *path;
	uint64_t access;
	bool for_smdp; /* only where users read their mail here */
} folders[] = {
#define CALL(name, set)
#define CALL_IF(name, set, ...)
#define REFUSE(name, set)
#define FOLDER(set, where, what)      {set, where, what, false},
#define FOLDER_SMDP(set, where, what) {set, where, what, true},
#include "daemon/role/confine.def"
#undef FOLDER_SMDP
#undef FOLDER
#undef REFUSE
#undef CALL_IF
#undef CALL
};

#define FOLDERS (sizeof folders / sizeof folders[0])

int
confine_landlock(void)
{
	long version = syscall(SYS_landlock_create_ruleset, NULL, (size_t)0,
	    LANDLOCK_CREATE_RULESET_VERSION);

	return version > 0 ? (int)version : 0;
}

/* All that this version can forbid is forbidden, but for the rows. */
static struct ruleset
ruleset_of(int version, unsigned set)
{
	struct ruleset r = {.files = FILES_FIRST};

	if (version >= VERSION_LINK)
		r.files |= LINK;
	if (version >= VERSION_CUT)
		r.files |= CUT;
	if (version >= VERSION_DEVICE)
		r.files |= DEVICES;
	if (version >= VERSION_NET && (set & (CALLER | RESOLVER)) == 0)
		r.net = NET_TCP;
	if (version >= VERSION_SCOPE)
		r.scope = SCOPE_ALL;
	return r;
}

static size_t
ruleset_size(int version)
{
	if (version >= VERSION_SCOPE)
		return sizeof(struct ruleset);
	return version >= VERSION_NET ? 2 * sizeof(uint64_t) : sizeof(uint64_t);
}

static int
allow_folder(
    int ruleset, const struct folder *f, uint64_t handled, struct err *err)
{
	struct landlock_path_beneath_attr rule = {
	    .allowed_access = f->access & handled,
	    .parent_fd = open(f->path, O_PATH | O_DIRECTORY | O_CLOEXEC),
	};
	long failed;

	if (rule.parent_fd < 0)
		return err_system(err, "%s", f->path);
	failed = syscall(SYS_landlock_add_rule, ruleset,
	    LANDLOCK_RULE_PATH_BENEATH, &rule, 0u);
	if (failed != 0)
		err_system(err, "cannot allow the folder %s", f->path);
	close(rule.parent_fd);
	return failed != 0 ? err->code : 0;
}

static int
allow_folders(
    int ruleset, unsigned set, bool smdp, uint64_t handled, struct err *err)
{
	int failed = 0;

	for (unsigned i = 0; failed == 0 && i < FOLDERS; i++)
		if ((folders[i].roles & set) != 0 &&
		    (smdp || !folders[i].for_smdp))
			failed =
			    allow_folder(ruleset, &folders[i], handled, err);
	return failed;
}

/* Version 1 forbids every link between folders, which delivering needs. */
static bool
is_too_old(int version, unsigned set)
{
	if (version == 0)
		return true;
	for (unsigned i = 0; i < FOLDERS; i++)
		if ((folders[i].roles & set) != 0 &&
		    (folders[i].access & LINK) != 0 && version < VERSION_LINK)
			return true;
	return false;
}

static int
confine_folders(unsigned set, bool smdp, struct err *err)
{
	int version = confine_landlock(), fd, failed;
	struct ruleset r = ruleset_of(version, set);

	if (is_too_old(version, set))
		return 0;
	fd = (int)syscall(
	    SYS_landlock_create_ruleset, &r, ruleset_size(version), 0u);
	if (fd < 0)
		return err_system(err, "cannot make a list of folders");
	failed = allow_folders(fd, set, smdp, r.files, err);
	if (failed == 0 && syscall(SYS_landlock_restrict_self, fd, 0u) != 0)
		failed = err_system(err, "cannot confine to folders");
	close(fd);
	return failed;
}

/* ---- system calls ---- */

#define TESTS_MAX 4 /* one more than any row has */

/* The kernel reads these arguments as numbers of 32 bits, so do we. */
#define IS(n, value)                                     \
	{                                                \
		n, SCMP_CMP_MASKED_EQ, UINT32_MAX, value \
	}
#define HAS(n, bits)                              \
	{                                         \
		n, SCMP_CMP_MASKED_EQ, bits, bits \
	}
#define LACKS(n, bits)                         \
	{                                      \
		n, SCMP_CMP_MASKED_EQ, bits, 0 \
	}
#define TYPE(n, value)                                                      \
	{                                                                   \
		n, SCMP_CMP_MASKED_EQ,                                      \
		    UINT32_MAX & ~(uint32_t)(SOCK_CLOEXEC | SOCK_NONBLOCK), \
		    value                                                   \
	}

static const struct call {
	int number;
	unsigned roles;
	uint32_t action;
	struct scmp_arg_cmp tests[TESTS_MAX]; /* up to one of no kind */
} calls[] = {
#define CALL(name, set) {SCMP_SYS(name), set, SCMP_ACT_ALLOW, {{0}}},
#define CALL_IF(name, set, ...) \
	{SCMP_SYS(name), set, SCMP_ACT_ALLOW, {__VA_ARGS__}},
#define REFUSE(name, set) {SCMP_SYS(name), set, SCMP_ACT_ERRNO(ENOENT), {{0}}},
#define FOLDER(set, where, what)
#define FOLDER_SMDP(set, where, what)
#include "daemon/role/confine.def"
#undef FOLDER_SMDP
#undef FOLDER
#undef REFUSE
#undef CALL_IF
#undef CALL
};

#define CALLS (sizeof calls / sizeof calls[0])

/* Negative numbers of the system, as all of the library's functions. */
static int
add_call(scmp_filter_ctx filter, const struct call *c)
{
	unsigned tests = 0;

	while (tests < TESTS_MAX && c->tests[tests].op != 0)
		tests++;
	return seccomp_rule_add_array(
	    filter, c->action, c->number, tests, c->tests);
}

static int
add_calls(scmp_filter_ctx filter, unsigned set)
{
	const struct call end = {SCMP_SYS(tgkill), set, SCMP_ACT_ALLOW,
	    {IS(0, (scmp_datum_t)getpid())}};
	int failed = add_call(filter, &end);

	for (unsigned i = 0; failed == 0 && i < CALLS; i++)
		if ((calls[i].roles & set) != 0)
			failed = add_call(filter, &calls[i]);
	return failed;
}

static int
set_up(scmp_filter_ctx filter, unsigned set)
{
	int failed = seccomp_attr_set(
	    filter, SCMP_FLTATR_ACT_BADARCH, SCMP_ACT_KILL_PROCESS);

	/* A search tree: the calls of a session are not at its end. */
	if (failed == 0)
		failed = seccomp_attr_set(filter, SCMP_FLTATR_CTL_OPTIMIZE, 2);
	/* Should a library have a thread, it is no way around. */
	if (failed == 0)
		failed = seccomp_attr_set(filter, SCMP_FLTATR_CTL_TSYNC, 1);
	if (failed == 0)
		failed = add_calls(filter, set);
	return failed == 0 ? seccomp_load(filter) : failed;
}

static int
confine_calls(unsigned set, struct err *err)
{
	scmp_filter_ctx filter;
	int failed;

	if (!confine_filters())
		return 0;
	filter = seccomp_init(SCMP_ACT_KILL_PROCESS);
	failed = filter == NULL ? -ENOMEM : set_up(filter, set);
	seccomp_release(filter);
	if (failed == 0)
		return 0;
	errno = -failed;
	return err_system(err, "cannot filter system calls");
}

bool
confine_filters(void)
{
#ifdef RESTANTE_SANITIZED
	return false;
#else
	return true;
#endif
}

int
confine_role(enum role_kind role, bool smdp, struct err *err)
{
	unsigned set = 1u << role;
	int failed = confine_folders(set, smdp, err);

	return failed == 0 ? confine_calls(set, err) : failed;
}

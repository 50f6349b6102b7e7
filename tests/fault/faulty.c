/*
 * A library to be loaded in front of all others (LD_PRELOAD): counts the calls
 * of each role of a server and lets the one fail that a test has chosen. Main
 * gives its roles an empty environment, so exec is told of us here, too.
 *
 * Nothing in here makes a system call that a confined role could not make.
 */
#include "faulty.h"

#include <dlfcn.h>
#include <errno.h>
#include <execinfo.h>
#include <fcntl.h>
#include <link.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/time.h>
#include <sys/uio.h>
#include <time.h>
#include <unistd.h>

/* As deep as a library may be below our program, and more. */
#define FRAMES_MAX 64
#define TOLD       6

#define SHOWN __attribute__((visibility("default")))

/* Of the C library, below the names that are replaced here. */
extern void *__libc_malloc(size_t n);
extern void *__libc_calloc(size_t n, size_t size);
extern void *__libc_realloc(void *p, size_t n);

static struct faulty_page *page;
static enum faulty_role role;

/* The next one of that name. ISO C has no way from void * to a function. */
#define NEXT(name)                                     \
	static __typeof__(&name) next;                 \
	if (next == NULL) {                            \
		void *found = dlsym(RTLD_NEXT, #name); \
		memcpy(&next, &found, sizeof next);    \
	}

/* ---- which role, which page ---- */

static enum faulty_role
role_called(int argc, char **argv)
{
	static const char *const names[FAULTY_ROLES] = {"", "serve", "keeper",
	    "front", "caller", "resolver", "poster", "clerk", "auth",
	    "sweeper"};

	if (argc == 2 || (argc > 2 && strcmp(argv[1], "role") != 0))
		return strcmp(argv[1], "serve") == 0 ? FAULTY_MAIN
						     : FAULTY_NO_ROLE;
	for (int i = FAULTY_KEEPER; argc > 2 && i < FAULTY_ROLES; i++)
		if (strcmp(argv[2], names[i]) == 0)
			return (enum faulty_role)i;
	return FAULTY_NO_ROLE;
}

__attribute__((constructor)) static void
begin(int argc, char **argv)
{
	const char *path = getenv(FAULTY_PAGE_VARIABLE);
	int fd = path != NULL ? open(path, O_RDWR | O_CLOEXEC) : -1;
	void *p, *warm[1];

	if (fd < 0)
		return;
	p = mmap(NULL, sizeof *page, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
	close(fd);
	if (p == MAP_FAILED)
		return;
	backtrace(warm, 1); /* loads its library while everything is allowed */
	role = role_called(argc, argv);
	page = role == FAULTY_NO_ROLE ? NULL : p;
}

/* ---- by which path ---- */

/* Where ADDRESS is in its object, wherever that was loaded. OURS_R: whether
   that is the program itself and no library. */
static uint64_t
place_of(void *address, int *ours_r)
{
	struct dl_find_object object;

	*ours_r = 0;
	if (_dl_find_object(address, &object) < 0)
		return 0;
	*ours_r = object.dlfo_link_map->l_name[0] == '\0';
	return (uint64_t)((char *)address - (char *)object.dlfo_map_start);
}

/* FNV-1a, by places instead of octets. The frames of this library come first;
   how many there are depends on what the compiler inlined. */
static uint64_t
hash_path(void *caller)
{
	void *frames[FRAMES_MAX];
	int count = backtrace(frames, FRAMES_MAX);
	uint64_t path = 0xcbf29ce484222325;
	int i = 0, near = 0, ours = 0, is_ours;

	while (i < count && frames[i] != caller)
		i++;
	for (; i < count && ours < FAULTY_OURS; i++) {
		uint64_t place = place_of(frames[i], &is_ours);

		ours += is_ours;
		if (is_ours || near < FAULTY_NEAR)
			path = (path ^ place) * 0x100000001b3;
		near++;
	}
	return path != 0 ? path : 1;
}

/* 0: whoever finds the path has called us. */
static uint64_t
path_to(void *caller)
{
	static _Thread_local int busy;
	uint64_t path;

	if (busy)
		return 0;
	busy = 1;
	path = hash_path(caller);
	busy = 0;
	return path;
}

static void
record(enum faulty_call call, uint64_t path)
{
	uint32_t i = __atomic_fetch_add(&page->step_count, 1, __ATOMIC_RELAXED);

	if (i >= FAULTY_STEPS_MAX)
		return;
	page->steps[i].role = role;
	page->steps[i].call = call;
	__atomic_store_n(&page->steps[i].path, path, __ATOMIC_RELEASE);
}

/* ---- which call ---- */

/* PLACE as `addr2line -e` understands it, behind what is there already. */
static void
tell_place(void *place)
{
	size_t n = strlen(page->where);
	Dl_info info;
	const char *name;

	if (dladdr(place, &info) == 0 || info.dli_fname == NULL)
		return;
	name = strrchr(info.dli_fname, '/');
	snprintf(page->where + n, sizeof page->where - n, "%s%s %s+0x%lx",
	    n > 0 ? ", " : "", info.dli_sname != NULL ? info.dli_sname : "?",
	    name != NULL ? name + 1 : info.dli_fname,
	    (unsigned long)((char *)place - (char *)info.dli_fbase));
}

/* Who made the call, and whoever in our program asked for it. */
static void
tell_where(void *caller)
{
	void *frames[FRAMES_MAX];
	int count = backtrace(frames, FRAMES_MAX);
	int i = 0, ours = 0, is_ours;

	page->where[0] = '\0';
	tell_place(caller);
	while (i < count && frames[i] != caller)
		i++;
	for (i++; i < count && ours < TOLD; i++) {
		place_of(frames[i], &is_ours);
		if (is_ours)
			tell_place(frames[i]);
		ours += is_ours;
	}
}

/* True if a call of CALLER is one of those of which one is to fail. */
static int
is_chosen(enum faulty_call call, void *caller)
{
	uint64_t path;

	if (__atomic_load_n(&page->left, __ATOMIC_ACQUIRE) == 0 ||
	    page->role != role || page->call != call)
		return 0;
	path = page->path;
	return path == 0 || path == path_to(caller);
}

/* True if this call of CALLER is to fail. */
static int
fails(enum faulty_call call, void *caller)
{
	int64_t left;

	if (page == NULL)
		return 0;
	__atomic_add_fetch(&page->counts[role][call], 1, __ATOMIC_RELAXED);
	if (__atomic_load_n(&page->recording, __ATOMIC_ACQUIRE) != 0)
		record(call, path_to(caller));
	if (!is_chosen(call, caller))
		return 0;
	left = __atomic_sub_fetch(&page->left, 1, __ATOMIC_ACQ_REL);
	if (left < 0) /* two at once */
		__atomic_store_n(&page->left, 0, __ATOMIC_RELEASE);
	if (left != 0)
		return 0;
	if (__atomic_sub_fetch(&page->times, 1, __ATOMIC_ACQ_REL) > 0)
		__atomic_store_n(&page->left, 1, __ATOMIC_RELEASE);
	__atomic_add_fetch(&page->hits, 1, __ATOMIC_RELEASE);
	tell_where(caller);
	return 1;
}

#define FAILS(call) fails(call, __builtin_return_address(0))

static int
failed(void)
{
	errno = page->error;
	return -1;
}

/* ---- memory ---- */

SHOWN void *
malloc(size_t n)
{
	if (!FAILS(FAULTY_ALLOC))
		return __libc_malloc(n);
	errno = ENOMEM;
	return NULL;
}

SHOWN void *
calloc(size_t n, size_t size)
{
	if (!FAILS(FAULTY_ALLOC))
		return __libc_calloc(n, size);
	errno = ENOMEM;
	return NULL;
}

SHOWN void *
realloc(void *p, size_t n)
{
	if (!FAILS(FAULTY_ALLOC))
		return __libc_realloc(p, n);
	errno = ENOMEM;
	return NULL;
}

/* ---- files ---- */

static int
is_file(int fd)
{
	struct stat s;

	return page != NULL && fstat(fd, &s) == 0 && S_ISREG(s.st_mode);
}

SHOWN ssize_t
write(int fd, const void *octets, size_t n)
{
	NEXT(write)
	if (!is_file(fd))
		return next(fd, octets, n);
	if (FAILS(FAULTY_WRITE))
		return failed();
	return next(fd, octets, FAILS(FAULTY_SHORT) && n > 1 ? n / 2 : n);
}

SHOWN ssize_t
writev(int fd, const struct iovec *parts, int n)
{
	NEXT(writev)
	if (!is_file(fd))
		return next(fd, parts, n);
	if (FAILS(FAULTY_WRITE))
		return failed();
	return next(fd, parts, FAILS(FAULTY_SHORT) && n > 1 ? n / 2 : n);
}

SHOWN ssize_t
pwrite64(int fd, const void *octets, size_t n, off64_t at)
{
	NEXT(pwrite64)
	if (!is_file(fd))
		return next(fd, octets, n, at);
	if (FAILS(FAULTY_WRITE))
		return failed();
	return next(fd, octets, FAILS(FAULTY_SHORT) && n > 1 ? n / 2 : n, at);
}

SHOWN int
fsync(int fd)
{
	NEXT(fsync)
	return FAILS(FAULTY_SYNC) ? failed() : next(fd);
}

SHOWN int
fdatasync(int fd)
{
	NEXT(fdatasync)
	return FAILS(FAULTY_SYNC) ? failed() : next(fd);
}

/* With or without O_CREAT: whoever opens may be out of descriptors. */
SHOWN int
openat(int folder, const char *path, int flags, ...)
{
	NEXT(openat)
	va_list more;
	mode_t mode = 0;

	if ((flags & O_CREAT) != 0) {
		va_start(more, flags);
		mode = va_arg(more, mode_t);
		va_end(more);
	}
	return FAILS(FAULTY_MAKE) ? failed() : next(folder, path, flags, mode);
}

SHOWN int
mkdirat(int folder, const char *path, mode_t mode)
{
	NEXT(mkdirat)
	return FAILS(FAULTY_MAKE) ? failed() : next(folder, path, mode);
}

SHOWN int
linkat(int from, const char *old, int to, const char *new, int flags)
{
	NEXT(linkat)
	return FAILS(FAULTY_LINK) ? failed() : next(from, old, to, new, flags);
}

SHOWN int
unlinkat(int folder, const char *path, int flags)
{
	NEXT(unlinkat)
	return FAILS(FAULTY_UNLINK) ? failed() : next(folder, path, flags);
}

/* ---- channels and connections ---- */

SHOWN ssize_t
sendmsg(int fd, const struct msghdr *message, int flags)
{
	NEXT(sendmsg)
	return FAILS(FAULTY_SEND) ? failed() : next(fd, message, flags);
}

SHOWN int
accept4(int fd, __SOCKADDR_ARG address, socklen_t *n, int flags)
{
	NEXT(accept4)
	return FAILS(FAULTY_ACCEPT) ? failed() : next(fd, address, n, flags);
}

/* ---- processes ---- */

SHOWN pid_t
fork(void)
{
	NEXT(fork)
	return FAILS(FAULTY_FORK) ? failed() : next();
}

SHOWN int
socketpair(int domain, int type, int protocol, int pair[2])
{
	NEXT(socketpair)
	return FAILS(FAULTY_PAIR) ? failed()
				  : next(domain, type, protocol, pair);
}

/* Between fork and exec: no memory is asked for. */
SHOWN int
execve(const char *path, char *const argv[], char *const envp[])
{
	NEXT(execve)
	static char ours[2][4096];
	char *environment[8];
	const char *names[2] = {FAULTY_PAGE_VARIABLE, FAULTY_LIBRARY_VARIABLE};
	unsigned n = 0;

	if (role != FAULTY_MAIN)
		return next(path, argv, envp);
	while (envp[n] != NULL && n < 5) {
		environment[n] = envp[n];
		n++;
	}
	for (unsigned i = 0; i < 2; i++) {
		const char *value = getenv(names[i]);

		if (value == NULL)
			continue;
		snprintf(ours[i], sizeof ours[i], "%s=%s", names[i], value);
		environment[n++] = ours[i];
	}
	environment[n] = NULL;
	return next(path, argv, environment);
}

/* ---- the store ---- */

struct sqlite3_stmt;
SHOWN int sqlite3_step(struct sqlite3_stmt *statement);

SHOWN int
sqlite3_step(struct sqlite3_stmt *statement)
{
	NEXT(sqlite3_step)
	return FAILS(FAULTY_STEP) ? page->error : next(statement);
}

/* ---- the clock on the wall ---- */

static int64_t
ahead(void)
{
	return page != NULL ? __atomic_load_n(&page->clock, __ATOMIC_RELAXED)
			    : 0;
}

SHOWN int
clock_gettime(clockid_t clock, struct timespec *now)
{
	NEXT(clock_gettime)
	int result = next(clock, now);

	if (result == 0 && clock == CLOCK_REALTIME)
		now->tv_sec += ahead();
	return result;
}

SHOWN time_t
time(time_t *now_r)
{
	struct timespec now;

	clock_gettime(CLOCK_REALTIME, &now);
	if (now_r != NULL)
		*now_r = now.tv_sec;
	return now.tv_sec;
}

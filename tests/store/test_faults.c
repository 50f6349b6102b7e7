/*
 * A disk that fails: every write or sync of the sqlite driver goes through a
 * layer that can refuse it. What was answered OK must be there afterwards; what
 * was answered UNSURE may be; a store with a failed sync must not be used
 * again.
 */
#include <sqlite3.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "fixture.h"
#include "version_1.h"

/* What the layer refuses, and when: after so many calls of that kind. */
enum fault { FAULT_NONE, FAULT_FULL, FAULT_WRITE, FAULT_SYNC };

static enum fault fault;
static unsigned fault_after;

static bool
strikes(enum fault kind)
{
	return fault == kind && fault_after-- == 0;
}

/* A file of the layer: the engine's own file lies behind this structure. */
struct layer_file {
	sqlite3_file base;
	sqlite3_file *real;
};

static sqlite3_vfs *real_vfs;
static sqlite3_io_methods methods;

static sqlite3_file *
real_of(sqlite3_file *file)
{
	return ((struct layer_file *)(void *)file)->real;
}

static int
layer_close(sqlite3_file *file)
{
	sqlite3_file *real = real_of(file);
	int code = real->pMethods->xClose(real);

	free(real);
	return code;
}

static int
layer_read(sqlite3_file *file, void *to, int n, sqlite3_int64 at)
{
	sqlite3_file *real = real_of(file);

	return real->pMethods->xRead(real, to, n, at);
}

static int
layer_write(sqlite3_file *file, const void *from, int n, sqlite3_int64 at)
{
	sqlite3_file *real = real_of(file);

	if (strikes(FAULT_FULL)) {
		fault_after = 0; /* a full disk stays full */
		return SQLITE_FULL;
	}
	if (strikes(FAULT_WRITE))
		return SQLITE_IOERR_WRITE;
	return real->pMethods->xWrite(real, from, n, at);
}

static int
layer_truncate(sqlite3_file *file, sqlite3_int64 size)
{
	sqlite3_file *real = real_of(file);

	return real->pMethods->xTruncate(real, size);
}

static int
layer_sync(sqlite3_file *file, int flags)
{
	sqlite3_file *real = real_of(file);

	if (strikes(FAULT_SYNC))
		return SQLITE_IOERR_FSYNC;
	return real->pMethods->xSync(real, flags);
}

static int
layer_size(sqlite3_file *file, sqlite3_int64 *size_r)
{
	sqlite3_file *real = real_of(file);

	return real->pMethods->xFileSize(real, size_r);
}

static int
layer_lock(sqlite3_file *file, int level)
{
	sqlite3_file *real = real_of(file);

	return real->pMethods->xLock(real, level);
}

static int
layer_unlock(sqlite3_file *file, int level)
{
	sqlite3_file *real = real_of(file);

	return real->pMethods->xUnlock(real, level);
}

static int
layer_check_lock(sqlite3_file *file, int *held_r)
{
	sqlite3_file *real = real_of(file);

	return real->pMethods->xCheckReservedLock(real, held_r);
}

static int
layer_control(sqlite3_file *file, int what, void *arg)
{
	sqlite3_file *real = real_of(file);

	return real->pMethods->xFileControl(real, what, arg);
}

static int
layer_sector(sqlite3_file *file)
{
	sqlite3_file *real = real_of(file);

	return real->pMethods->xSectorSize(real);
}

static int
layer_device(sqlite3_file *file)
{
	sqlite3_file *real = real_of(file);

	return real->pMethods->xDeviceCharacteristics(real);
}

static int
layer_shm_map(
    sqlite3_file *file, int page, int size, int extend, void volatile **at_r)
{
	sqlite3_file *real = real_of(file);

	return real->pMethods->xShmMap(real, page, size, extend, at_r);
}

static int
layer_shm_lock(sqlite3_file *file, int offset, int n, int flags)
{
	sqlite3_file *real = real_of(file);

	return real->pMethods->xShmLock(real, offset, n, flags);
}

static void
layer_shm_barrier(sqlite3_file *file)
{
	sqlite3_file *real = real_of(file);

	real->pMethods->xShmBarrier(real);
}

static int
layer_shm_unmap(sqlite3_file *file, int remove)
{
	sqlite3_file *real = real_of(file);

	return real->pMethods->xShmUnmap(real, remove);
}

static int
layer_open(sqlite3_vfs *vfs, const char *name, sqlite3_file *file, int flags,
    int *flags_r)
{
	struct layer_file *layer = (struct layer_file *)(void *)file;
	int code;

	(void)vfs;
	layer->base.pMethods = NULL;
	layer->real = calloc(1, (size_t)real_vfs->szOsFile);
	if (layer->real == NULL)
		return SQLITE_NOMEM;
	code = real_vfs->xOpen(real_vfs, name, layer->real, flags, flags_r);
	if (code != SQLITE_OK) {
		free(layer->real);
		return code;
	}
	layer->base.pMethods = &methods;
	return SQLITE_OK;
}

static void
install_layer(void)
{
	static sqlite3_vfs layer;

	real_vfs = sqlite3_vfs_find(NULL);
	assert_non_null(real_vfs);
	layer = *real_vfs;
	layer.zName = "faults";
	layer.szOsFile = (int)sizeof(struct layer_file);
	layer.xOpen = layer_open;
	layer.pNext = NULL;
	methods = (sqlite3_io_methods){2, layer_close, layer_read, layer_write,
	    layer_truncate, layer_sync, layer_size, layer_lock, layer_unlock,
	    layer_check_lock, layer_control, layer_sector, layer_device,
	    layer_shm_map, layer_shm_lock, layer_shm_barrier, layer_shm_unmap,
	    NULL, NULL};
	assert_int_equal(sqlite3_vfs_register(&layer, 1), SQLITE_OK);
}

static int
set_up(void **state)
{
	static struct fixture f;

	fault = FAULT_NONE;
	fixture_open(&f, true);
	*state = &f;
	return 0;
}

static int
tear_down(void **state)
{
	fault = FAULT_NONE;
	fixture_close(*state);
	return 0;
}

static enum store_outcome
put(struct fixture *f, unsigned number)
{
	struct store_op *op = begin(f, STORE_MESSAGE_PUT);
	struct store_hold row = hold_of(number, number);

	op->message_put.message = message_of(number);
	op->message_put.hold_count = 1;
	op->message_put.holds = &row;
	return store_do(f->store, op);
}

static bool
is_there(struct fixture *f, unsigned number)
{
	struct store_op *op = begin(f, STORE_HOLD_GET);

	op->hold_get.key = key_of(number);
	return store_do(f->store, op) == STORE_OK;
}

static void
a_failed_sync_is_unsure_and_ends_the_store(void **state)
{
	struct fixture *f = *state;

	assert_int_equal(put(f, 1), STORE_OK);
	fault = FAULT_SYNC;
	fault_after = 0;
	assert_int_equal(put(f, 2), STORE_UNSURE);
	fault = FAULT_NONE;
	assert_int_equal(put(f, 3), STORE_BROKEN);
	fixture_reopen(f);
	assert_true(is_there(f, 1));
	assert_false(is_there(f, 3));
	assert_clean(f);
}

/* AT-12 */
static void
a_full_disk_refuses_and_the_store_goes_on(void **state)
{
	struct fixture *f = *state;

	assert_int_equal(put(f, 1), STORE_OK);
	fault = FAULT_FULL;
	fault_after = 0;
	assert_int_equal(put(f, 2), STORE_FULL);
	assert_int_equal(put(f, 2), STORE_FULL);
	fault = FAULT_NONE;
	assert_false(is_there(f, 2));
	assert_int_equal(put(f, 2), STORE_OK);
	assert_clean(f);
	fixture_reopen(f);
	assert_true(is_there(f, 1));
	assert_true(is_there(f, 2));
	assert_clean(f);
}

static void
a_failed_checkpoint_loses_nothing(void **state)
{
	struct fixture *f = *state;

	assert_int_equal(put(f, 1), STORE_OK);
	fault = FAULT_SYNC;
	fault_after = 0;
	assert_int_equal(store_checkpoint(f->store, NULL), -E_SYSTEM);
	fault = FAULT_NONE;
	fixture_reopen(f);
	assert_true(is_there(f, 1));
	assert_clean(f);
}

/* Three messages, and a fault at the Nth write or sync of it all. */
static bool
run_with_fault(enum fault kind, unsigned after)
{
	enum store_outcome outcomes[4] = {STORE_OK};
	struct fixture f;
	bool struck;

	fault = FAULT_NONE;
	fixture_open(&f, true);
	fault = kind;
	fault_after = after;
	for (unsigned i = 1; i <= 3; i++)
		outcomes[i] = put(&f, i);
	struck = outcomes[1] != STORE_OK || outcomes[2] != STORE_OK ||
		 outcomes[3] != STORE_OK;
	fault = FAULT_NONE;
	fixture_reopen(&f);
	for (unsigned i = 1; i <= 3; i++) {
		if (outcomes[i] == STORE_OK)
			assert_true(is_there(&f, i));
		else if (outcomes[i] != STORE_UNSURE)
			assert_false(is_there(&f, i));
	}
	assert_clean(&f);
	fixture_close(&f);
	return struck;
}

static void
a_fault_at_every_write_or_sync_loses_nothing_that_was_answered(void **state)
{
	static const enum fault kinds[] = {FAULT_FULL, FAULT_WRITE, FAULT_SYNC};

	(void)state;
	for (size_t i = 0; i < sizeof kinds / sizeof kinds[0]; i++) {
		unsigned after = 0;

		while (run_with_fault(kinds[i], after))
			after++;
		assert_true(after >= 3);
	}
}

/* A store of the first version is opened, with a fault on the way. */
static bool
migrate_with_fault(enum fault kind, unsigned after)
{
	struct err err = {0};
	struct fixture f;
	char where[80];
	bool struck;

	fault = FAULT_NONE;
	fixture_open(&f, true);
	store_close(&f.store);
	version_1_make(fixture_file(&f));
	snprintf(where, sizeof where, "sqlite:%s", f.folder);
	fault = kind;
	fault_after = after;
	struck = store_open(where, &f.store, &err) != 0;
	fault = FAULT_NONE;
	fixture_reopen(&f);
	assert_int_equal(hold_now(&f, 10).next_at, NOW);
	assert_int_equal(hold_now(&f, 12).next_at, NOW + 300);
	assert_int_equal(row_at(&f, 20).decided_at, 0);
	assert_clean(&f);
	fixture_close(&f);
	return struck;
}

static void
a_fault_while_an_old_store_is_led_on_leaves_it_whole(void **state)
{
	static const enum fault kinds[] = {FAULT_FULL, FAULT_WRITE, FAULT_SYNC};

	(void)state;
	for (size_t i = 0; i < sizeof kinds / sizeof kinds[0]; i++) {
		unsigned after = 0;

		while (migrate_with_fault(kinds[i], after))
			after++;
		assert_true(after > 0);
	}
}

#define CASE_OF(function) \
	cmocka_unit_test_setup_teardown(function, set_up, tear_down)

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    CASE_OF(a_failed_sync_is_unsure_and_ends_the_store),
	    CASE_OF(a_full_disk_refuses_and_the_store_goes_on),
	    CASE_OF(a_failed_checkpoint_loses_nothing),
	    cmocka_unit_test(
		a_fault_at_every_write_or_sync_loses_nothing_that_was_answered),
	    cmocka_unit_test(
		a_fault_while_an_old_store_is_led_on_leaves_it_whole),
	};

	install_layer();
	return cmocka_run_group_tests(tests, NULL, NULL);
}

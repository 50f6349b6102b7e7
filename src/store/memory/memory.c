/*
 * The memory driver's door: opening, one batch after the other, and the
 * weather it makes under test. Nothing is kept on any disk: this is no store
 * for a server. What the operations do is in the other files of this folder.
 */
#include "store/memory/memory.h"

#include <stdlib.h>
#include <string.h>

/* Of a hundred operations, under weather: */
#define WEATHER_LATE 25 /* batches cut short */
#define WEATHER_LOST 5  /* answered UNSURE, and not done */
#define WEATHER_DONE 5  /* answered UNSURE, though done */

static int
memory_open(const char *place, void **state_r, struct err *err)
{
	struct memory *m;
	uint64_t seed = 0;

	if (*place != '\0' &&
	    span_number(span_of(place), UINT64_MAX >> 1, &seed) != 0)
		return err_set(err, -E_RANGE, "memory:%s: not a number", place);
	m = calloc(1, sizeof *m);
	if (m == NULL)
		return err_set(err, -E_NOMEM, "memory: no memory");
	m->weather.seed = seed;
	*state_r = m;
	return 0;
}

static void
memory_close(void *state)
{
	struct memory *m = state;

	for (size_t i = 0; i < m->users.count; i++)
		memory_user_free(m->users.at[i]);
	for (size_t i = 0; i < m->holds.count; i++)
		memory_hold_free(m->holds.at[i]);
	for (size_t i = 0; i < m->deliveries.count; i++)
		memory_delivery_free(m->deliveries.at[i]);
	for (size_t i = 0; i < m->notices.count; i++)
		memory_notice_free(m->notices.at[i]);
	for (size_t i = 0; i < m->messages.count; i++)
		memory_message_free(m->messages.at[i]);
	for (size_t i = 0; i < m->denied.count; i++)
		memory_denied_free(m->denied.at[i]);
	for (size_t i = 0; i < m->peers.count; i++)
		memory_peer_free(m->peers.at[i]);
	for (size_t i = 0; i < m->peer_days.count; i++)
		memory_peer_day_free(m->peer_days.at[i]);
	for (size_t i = 0; i < m->entries.count; i++)
		memory_entry_free(m->entries.at[i]);
	memory_complaints_close(m);
	for (size_t i = 0; i < m->identities.count; i++)
		memory_identity_free(m->identities.at[i]);
	free(m->users.at);
	free(m->holds.at);
	free(m->deliveries.at);
	free(m->notices.at);
	free(m->messages.at);
	free(m->denied.at);
	free(m->peers.at);
	free(m->peer_days.at);
	free(m->entries.at);
	free(m->identities.at);
	free(m);
}

/* The next number of the seed's sequence (splitmix64), below LIMIT. */
static unsigned
draw(struct memory_weather *weather, unsigned limit)
{
	uint64_t z = weather->seed += 0x9e3779b97f4a7c15u;

	z = (z ^ z >> 30) * 0xbf58476d1ce4e5b9u;
	z = (z ^ z >> 27) * 0x94d049bb133111ebu;
	return (unsigned)((z ^ z >> 31) % limit);
}

static unsigned
memory_choose(void *state, struct store_op **ops, unsigned count)
{
	struct memory *m = state;

	if (m->weather.seed == 0 || count == 0)
		return count;
	for (unsigned i = count - 1; i > 0; i--) {
		unsigned other = draw(&m->weather, i + 1);
		struct store_op *op = ops[i];

		ops[i] = ops[other];
		ops[other] = op;
	}
	if (draw(&m->weather, 100) < WEATHER_LATE)
		return draw(&m->weather, count + 1);
	return count;
}

static void
apply_one(struct memory *m, struct store_op *op)
{
	static enum store_outcome (*const run[])(
	    struct memory *, struct store_op *) = {
#define OPERATION(NAME, name, help) [STORE_##NAME] = store_memory_##name,
#include "store/operations.def"
#undef OPERATION
	};
	unsigned luck = WEATHER_LOST + WEATHER_DONE;

	if (m->weather.seed != 0)
		luck = draw(&m->weather, 100);
	if (luck >= WEATHER_LOST)
		op->outcome = run[op->verb](m, op);
	if (luck < WEATHER_LOST + WEATHER_DONE)
		op->outcome = STORE_UNSURE;
}

static int
memory_apply(
    void *state, struct store_op **ops, unsigned count, struct err *err)
{
	(void)err;
	for (unsigned i = 0; i < count; i++)
		apply_one(state, ops[i]);
	return 0;
}

static int
memory_checkpoint(void *state, struct err *err)
{
	(void)state;
	(void)err;
	return 0;
}

static uint64_t
memory_wal_octets(void *state)
{
	(void)state;
	return 0;
}

const struct store_driver store_memory_driver = {
    .scheme = "memory",
    .open = memory_open,
    .close = memory_close,
    .apply = memory_apply,
    .choose = memory_choose,
    .checkpoint = memory_checkpoint,
    .wal_octets = memory_wal_octets,
};

/*
 * Measures encoded parts without decoding them: attachments are most of the
 * octets of all mail, and nobody asks for more than their size.
 *
 * Not for decoding: transfer.c.
 *
 * Read on in transfer.h. The inner loops run over blocks of a fixed number of
 * octets and add up single octets, so that compilers turn them into vector
 * instructions; a block is short enough for its sum to fit into an octet.
 */
#include "message/transfer.h"

#include <assert.h>

#define BLOCK 128

static_assert(BLOCK <= UINT8_MAX, "the sum of a block is an octet");

void
transfer_meter_init(struct transfer_meter *m, enum transfer_kind kind)
{
	*m = (struct transfer_meter){.kind = kind};
}

static uint8_t
is_digit(uint8_t c)
{
	/* Letters of both cases at once; 0x2f is "/". */
	return (uint8_t)((uint8_t)((c | 0x20) - 'a') < 26) |
	       (uint8_t)((uint8_t)(c - '/') < 11) | (uint8_t)(c == '+');
}

static size_t
count_digits(const uint8_t *p, size_t n)
{
	size_t sum = 0, i = 0;

	for (; n - i >= BLOCK; i += BLOCK) {
		uint8_t block = 0;

		for (size_t j = 0; j < BLOCK; j++)
			block = (uint8_t)(block + is_digit(p[i + j]));
		sum += block;
	}
	for (; i < n; i++)
		sum += is_digit(p[i]);
	return sum;
}

static size_t
count_equals(const uint8_t *p, size_t n)
{
	size_t sum = 0, i = 0;

	for (; n - i >= BLOCK; i += BLOCK) {
		uint8_t block = 0;

		for (size_t j = 0; j < BLOCK; j++)
			block = (uint8_t)(block + (p[i + j] == '='));
		sum += block;
	}
	for (; i < n; i++)
		sum += p[i] == '=';
	return sum;
}

static uint8_t
is_soft_end(uint8_t c, uint8_t next)
{
	return (uint8_t)(c == '=') &
	       (uint8_t)((uint8_t)(next == '\r') | (uint8_t)(next == '\n'));
}

/* Pairs that lie in P whole. */
static size_t
count_soft_ends(const uint8_t *p, size_t n)
{
	size_t sum = 0, i = 0;

	for (; n - i > BLOCK; i += BLOCK) {
		uint8_t block = 0;

		for (size_t j = 0; j < BLOCK; j++)
			block = (uint8_t)(block +
					  is_soft_end(p[i + j], p[i + j + 1]));
		sum += block;
	}
	for (; i + 1 < n; i++)
		sum += is_soft_end(p[i], p[i + 1]);
	return sum;
}

void
transfer_meter_add(struct transfer_meter *m, struct span in)
{
	const uint8_t *p = (const uint8_t *)in.p;

	if (in.n == 0)
		return;
	switch (m->kind) {
	case TRANSFER_PLAIN:
		break;
	case TRANSFER_BASE64:
		m->digits += count_digits(p, in.n);
		break;
	case TRANSFER_QUOTED:
		m->equals += count_equals(p, in.n);
		m->soft_ends += count_soft_ends(p, in.n);
		if (m->octets > 0)
			m->soft_ends += is_soft_end((uint8_t)m->last[1], p[0]);
		break;
	}
	m->octets += in.n;
	m->last[0] = in.n > 1 ? in.p[in.n - 2] : m->last[1];
	m->last[1] = in.p[in.n - 1];
}

static uint64_t
last_line_end(const struct transfer_meter *m)
{
	if (m->octets == 0 || m->last[1] != '\n')
		return 0;
	return m->octets > 1 && m->last[0] == '\r' ? 2 : 1;
}

uint64_t
transfer_meter_size(const struct transfer_meter *m, bool boundary)
{
	uint64_t taken = boundary ? last_line_end(m) : 0;

	switch (m->kind) {
	case TRANSFER_PLAIN:
		break;
	case TRANSFER_BASE64:
		return m->digits / 4 * 3 + m->digits % 4 * 3 / 4;
	case TRANSFER_QUOTED:
		/* "=XX" is one octet, "=" CRLF none. */
		taken += 2 * m->equals + m->soft_ends;
		break;
	}
	return taken < m->octets ? m->octets - taken : 0;
}

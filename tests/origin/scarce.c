/* The linker's --wrap leads each call of those three here first. */
#include "scarce.h"

#include <stdlib.h>

static unsigned left; /* calls until one fails; 0: none does */
static bool met;

void *__real_malloc(size_t n);
void *__real_calloc(size_t n, size_t size);
void *__real_realloc(void *p, size_t n);
void *__wrap_malloc(size_t n);
void *__wrap_calloc(size_t n, size_t size);
void *__wrap_realloc(void *p, size_t n);

void
scarce(unsigned number)
{
	left = number;
	met = false;
}

bool
scarce_end(void)
{
	left = 0;
	return met;
}

static bool
fails(void)
{
	bool now = left == 1;

	if (left > 0)
		left--;
	met = met || now;
	return now;
}

void *
__wrap_malloc(size_t n)
{
	return fails() ? NULL : __real_malloc(n);
}

void *
__wrap_calloc(size_t n, size_t size)
{
	return fails() ? NULL : __real_calloc(n, size);
}

void *
__wrap_realloc(void *p, size_t n)
{
	return fails() ? NULL : __real_realloc(p, n);
}

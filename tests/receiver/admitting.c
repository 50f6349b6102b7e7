/* Servers with their lists, for the tests of receiver/admit. */
#include "admitting.h"

#include <stdlib.h>

void
open_with(struct fixture *f, const char *more, uint64_t seed)
{
	side_open(&f->side, "b.test", more, seed);
	side_add_user(&f->side, "bob@b.test");
	f->allowed = hosts_of("192.0.2.16/28", "mx.good.test", NULL);
	f->denied = hosts_of("192.0.2.0/27", ".bad.test", NULL);
	f->callable = hosts_of("10.1.0.0/16", "fd00:1::/32", NULL);
	f->ourselves = hosts_of("198.51.100.1", "10.1.0.1", NULL);
	f->admit = (struct admit){.store = f->side.store,
	    .settings = f->side.settings,
	    .local = f->side.local,
	    .allowed = f->allowed,
	    .denied = f->denied,
	    .callable = f->callable,
	    .ourselves = f->ourselves};
}

void
close_all(struct fixture *f)
{
	side_assert_clean(&f->side);
	hosts_free(&f->allowed);
	hosts_free(&f->denied);
	hosts_free(&f->callable);
	hosts_free(&f->ourselves);
	side_close(&f->side);
}

int
set_up(void **state)
{
	struct fixture *f = malloc(sizeof *f);

	assert_non_null(f);
	open_with(f, "", 0);
	*state = f;
	return 0;
}

int
tear_down(void **state)
{
	close_all(*state);
	free(*state);
	return 0;
}

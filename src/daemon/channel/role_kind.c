/* The names of the roles. */
#include "daemon/channel/role_kind.h"

#include <stddef.h>

const char *
role_kind_name(enum role_kind kind)
{
	static const char *const names[ROLE_KINDS] = {
#define ROLE(NAME, name, help) #name,
#include "daemon/channel/roles.def"
#undef ROLE
	};

	return kind < ROLE_KINDS ? names[kind] : "nobody";
}

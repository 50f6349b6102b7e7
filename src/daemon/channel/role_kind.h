/* The roles of roles.def as an enum; each process has one. */
#ifndef DAEMON_ROLE_KIND_H
#define DAEMON_ROLE_KIND_H

enum role_kind {
#define ROLE(NAME, name, help) ROLE_##NAME,
#include "daemon/channel/roles.def"
#undef ROLE
	ROLE_KINDS
};

/* "keeper"; "nobody" for what is no role. */
const char *role_kind_name(enum role_kind kind);

#endif

/*
 * For: main(). The one program is a server (`restante serve`), each of the
 * server's roles (`restante role NAME`, started by the server alone), and the
 * command line for everything else.
 *
 * Not for: any of these; they begin in server.c and ctl/ctl.c.
 *
 * Read on: README.md of daemon/.
 */
#include "ctl/ctl.h"
#include "daemon/main/server.h"
#include "daemon/offline/inquiry.h"
#include "daemon/offline/stopped.h"
#include "daemon/role/drop.h"

#include <stdlib.h>
#include <string.h>

int
main(int argc, char **argv)
{
	static const struct ctl_world world = {
	    .serve = server_run,
	    .stopped = stopped_answer,
	    .find_user = drop_user,
	    .policy = inquiry_policy,
	};
	const char *config = getenv("RESTANTE_CONFIG");

	if (argc == 3 && strcmp(argv[1], "role") == 0)
		return server_role(argv[2]);
	if (config == NULL || config[0] == '\0')
		config = CTL_DEFAULT_CONFIG;
	return ctl_run(argc, argv, config, &world);
}

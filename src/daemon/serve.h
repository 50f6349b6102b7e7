/* `restante serve`: the role main, from the configuration to the last exit. */
#ifndef DAEMON_SERVE_H
#define DAEMON_SERVE_H

/* Runs until SIGTERM or SIGINT. The exit status: 0 stopped in good order. */
int serve(const char *config_path);

/* The program was started by main as a role: argv[2] is its name. */
int serve_role(const char *name);

#endif

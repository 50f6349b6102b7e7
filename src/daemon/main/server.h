/* `restante serve`: the role main, from the configuration to the last exit. */
#ifndef DAEMON_SERVER_H
#define DAEMON_SERVER_H

/* Runs until SIGTERM or SIGINT. The exit status: 0 stopped in good order. */
int server_run(const char *config_path);

/* The program was started by main as a role: argv[2] is its name. */
int server_role(const char *name);

#endif

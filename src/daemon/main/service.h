/*
 * What a supervisor that started us hears (sd_notify(3), without its library):
 * one datagram to the socket that the environment names.
 */
#ifndef DAEMON_SERVICE_H
#define DAEMON_SERVICE_H

/* Everybody is ready; a reload begins, and READY again ends it; we stop. */
void service_ready(void);
void service_reloading(void);
void service_stopping(void);

#endif

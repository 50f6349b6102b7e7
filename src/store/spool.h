/*
 * Bodies too large for the store: one file each, spool/xx/<32 hex of the
 * message's key>, where xx is the last octet of the key. Made with O_EXCL
 * before the message is put; the commit of message_put makes the body exist,
 * and a file without a message is an orphan that the sweeper removes.
 */
#ifndef STORE_SPOOL_H
#define STORE_SPOOL_H

#include "base/err.h"
#include "base/key.h"

/* SPOOL is the descriptor of the spool folder. Makes the 256 folders. */
int spool_prepare(int spool, struct err *err);

/* A new file for writing and reading. 0, -E_EXISTS, -E_SYSTEM. */
int spool_create(int spool, struct key message, int *fd_r, struct err *err);

/* An existing one for reading. 0, -E_NONE, -E_SYSTEM. */
int spool_open(int spool, struct key message, int *fd_r, struct err *err);

/* The folder that holds the file, for syncing. */
int spool_folder(int spool, struct key message, int *fd_r, struct err *err);

/* Removing what is not there is done. */
int spool_remove(int spool, struct key message, struct err *err);

/*
 * Walks the files of folder *FOLDER (at first 0) and of those behind it: calls
 * SEEN with each key and the file's time of change; what is no body by name and
 * kind is left alone and counted in *STRANGE_R. A SEEN that answers other than
 * 0 ends the walk, which then answers the same; *FOLDER is the one it was in,
 * where the next walk goes on. At the end of all *FOLDER is 0 again.
 */
int spool_walk(int spool, unsigned *folder,
    int (*seen)(void *arg, struct key message, int64_t changed), void *arg,
    unsigned *strange_r, struct err *err);

#endif

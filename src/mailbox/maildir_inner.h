/* What an open Maildir is. Private to maildir.c and maildir_read.c. */
#ifndef MAILBOX_MAILDIR_INNER_H
#define MAILBOX_MAILDIR_INNER_H

#include "mailbox/maildir.h"

struct maildir {
	int tmp, new, cur;
	bool cur_unsafe; /* a message was found in cur/, perhaps not on disk */
};

/* The folder NAME below PARENT, never through a link; or -1 and errno. */
int maildir_open_folder(int parent, const char *name);

#endif

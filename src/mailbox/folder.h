/*
 * Folders of a Maildir++: the name that a mail program shows ("Work/Älteres"),
 * and the one on the disk (".Work.&AMQ-lteres": modified UTF-7, RFC 3501
 * 5.1.3).
 */
#ifndef MAILBOX_FOLDER_H
#define MAILBOX_FOLDER_H

#include "base/err.h"
#include "base/span.h"

#define FOLDER_NAME_MAX 200 /* octets on the disk, with its NUL */

/*
 * NAME: UTF-8, levels between "/". "INBOX" (in any case) becomes "". 0;
 * -E_SYNTAX: it is no UTF-8, empty, too long, has an empty level, a ".", or a
 * control character, which no folder on the disk can have.
 */
int folder_on_disk(struct span name, char disk_r[FOLDER_NAME_MAX]);

/* Is S what folder_on_disk makes? "" is. */
bool folder_is_on_disk(struct span s);

#endif

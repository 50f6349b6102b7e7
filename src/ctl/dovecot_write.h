/* Puts the files for Dovecot into their folder. */
#ifndef CTL_DOVECOT_WRITE_H
#define CTL_DOVECOT_WRITE_H

#include "base/err.h"
#include "ctl/dovecot_text.h"

#include <stdbool.h>

/*
 * Writes all files into words->folder, which is made when missing. A file that
 * is there is replaced if its first line is DOVECOT_TEXT_MARK; -E_EXISTS: one
 * has another, and nothing was written.
 */
int
dovecot_write_files(const struct dovecot_text_words *words, struct err *err);

/*
 * Compiles the scripts there: the readers may not write in that folder, and
 * would compile each time. -E_NONE: the program for it is not installed;
 * -E_SYSTEM: it failed, and has said why on our error stream.
 */
int dovecot_write_compile(const char *folder, struct err *err);

#endif

/* What the commands about users' lists have in common. */
#ifndef CTL_LIST_H
#define CTL_LIST_H

#include "ctl/ctl.h"

/* The word of a request for the list that the command means. */
const char *list_side(const struct arguments *arguments);

#endif

/* What people think of a domain's mail, in words. */
#ifndef CTL_QUALITY_TEXT_H
#define CTL_QUALITY_TEXT_H

#include <jansson.h>
#include <stdio.h>

/* QUALITY: the member of a peer of that name (docs/CONTROL.md). */
void quality_text_print(FILE *to, const json_t *quality);

#endif

/* Entities of HTML: what stands between "&" and ";". */
#ifndef MESSAGE_HTML_ENTITY_H
#define MESSAGE_HTML_ENTITY_H

#include "base/span.h"

/*
 * The character that NAME ("amp", "#38", "#x26") stands for; U+FFFD for a
 * number that is no character; 0 for a name that is not known.
 */
uint32_t html_entity_character(struct span name);

#endif

/* Random octets from the system; there is no other source in the program. */
#ifndef BASE_RAND_H
#define BASE_RAND_H

#include <stddef.h>
#include <stdint.h>

/* Fills N octets at P. Ends the process when the system has none to give. */
void rand_fill(void *p, size_t n);

/* A number below LIMIT (at least 1), each as likely. */
uint64_t rand_below(uint64_t limit);

#endif

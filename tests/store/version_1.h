/* A store of the first version, with rows for the tests of migrations. */
#ifndef TESTS_STORE_VERSION_1_H
#define TESTS_STORE_VERSION_1_H

/*
 * Makes the file anew. Holds 10 (waits for a push), 11 (the same, and it is
 * being pulled), 12 (its notice is due later) and 13 (ended) of message 1;
 * notice 20, which its user accepted.
 */
void version_1_make(const char *path);

#endif

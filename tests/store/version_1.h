/* A store of the first version, in statements that make it; NULL ends them. */
#ifndef TESTS_STORE_VERSION_1_H
#define TESTS_STORE_VERSION_1_H

extern const char *const version_1_schema[], *const version_1_rows[];

#endif

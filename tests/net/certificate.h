/* For tests of net/: a fresh self-signed certificate and its key, as PEM. */
#ifndef TESTS_NET_CERTIFICATE_H
#define TESTS_NET_CERTIFICATE_H

#include "base/buf.h"

/* Both initialised here and the caller's to fini; for the host NAME. */
void certificate_make(
    const char *name, struct buf *certificate_r, struct buf *key_r);

#endif

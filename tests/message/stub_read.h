/* What holds of every stub, whatever it was made of: for tests and fuzzing. */
#ifndef TESTS_STUB_READ_H
#define TESTS_STUB_READ_H

#include "base/buf.h"

/*
 * NULL, or which promise of stub.h is broken. TEXT_R and HTML_R, which are
 * empty, get the parts without their encoding.
 */
const char *stub_read(
    struct span head, struct span body, struct buf *text_r, struct buf *html_r);

#endif

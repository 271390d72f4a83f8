// SPDX-License-Identifier: Apache-2.0
#include "base/check.h"

#include <cstdio>
#include <cstdlib>

namespace nephele {
void check_failed(const char* what, const char* file, int line) {
    std::fprintf(stderr, "nephele: check failed: %s at %s:%d\n", what, file, line);
    std::abort();
}
} // namespace nephele

// SPDX-License-Identifier: Apache-2.0
// Checks for programmer mistakes. User input and the environment never trigger them.
#pragma once

namespace nephele {
[[noreturn]] void check_failed(const char* what, const char* file, int line);
}

#define NEPHELE_CHECK(condition)                                                                   \
    do {                                                                                           \
        if (!(condition)) ::nephele::check_failed(#condition, __FILE__, __LINE__);                 \
    } while (false)

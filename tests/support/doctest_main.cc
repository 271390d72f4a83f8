// SPDX-License-Identifier: Apache-2.0
// The main of every test program. Programs that handle images start themselves again as sandboxed
// children (services/glance/ops/sandboxed.h); those that do not, lack the function.
#define DOCTEST_CONFIG_IMPLEMENT
#include <cstring>
#include <doctest/doctest.h>

namespace nephele::glance {
__attribute__((weak)) void sandboxed_main(int argc, char** argv);
}

int main(int argc, char** argv) {
    if (argc > 1 && std::strcmp(argv[1], "sandboxed") == 0 && nephele::glance::sandboxed_main)
        nephele::glance::sandboxed_main(argc, argv);
    return doctest::Context(argc, argv).run();
}

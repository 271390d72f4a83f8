// SPDX-License-Identifier: Apache-2.0
#include "services/glance/ops/sandboxed.h"

#include "base/strings.h"
#include "services/glance/drivers/sandbox.h"
#include "services/glance/ops/decompress.h"
#include "services/glance/ops/inspect.h"

#include <cerrno>
#include <cstdio>
#include <cstring>
#include <exception>
#include <unistd.h>

namespace nephele::glance {
namespace {
using Words = std::vector<std::string>;
constexpr const char* qemu_img = "/usr/bin/qemu-img";
// The head, a table's entry of 1 MiB, and what the C++ run-time likes to have.
constexpr std::uint64_t inspect_memory = 64 << 20, decompress_memory = 192 << 20,
                        convert_memory = std::uint64_t(1) << 30;
constexpr int inspect_cpu_seconds = 10, decompress_cpu_seconds = 3600;

std::uint64_t number(const std::string& text) {
    return static_cast<std::uint64_t>(to_int(text).value_or(0));
}

/// Says why on standard error, which is the server's, and gives the status for it.
int unconfined() {
    std::fprintf(stderr, "nephele sandboxed: cannot confine this process: %s\n",
                 std::strerror(errno));
    return 125;
}

FormatRules rules_of(const Words& words) { return {words.at(2) == "match", number(words.at(3))}; }

int inspect(const Words& words) {
    if (!confine(Confinement::pipes, {inspect_cpu_seconds, inspect_memory, 0})) return unconfined();
    return inspect_in_sandbox({words.at(0), words.at(1)}, rules_of(words));
}

int decompress(const Words& words) {
    auto limit = number(words.at(1));
    if (!confine(Confinement::pipes, {decompress_cpu_seconds, decompress_memory, limit + 1}))
        return unconfined();
    return decompress_in_sandbox(words.at(0), limit);
}

// SOURCE FORMAT TARGET FORMAT LIMIT SECONDS; both files exist.
int convert(const Words& words) {
    SandboxLimits limits{static_cast<int>(number(words.at(5))), convert_memory,
                         number(words.at(4))};
    if (!confine(Confinement::program, limits, {{words.at(0)}, {words.at(2)}})) return unconfined();
    std::string from = "file:" + words.at(0), to = "file:" + words.at(2);
    ::execl(qemu_img, "qemu-img", "convert", "-U", "-f", words.at(1).c_str(), "-O",
            words.at(3).c_str(), from.c_str(), to.c_str(), static_cast<char*>(nullptr));
    return unconfined();
}
} // namespace

void sandboxed_main(int argc, char** argv) {
    int status = 2;
    try {
        Words words(argv + std::min(argc, 3), argv + argc);
        std::string role = argc > 2 ? argv[2] : "";
        if (role == "inspect") status = inspect(words);
        if (role == "decompress") status = decompress(words);
        if (role == "convert") status = convert(words);
    } catch (const std::exception& error) {
        // Out of memory, or wrong arguments. The status says that it failed.
        status = 3;
    }
    // Nothing of the exit handlers: some would want what was taken away.
    ::_exit(status);
}

std::vector<std::string> inspect_command(const Declared& declared, const FormatRules& rules) {
    return {"inspect", declared.disk_format, declared.container_format,
            rules.require_match ? "match" : "any", std::to_string(rules.virtual_size_cap)};
}
int inspect_here(const std::vector<std::string>& command, int descriptor) {
    if (command.at(0) != "inspect") return 2;
    Words words(command.begin() + 1, command.end());
    return inspect_in_sandbox({words.at(0), words.at(1)}, rules_of(words), descriptor, descriptor);
}
std::vector<std::string> decompress_command(const std::string& kind, std::uint64_t limit) {
    return {"decompress", kind, std::to_string(limit)};
}
std::vector<std::string> convert_command(const std::string& from, const std::string& from_format,
                                         const std::string& to, const std::string& to_format,
                                         std::uint64_t limit, int cpu_seconds) {
    return {"convert",
            from,
            from_format,
            to,
            to_format,
            std::to_string(limit),
            std::to_string(cpu_seconds)};
}

} // namespace nephele::glance

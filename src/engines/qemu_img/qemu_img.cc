// SPDX-License-Identifier: Apache-2.0
#include "engines/qemu_img/qemu_img.h"

#include "base/process.h"
#include "base/strings.h"
#include "platform/json/json.h"

#include <cerrno>
#include <cstdio>
#include <cstring>
#include <unistd.h>

namespace nephele::qemu_img {
namespace {

constexpr int short_timeout_ms = 30'000;
constexpr int copy_timeout_ms = 30 * 60 * 1000;
// A hostile image may make qemu-img use memory or time without end.
constexpr const char* address_space_limit = "--as=1073741824";
constexpr const char* cpu_seconds_limit = "--cpu=600";

struct Name {
    Format format;
    const char* name;
};
constexpr Name names[] = {{Format::raw, "raw"}, {Format::qcow2, "qcow2"}, {Format::vmdk, "vmdk"},
                          {Format::vdi, "vdi"}, {Format::vhdx, "vhdx"},   {Format::vpc, "vpc"}};

/// qemu-img reads "nbd:..." or "json:..." as something else than a file.
std::string file(const std::string& path) {
    if (path.empty() || path[0] != '/')
        throw EngineFailure(EngineFailure::Kind::permanent,
                            "qemu-img: no absolute path: \"" + path + "\"");
    return "file:" + path;
}

std::string run(std::vector<std::string> arguments, int timeout_ms) {
    std::vector<std::string> command = {"prlimit", address_space_limit, cpu_seconds_limit,
                                        "qemu-img"};
    command.insert(command.end(), arguments.begin(), arguments.end());
    ProcessOptions options;
    options.timeout_ms = timeout_ms;
    // Each of its threads would reserve an arena of 128 MiB, and a few make the limit.
    options.environment = {"LC_ALL=C", "MALLOC_ARENA_MAX=1"};
    auto result = run_process(command, options);
    if (result.ok()) return result.output;
    using End = ProcessResult::End;
    auto kind = EngineFailure::Kind::permanent;
    if (result.end == End::timed_out) kind = EngineFailure::Kind::unknown;
    // Another process has the image open; it may let go.
    if (result.errors.find("Failed to get") != std::string::npos ||
        result.errors.find("No space left") != std::string::npos)
        kind = EngineFailure::Kind::transient;
    throw EngineFailure(kind, format("qemu-img {}: {}", arguments[0], result.describe()));
}

void rename_into_place(const std::string& from, const std::string& to) {
    if (std::rename(from.c_str(), to.c_str()) == 0) return;
    const std::string reason = std::strerror(errno);
    ::unlink(from.c_str());
    throw EngineFailure(EngineFailure::Kind::permanent, "rename to " + to + ": " + reason);
}

/// Runs a command that writes `path` under a name of its own first: a crash leaves no half image
/// under the wanted name.
template <class Write> void replace(const std::string& path, Write write) {
    file(path);
    const std::string part = path + ".part";
    ::unlink(part.c_str());
    try {
        write(part);
    } catch (const EngineFailure&) {
        ::unlink(part.c_str());
        throw;
    }
    rename_into_place(part, path);
}

} // namespace

const char* format_name(Format format) {
    for (const auto& entry : names)
        if (entry.format == format) return entry.name;
    return "raw";
}

std::optional<Format> format_of(const std::string& name) {
    for (const auto& entry : names)
        if (name == entry.name) return entry.format;
    return std::nullopt;
}

Info info(const std::string& path, Format format) {
    const std::string output =
        run({"info", "--output=json", "--force-share", "-f", format_name(format), file(path)},
            short_timeout_ms);
    const Json json = Json::parse(output);
    Info info;
    info.format = format;
    info.virtual_bytes = json.at("virtual-size").as_uint();
    info.stored_bytes = json.at("actual-size").as_uint();
    info.backing_file = json.text("backing-filename");
    info.backing_format = json.text("backing-filename-format");
    info.encrypted = json.boolean("encrypted");
    info.data_file = json.get("format-specific").get("data").text("data-file");
    return info;
}

void create_overlay(const std::string& path, const std::string& backing, Format backing_format,
                    std::optional<std::uint64_t> virtual_bytes) {
    if (::access(backing.c_str(), R_OK) != 0)
        throw EngineFailure(EngineFailure::Kind::permanent,
                            "qemu-img: base " + backing + ": " + std::strerror(errno));
    file(backing);
    replace(path, [&](const std::string& part) {
        std::vector<std::string> arguments = {"create", "-q",    "-f",
                                              "qcow2",  "-F",    format_name(backing_format),
                                              "-b",     backing, file(part)};
        if (virtual_bytes) arguments.push_back(std::to_string(*virtual_bytes));
        run(arguments, short_timeout_ms);
    });
}

void create(const std::string& path, Format format, std::uint64_t virtual_bytes) {
    replace(path, [&](const std::string& part) {
        run({"create", "-q", "-f", format_name(format), file(part), std::to_string(virtual_bytes)},
            short_timeout_ms);
    });
}

void convert(const std::string& from, const std::string& to, const Conversion& conversion) {
    replace(to, [&](const std::string& part) {
        std::vector<std::string> arguments = {"convert", "-f", format_name(conversion.from), "-O",
                                              format_name(conversion.to)};
        if (conversion.compressed) arguments.push_back("-c");
        arguments.push_back(file(from));
        arguments.push_back(file(part));
        run(arguments, conversion.timeout_ms);
    });
}

void resize(const std::string& path, Format format, std::uint64_t virtual_bytes, Shrink shrink) {
    std::vector<std::string> arguments = {"resize", "-q", "-f", format_name(format)};
    if (shrink == Shrink::allow) arguments.push_back("--shrink");
    arguments.push_back(file(path));
    arguments.push_back(std::to_string(virtual_bytes));
    run(arguments, short_timeout_ms);
}

void rebase(const std::string& path, const std::string& backing, Format backing_format) {
    std::vector<std::string> arguments = {"rebase", "-q", "-f", "qcow2"};
    if (!backing.empty()) {
        file(backing);
        arguments.insert(arguments.end(), {"-F", format_name(backing_format)});
    }
    arguments.insert(arguments.end(), {"-b", backing, file(path)});
    run(arguments, copy_timeout_ms);
}

} // namespace nephele::qemu_img

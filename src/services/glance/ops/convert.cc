// SPDX-License-Identifier: Apache-2.0
#include "services/glance/ops/convert.h"

#include "base/strings.h"
#include "platform/fault/fault.h"
#include "services/glance/drivers/sandbox.h"
#include "services/glance/ops/decompress.h"
#include "services/glance/ops/inspect.h"
#include "services/glance/ops/sandboxed.h"

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <fcntl.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <unistd.h>
#include <utility>

namespace nephele::glance {
namespace {
constexpr std::size_t read_bytes = 256 * 1024;
constexpr mode_t file_mode = 0640;

Failure refused(const std::string& reason) {
    return Failure(Fault::unsupported_media_type, "InvalidImageData", reason);
}
Failure broken(const std::string& what, int code = errno) {
    return Failure(Fault::unavailable, "StagingFailed",
                   format("The staged image could not be worked on: {}. Repeat it.", what))
        .inside(std::strerror(code));
}

class File {
  public:
    File(const std::string& path, int flags)
        : fd_(::open(path.c_str(), flags | O_CLOEXEC | O_NOFOLLOW, file_mode)) {
        if (fd_ < 0) throw broken("it could not be opened");
    }
    ~File() { ::close(fd_); }
    File(const File&) = delete;
    int get() const { return fd_; }
    std::uint64_t size() const {
        struct stat facts {};
        if (::fstat(fd_, &facts) != 0) throw broken("it could not be measured");
        return static_cast<std::uint64_t>(facts.st_size);
    }

  private:
    int fd_;
};

/// A new file that goes away unless it was kept.
class NewFile {
  public:
    explicit NewFile(std::string path) : path_(std::move(path)) {
        ::unlink(path_.c_str());
        file_.emplace(path_, O_RDWR | O_CREAT | O_EXCL);
    }
    ~NewFile() {
        if (!kept_) ::unlink(path_.c_str());
    }
    int get() const { return file_->get(); }
    const std::string& path() const { return path_; }
    std::string keep_as(const std::string& path) {
        if (::rename(path_.c_str(), path.c_str()) != 0) throw broken("it could not be renamed");
        kept_ = true;
        return path;
    }

  private:
    std::string path_;
    std::optional<File> file_;
    bool kept_ = false;
};

// Bytes a result may have: the cap, and what the disk has room for.
std::uint64_t room_beside(const std::string& path, const ImportPlugins& plugins) {
    struct statvfs facts {};
    std::string folder = path.substr(0, path.rfind('/') + 1);
    if (::statvfs(folder.c_str(), &facts) != 0) throw broken("its folder could not be measured");
    return std::min<std::uint64_t>(plugins.expansion_cap,
                                   std::uint64_t(facts.f_bavail) * facts.f_frsize);
}

std::string head_of(const std::string& path) {
    File file(path, O_RDONLY);
    std::string head(512, '\0');
    auto count = ::pread(file.get(), head.data(), head.size(), 0);
    head.resize(count > 0 ? static_cast<std::size_t>(count) : 0);
    return head;
}

Failure expands_too_far(std::uint64_t limit) {
    return Failure(
        Fault::too_large, "ImageSizeLimitExceeded",
        format("The image is refused: it expands to more than the limit of {} bytes.", limit));
}

void decompress(const std::string& from, const NewFile& to, const ImportPlugins& plugins) {
    auto limit = room_beside(from, plugins);
    File source(from, O_RDONLY);
    SandboxedChild child(decompress_command(formats::archive_of(head_of(from)), limit),
                         source.get(), to.get());
    std::string end = child.finish(monotonic_ms() + plugins.timeout_ms);
    if (end.empty()) return;
    constexpr std::string_view exited = "exit status ";
    auto status = end.rfind(exited, 0) == 0 ? to_int(end.substr(exited.size())).value_or(0) : 0;
    if (status == decompressed::too_large) throw expands_too_far(limit);
    if (auto* reason = decompressed::reason(static_cast<int>(status)))
        throw refused(format("The image is refused: {}", reason));
    throw refused(format("The image is refused: unpacking it did not come to an end ({}).", end));
}

const char* qemu_name(const std::string& format) {
    if (format == "vhd") return "vpc";
    if (format == "ploop") return "parallels";
    for (auto known : {"raw", "qcow2", "vmdk", "vhdx", "vdi"})
        if (format == known) return known;
    return nullptr;
}

void convert(const std::string& from, const std::string& format_from, const NewFile& to,
             const std::string& format_to, std::uint64_t virtual_size,
             const ImportPlugins& plugins) {
    auto limit = room_beside(from, plugins);
    if (virtual_size > plugins.expansion_cap) throw expands_too_far(plugins.expansion_cap);
    int cpu_seconds = plugins.timeout_ms / 1000;
    SandboxedChild child(convert_command(from, qemu_name(format_from), to.path(),
                                         qemu_name(format_to), limit, cpu_seconds));
    std::string end = child.finish(monotonic_ms() + plugins.timeout_ms);
    if (!end.empty())
        throw refused(format("The image could not be converted from {} to {} ({}).", format_from,
                             format_to, end));
}
} // namespace

ImportPlugins import_plugins(const Config& config) {
    ImportPlugins out;
    for (auto& name : config.list("glance.image_import_plugins")) {
        if (name == "image_decompression")
            out.decompression = true;
        else if (name == "image_conversion")
            out.conversion = config.text("glance.image_conversion_output_format");
        else if (name == "inject_image_metadata")
            for (auto& text : config.list("glance.inject"))
                out.inject.emplace_back(
                    trim(text.substr(0, text.find('='))),
                    trim(text.substr(std::min(text.find('=') + 1, text.size()))));
        else if (name != "no_op")
            throw Failure(Fault::bad_request, "BadConfig",
                          format("glance.image_import_plugins names {}; known are "
                                 "image_decompression, image_conversion and "
                                 "inject_image_metadata.",
                                 name));
    }
    if (!out.conversion.empty() && !qemu_name(out.conversion))
        throw Failure(Fault::bad_request, "BadConfig",
                      format("glance.image_conversion_output_format is {}, which nothing can be "
                             "converted to.",
                             out.conversion));
    out.inject_ignored_roles = config.list("glance.inject_ignore_user_roles");
    out.expansion_cap = static_cast<std::uint64_t>(
        std::max<std::int64_t>(0, config.integer("glance.image_expansion_cap")));
    out.timeout_ms = static_cast<int>(config.integer("glance.image_conversion_timeout")) * 1000;
    return out;
}

Inspection inspect_file(const std::string& path, const Declared& declared,
                        const FormatRules& rules) {
    File file(path, O_RDONLY);
    StreamInspection inspection(declared, rules);
    std::string piece(read_bytes, '\0');
    for (;;) {
        auto count = ::read(file.get(), piece.data(), piece.size());
        if (count < 0 && errno == EINTR) continue;
        if (count < 0) throw broken("it could not be read");
        if (count == 0) return inspection.finish();
        inspection.feed(std::string_view(piece).substr(0, static_cast<std::size_t>(count)));
    }
}

Prepared prepare_import(const std::string& path, const Declared& declared, const FormatRules& rules,
                        const ImportPlugins& plugins) {
    Prepared out{path, declared};
    std::string prepared = path + ".prepared";
    bool unpack = plugins.decompression && declared.container_format == "compressed";
    std::optional<NewFile> plain;
    Inspection found = inspect_file(path, declared, rules);
    if (unpack) {
        plain.emplace(prepared + ".plain");
        decompress(path, *plain, plugins);
        out.declared.container_format = "bare";
        out.path = plain->path();
        out.changed = true;
        found = inspect_file(out.path, out.declared, rules);
    }
    // What is no disk, or what nobody knows, stays as it is.
    if (!plugins.conversion.empty() && qemu_name(found.format) &&
        found.format != plugins.conversion) {
        NewFile converted(prepared + ".converted");
        convert(out.path, found.format, converted, plugins.conversion,
                static_cast<std::uint64_t>(found.virtual_size), plugins);
        out.declared = {plugins.conversion, "bare"};
        out.path = converted.keep_as(prepared);
        out.changed = true;
    } else if (plain) {
        out.path = plain->keep_as(prepared);
    }
    return out;
}

std::vector<std::pair<std::string, std::string>>
injected_properties(const ImportPlugins& plugins, const std::vector<std::string>& roles) {
    for (auto& role : roles)
        for (auto& ignored : plugins.inject_ignored_roles)
            if (iequals(role, ignored)) return {};
    return plugins.inject;
}

} // namespace nephele::glance

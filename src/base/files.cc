// SPDX-License-Identifier: Apache-2.0
#include "base/files.h"

#include <algorithm>
#include <cerrno>
#include <cstdio>
#include <fcntl.h>
#include <sys/stat.h>
#include <system_error>
#include <unistd.h>

namespace nephele::files {
namespace {

[[noreturn]] void fail(const std::string& doing, const std::string& path) {
    throw std::system_error(errno, std::generic_category(), "cannot " + doing + " " + path);
}

class Descriptor {
  public:
    Descriptor(const std::string& path, int flags, unsigned mode = 0)
        : fd_(::open(path.c_str(), flags | O_CLOEXEC, mode)) {}
    ~Descriptor() {
        if (fd_ >= 0) ::close(fd_);
    }
    Descriptor(const Descriptor&) = delete;
    int get() const { return fd_; }
    explicit operator bool() const { return fd_ >= 0; }

  private:
    const int fd_;
};

void write_all(int file, std::string_view bytes, const std::string& path) {
    while (!bytes.empty()) {
        const ssize_t count = ::write(file, bytes.data(), bytes.size());
        if (count < 0 && errno == EINTR) continue;
        if (count < 0) fail("write", path);
        bytes.remove_prefix(static_cast<std::size_t>(count));
    }
}
} // namespace

std::optional<std::string> read(const std::string& path, std::size_t limit) {
    Descriptor file(path, O_RDONLY);
    if (!file) {
        if (errno == ENOENT || errno == ENOTDIR) return std::nullopt;
        fail("open", path);
    }
    std::string text;
    char buffer[16 * 1024];
    while (text.size() < limit) {
        const ssize_t count =
            ::read(file.get(), buffer, std::min(sizeof buffer, limit - text.size()));
        if (count < 0 && errno == EINTR) continue;
        if (count < 0) fail("read", path);
        if (count == 0) break;
        text.append(buffer, static_cast<std::size_t>(count));
    }
    return text;
}

void replace(const std::string& path, std::string_view text, unsigned mode) {
    const std::string next = path + ".next";
    Descriptor file(next, O_WRONLY | O_CREAT | O_TRUNC | O_NOFOLLOW, mode);
    if (!file) fail("create", next);
    write_all(file.get(), text, next);
    if (::fsync(file.get()) != 0) fail("sync", next);
    if (std::rename(next.c_str(), path.c_str()) != 0) fail("replace", path);
}

void sync_folder(const std::string& path) {
    Descriptor folder(path, O_RDONLY | O_DIRECTORY);
    if (!folder || ::fsync(folder.get()) != 0) fail("sync", path);
}

void replace_durably(const std::string& path, std::string_view text, unsigned mode) {
    replace(path, text, mode);
    const auto slash = path.rfind('/');
    sync_folder(slash == std::string::npos ? "." : path.substr(0, slash + 1));
}

void make_folders(const std::string& path, unsigned mode) {
    for (auto slash = path.find('/', 1);; slash = path.find('/', slash + 1)) {
        const std::string part = path.substr(0, slash);
        if (::mkdir(part.c_str(), mode) != 0 && errno != EEXIST && errno != EISDIR)
            fail("make the folder", part);
        if (slash == std::string::npos) return;
    }
}

} // namespace nephele::files

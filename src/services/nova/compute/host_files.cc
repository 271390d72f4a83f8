// SPDX-License-Identifier: Apache-2.0
#include "services/nova/compute/host_files.h"

#include "base/files.h"
#include "base/strings.h"
#include "base/time.h"
#include "platform/fault/fault.h"

#include <algorithm>
#include <cerrno>
#include <cstdio>
#include <cstring>
#include <dirent.h>
#include <fcntl.h>
#include <linux/fs.h>
#include <sys/ioctl.h>
#include <sys/stat.h>
#include <system_error>
#include <unistd.h>

namespace nephele::nova::compute {
namespace {

[[noreturn]] void fail(const std::string& doing, int error) {
    const bool passing = error == ENOSPC || error == EDQUOT || error == EIO || error == EMFILE ||
                         error == ENFILE || error == EAGAIN;
    throw EngineFailure(passing ? EngineFailure::Kind::transient : EngineFailure::Kind::permanent,
                        format("host files: {}: {}", doing, std::strerror(error)));
}

// What base/files throws, as what this host's makers throw.
template <class F> auto told(F&& action) {
    try {
        return action();
    } catch (const std::system_error& error) {
        fail(error.what(), error.code().value());
    }
}

class Descriptor {
  public:
    explicit Descriptor(int fd) : fd_(fd) {}
    ~Descriptor() {
        if (fd_ >= 0) ::close(fd_);
    }
    Descriptor(const Descriptor&) = delete;
    int get() const { return fd_; }
    explicit operator bool() const { return fd_ >= 0; }

  private:
    int fd_;
};

void rename_into_place(const std::string& from, const std::string& to) {
    if (std::rename(from.c_str(), to.c_str()) != 0) fail("rename to " + to, errno);
    Descriptor folder(::open(to.substr(0, to.rfind('/')).c_str(), O_RDONLY | O_CLOEXEC));
    if (folder) ::fsync(folder.get());
}

void copy_range(int from, int to, off_t begin, off_t end, const std::string& name) {
    loff_t in = begin, out = begin;
    while (in < end) {
        ssize_t count =
            ::copy_file_range(from, &in, to, &out, static_cast<std::size_t>(end - in), 0);
        if (count > 0) continue;
        if (count < 0 && errno == EINTR) continue;
        if (count < 0 && errno != EXDEV && errno != EINVAL && errno != ENOSYS &&
            errno != EOPNOTSUPP)
            fail("copy " + name, errno);
        std::string buffer(1 << 20, '\0'); // The kernel cannot do it between these two.
        count = ::pread(from, buffer.data(), std::min<std::size_t>(buffer.size(), end - in), in);
        if (count <= 0) fail("read " + name, count ? errno : EIO);
        if (::pwrite(to, buffer.data(), static_cast<std::size_t>(count), out) != count)
            fail("write the copy of " + name, errno);
        in += count;
        out += count;
    }
}

void copy_data(int from, int to, off_t size, const std::string& name) {
    if (::ioctl(to, FICLONE, from) == 0) return;
    for (off_t at = 0; at < size;) {
        off_t data = ::lseek(from, at, SEEK_DATA);
        if (data < 0 && errno == ENXIO) break; // A hole to the end.
        if (data < 0) data = at;
        off_t hole = ::lseek(from, data, SEEK_HOLE);
        if (hole < 0) hole = size;
        copy_range(from, to, data, std::min(hole, size), name);
        at = hole;
    }
    if (::ftruncate(to, size) != 0) fail("write the copy of " + name, errno);
}

} // namespace

bool exists(const std::string& path) { return ::access(path.c_str(), F_OK) == 0; }

void make_folder(const std::string& path, unsigned mode) {
    told([&] { files::make_folders(path, mode); });
}

std::optional<std::string> read_file(const std::string& path, std::size_t limit) {
    return told([&] { return files::read(path, limit); });
}

std::optional<std::string> read_tail(const std::string& path, std::size_t bytes) {
    Descriptor file(::open(path.c_str(), O_RDONLY | O_CLOEXEC));
    if (!file) return std::nullopt;
    const off_t size = ::lseek(file.get(), 0, SEEK_END);
    const off_t begin = std::max<off_t>(0, size - static_cast<off_t>(bytes));
    std::string text(static_cast<std::size_t>(size - begin), '\0');
    ssize_t count = ::pread(file.get(), text.data(), text.size(), begin);
    if (count < 0) fail("read " + path, errno);
    text.resize(static_cast<std::size_t>(count));
    return text;
}

void write_file(const std::string& path, std::string_view text, unsigned mode) {
    told([&] { files::replace_durably(path, text, mode); });
}

void copy_file(const std::string& from, const std::string& to) {
    const std::string part = to + ".part";
    Descriptor source(::open(from.c_str(), O_RDONLY | O_CLOEXEC));
    if (!source) fail("open " + from, errno);
    struct stat facts {};
    if (::fstat(source.get(), &facts) != 0) fail("read " + from, errno);
    try {
        Descriptor copy(
            ::open(part.c_str(), O_RDWR | O_CREAT | O_TRUNC | O_CLOEXEC | O_NOFOLLOW, 0644));
        if (!copy) fail("write " + part, errno);
        copy_data(source.get(), copy.get(), facts.st_size, from);
        if (::fdatasync(copy.get()) != 0) fail("write " + part, errno);
    } catch (const EngineFailure&) {
        ::unlink(part.c_str());
        throw;
    }
    rename_into_place(part, to);
}

void touch(const std::string& path) {
    if (::utimensat(AT_FDCWD, path.c_str(), nullptr, 0) != 0) fail("touch " + path, errno);
}

std::int64_t age_seconds(const std::string& path) {
    struct stat facts {};
    if (::stat(path.c_str(), &facts) != 0) return 0;
    return system_clock().now().seconds() - facts.st_mtim.tv_sec; // The file system's clock.
}

void move_file(const std::string& from, const std::string& to) { rename_into_place(from, to); }

void remove_all(const std::string& path) {
    struct stat facts {};
    if (::lstat(path.c_str(), &facts) != 0) {
        if (errno == ENOENT || errno == ENOTDIR) return;
        fail("look at " + path, errno);
    }
    if (!S_ISDIR(facts.st_mode)) {
        if (::unlink(path.c_str()) != 0 && errno != ENOENT) fail("remove " + path, errno);
        return;
    }
    for (const auto& name : names_in(path)) remove_all(path + "/" + name);
    if (::rmdir(path.c_str()) != 0 && errno != ENOENT) fail("remove " + path, errno);
}

std::vector<std::string> names_in(const std::string& folder) {
    std::vector<std::string> names;
    DIR* open = ::opendir(folder.c_str());
    if (!open) return names;
    while (const dirent* entry = ::readdir(open)) {
        const std::string_view name = entry->d_name;
        if (name != "." && name != "..") names.emplace_back(name);
    }
    ::closedir(open);
    std::sort(names.begin(), names.end());
    return names;
}

} // namespace nephele::nova::compute

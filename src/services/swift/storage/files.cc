// SPDX-License-Identifier: Apache-2.0
#include "services/swift/storage/files.h"

#include "base/strings.h"
#include "platform/fault/fault.h"

#include <algorithm>
#include <cerrno>
#include <climits>
#include <cstring>
#include <dirent.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <unistd.h>

namespace nephele::swift {

int Calls::open(const std::string& path, int flags, int mode) {
    return ::open(path.c_str(), flags | O_CLOEXEC, mode);
}
ssize_t Calls::pread(int fd, char* into, std::size_t size, std::uint64_t offset) {
    return ::pread(fd, into, size, static_cast<off_t>(offset));
}
ssize_t Calls::pwritev(int fd, const iovec* parts, int count, std::uint64_t offset) {
    return ::pwritev(fd, parts, count, static_cast<off_t>(offset));
}
int Calls::fdatasync(int fd) { return ::fdatasync(fd); }
int Calls::fsync(int fd) { return ::fsync(fd); }
int Calls::ftruncate(int fd, std::uint64_t size) {
    return ::ftruncate(fd, static_cast<off_t>(size));
}
int Calls::fallocate(int fd, int mode, std::uint64_t offset, std::uint64_t size) {
    return ::fallocate(fd, mode, static_cast<off_t>(offset), static_cast<off_t>(size));
}
int Calls::rename(const std::string& from, const std::string& to) {
    return ::rename(from.c_str(), to.c_str());
}
int Calls::unlink(const std::string& path) { return ::unlink(path.c_str()); }
int Calls::mkdir(const std::string& path) { return ::mkdir(path.c_str(), 0700); }
std::uint64_t Calls::free_bytes(const std::string& path) {
    struct statvfs status {};
    if (::statvfs(path.c_str(), &status) != 0) return 0;
    return std::uint64_t{status.f_bavail} * status.f_frsize;
}

Calls& system_calls() {
    static Calls calls;
    return calls;
}

OpenFile::~OpenFile() {
    if (descriptor >= 0) ::close(descriptor);
}

void throw_device_failure(const std::string& what, int error) {
    auto cause = format("{}: {}", what, std::strerror(error));
    if (error == ENOSPC || error == EDQUOT)
        throw Failure(Fault::insufficient_storage, "swift.device_full",
                      "The storage device is full. Delete objects or add devices.")
            .inside(cause);
    throw Failure(Fault::unavailable, "swift.device_failed",
                  "The storage device does not work. Try again later.")
        .inside(cause + "; look at the disk and the kernel's log");
}

FilePointer Files::open(const std::string& path, int flags) {
    auto file = open_if_there(path, flags);
    if (!file) throw_device_failure("open " + path, ENOENT);
    return file;
}

FilePointer Files::open_if_there(const std::string& path, int flags) {
    int fd = calls_.open(path, flags, 0600);
    if (fd >= 0) return std::make_shared<OpenFile>(fd);
    if (errno == ENOENT) return nullptr;
    throw_device_failure("open " + path, errno);
}

FilePointer Files::create_direct(const std::string& path) {
    constexpr int flags = O_RDWR | O_CREAT | O_EXCL;
    int fd = calls_.open(path, flags | O_DIRECT, 0600);
    if (fd >= 0) return std::make_shared<OpenFile>(fd);
    if (errno != EINVAL) throw_device_failure("open " + path, errno);
    calls_.unlink(path); // made all the same by some file systems
    return open(path, flags);
}

void Files::write_direct(const OpenFile& file, std::string_view bytes, std::uint64_t offset,
                         const std::string& what) {
    iovec part{const_cast<char*>(bytes.data()), bytes.size()};
    auto wrote = calls_.pwritev(file.descriptor, &part, 1, offset);
    if (wrote < 0 && errno != EINTR) throw_device_failure("write " + what, errno);
    auto done = static_cast<std::size_t>(std::max<ssize_t>(wrote, 0));
    if (done == bytes.size()) return;
    end_direct(file); // what is left need not begin at a block
    write(file, bytes.substr(done), offset + done, what);
}

void Files::end_direct(const OpenFile& file) {
    int flags = ::fcntl(file.descriptor, F_GETFL);
    if (flags >= 0 && flags & O_DIRECT) ::fcntl(file.descriptor, F_SETFL, flags & ~O_DIRECT);
}

std::size_t Files::read(const OpenFile& file, char* into, std::size_t size, std::uint64_t offset,
                        const std::string& what) {
    std::size_t done = 0;
    while (done < size) {
        auto got = calls_.pread(file.descriptor, into + done, size - done, offset + done);
        if (got < 0 && errno == EINTR) continue;
        if (got < 0) throw_device_failure("read " + what, errno);
        if (got == 0) break;
        done += static_cast<std::size_t>(got);
    }
    return done;
}

void Files::write(const OpenFile& file, std::vector<iovec>& parts, std::uint64_t offset,
                  const std::string& what) {
    std::size_t first = 0;
    while (first < parts.size()) {
        auto count = static_cast<int>(std::min<std::size_t>(parts.size() - first, IOV_MAX));
        auto wrote = calls_.pwritev(file.descriptor, &parts[first], count, offset);
        if (wrote < 0 && errno == EINTR) continue;
        if (wrote < 0) throw_device_failure("write " + what, errno);
        if (wrote == 0) throw_device_failure("write " + what, ENOSPC);
        auto left = static_cast<std::size_t>(wrote);
        offset += left;
        while (first < parts.size() && left >= parts[first].iov_len) left -= parts[first++].iov_len;
        if (first < parts.size()) {
            parts[first].iov_base = static_cast<char*>(parts[first].iov_base) + left;
            parts[first].iov_len -= left;
        }
    }
}

void Files::write(const OpenFile& file, std::string_view bytes, std::uint64_t offset,
                  const std::string& what) {
    if (bytes.empty()) return;
    std::vector<iovec> parts = {{const_cast<char*>(bytes.data()), bytes.size()}};
    write(file, parts, offset, what);
}

void Files::sync(const OpenFile& file, const std::string& what) {
    if (calls_.fdatasync(file.descriptor) != 0) throw_device_failure("sync " + what, errno);
}

void Files::sync_directory(const std::string& path) {
    auto directory = open(path, O_RDONLY | O_DIRECTORY);
    if (calls_.fsync(directory->descriptor) != 0) throw_device_failure("sync " + path, errno);
}

void Files::truncate(const OpenFile& file, std::uint64_t size, const std::string& what) {
    if (calls_.ftruncate(file.descriptor, size) != 0)
        throw_device_failure("truncate " + what, errno);
}

void Files::reserve(const OpenFile& file, std::uint64_t offset, std::uint64_t size,
                    const std::string& what) {
    if (calls_.fallocate(file.descriptor, FALLOC_FL_KEEP_SIZE, offset, size) == 0) return;
    // A file system that cannot reserve tells a full disk at the write.
    if (errno != EOPNOTSUPP) throw_device_failure("reserve " + what, errno);
}

void Files::rename(const std::string& from, const std::string& to) {
    if (calls_.rename(from, to) != 0) throw_device_failure("rename " + from, errno);
}

void Files::unlink(const std::string& path) {
    if (calls_.unlink(path) != 0 && errno != ENOENT) throw_device_failure("unlink " + path, errno);
}

void Files::make_directory(const std::string& path) {
    if (calls_.mkdir(path) != 0 && errno != EEXIST)
        throw_device_failure("make directory " + path, errno);
}

std::uint64_t Files::size(const OpenFile& file) {
    struct stat status {};
    if (::fstat(file.descriptor, &status) != 0) throw_device_failure("stat", errno);
    return static_cast<std::uint64_t>(status.st_size);
}

std::vector<std::string> Files::list(const std::string& path) {
    std::vector<std::string> out;
    DIR* directory = ::opendir(path.c_str());
    if (!directory) throw_device_failure("list " + path, errno);
    while (auto entry = ::readdir(directory)) {
        std::string_view name = entry->d_name;
        if (name != "." && name != "..") out.emplace_back(name);
    }
    ::closedir(directory);
    std::sort(out.begin(), out.end());
    return out;
}

void Files::replace(const std::string& directory, const std::string& name, std::string_view text) {
    auto path = directory + "/" + name;
    {
        auto file = open(path + ".new", O_WRONLY | O_CREAT | O_TRUNC);
        write(*file, text, 0, path);
        sync(*file, path);
    }
    rename(path + ".new", path);
    sync_directory(directory);
}

std::string Files::read_small(const std::string& path) {
    auto file = open_if_there(path, O_RDONLY);
    if (!file) return "";
    std::string text(4096, '\0');
    text.resize(read(*file, text.data(), text.size(), 0, path));
    return text;
}

} // namespace nephele::swift

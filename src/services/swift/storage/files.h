// SPDX-License-Identifier: Apache-2.0
// The calls of the system that a device makes, in one place, so that a test can make each of them
// fail. What fails for good throws Failure: insufficient_storage when the disk is full, unavailable
// otherwise, with the file and the cause.
#pragma once
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <sys/types.h>
#include <sys/uio.h>
#include <vector>

namespace nephele::swift {

/// The raw calls, as the system has them: -1 and errno. Overridden by tests that inject faults.
class Calls {
  public:
    virtual ~Calls() = default;
    virtual int open(const std::string& path, int flags, int mode);
    virtual ssize_t pread(int fd, char* into, std::size_t size, std::uint64_t offset);
    virtual ssize_t pwritev(int fd, const iovec* parts, int count, std::uint64_t offset);
    virtual int fdatasync(int fd);
    virtual int fsync(int fd);
    virtual int ftruncate(int fd, std::uint64_t size);
    virtual int fallocate(int fd, int mode, std::uint64_t offset, std::uint64_t size);
    virtual int rename(const std::string& from, const std::string& to);
    virtual int unlink(const std::string& path);
    virtual int mkdir(const std::string& path);
    /// Bytes an ordinary user may still write there.
    virtual std::uint64_t free_bytes(const std::string& path);
};
Calls& system_calls();

/// An open file; closed when the last user lets go.
struct OpenFile {
    explicit OpenFile(int descriptor) : descriptor(descriptor) {}
    ~OpenFile();
    OpenFile(const OpenFile&) = delete;
    int descriptor;
};
using FilePointer = std::shared_ptr<OpenFile>;

/// `what` failed for `error`: says so, and what to do.
[[noreturn]] void throw_device_failure(const std::string& what, int error);

class Files {
  public:
    explicit Files(Calls& calls = system_calls()) : calls_(calls) {}

    FilePointer open(const std::string& path, int flags);
    /// Null when there is no such file.
    FilePointer open_if_there(const std::string& path, int flags);
    /// To be written past the system's cache, where the file system can; then by write_direct().
    FilePointer create_direct(const std::string& path);
    /// `bytes` and `offset` are multiples of 4096 in memory and length.
    void write_direct(const OpenFile& file, std::string_view bytes, std::uint64_t offset,
                      const std::string& what);
    /// From now on through the system's cache.
    void end_direct(const OpenFile& file);
    /// Up to `size` bytes; fewer only at the end of the file.
    std::size_t read(const OpenFile& file, char* into, std::size_t size, std::uint64_t offset,
                     const std::string& what);
    /// All of `parts`, however the system cuts them. Changes `parts`.
    void write(const OpenFile& file, std::vector<iovec>& parts, std::uint64_t offset,
               const std::string& what);
    void write(const OpenFile& file, std::string_view bytes, std::uint64_t offset,
               const std::string& what);
    void sync(const OpenFile& file, const std::string& what);
    void sync_directory(const std::string& path);
    void truncate(const OpenFile& file, std::uint64_t size, const std::string& what);
    /// Blocks for bytes to come; the file's size stays. Full disks are told here, before harm.
    void reserve(const OpenFile& file, std::uint64_t offset, std::uint64_t size,
                 const std::string& what);
    void rename(const std::string& from, const std::string& to);
    /// Fine when there is no such file.
    void unlink(const std::string& path);
    /// Fine when it is there.
    void make_directory(const std::string& path);
    std::uint64_t size(const OpenFile& file);
    std::uint64_t free_bytes(const std::string& path) { return calls_.free_bytes(path); }
    /// Names in a directory, sorted, without "." and "..".
    std::vector<std::string> list(const std::string& path);
    /// A small file that is there whole or not at all.
    void replace(const std::string& directory, const std::string& name, std::string_view text);
    std::string read_small(const std::string& path); ///< empty when it is not there

  private:
    Calls& calls_;
};

} // namespace nephele::swift

// SPDX-License-Identifier: Apache-2.0
#include "services/glance/drivers/filesystem.h"

#include "base/strings.h"
#include "platform/fault/fault.h"

#include <cerrno>
#include <climits>
#include <cstdlib>
#include <cstring>
#include <dirent.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <unistd.h>
#include <utility>

namespace nephele::glance {
namespace {
constexpr std::string_view part_suffix = ".part";
constexpr off64_t push_bytes = 8 << 20;
constexpr mode_t directory_mode = 0750;

StoreError error(const char* what, const std::string& path, int code = errno) {
    auto kind = code == ENOSPC || code == EDQUOT                   ? StoreError::Kind::full
                : code == EACCES || code == EPERM || code == EROFS ? StoreError::Kind::denied
                                                                   : StoreError::Kind::failed;
    return {kind, format("{} {}: {}", what, path, std::strerror(code))};
}

/// A descriptor that is closed with its owner.
class File {
  public:
    File(const std::string& path, int flags, mode_t mode = 0)
        : fd_(::open(path.c_str(), flags | O_CLOEXEC | O_NOFOLLOW, mode)) {}
    ~File() {
        if (fd_ >= 0) ::close(fd_);
    }
    File(const File&) = delete;
    int get() const { return fd_; }
    int release() { return std::exchange(fd_, -1); }

  private:
    int fd_;
};

// The rename must be on disk before the image is called active.
void sync_directory(const std::string& directory) {
    File file(directory, O_RDONLY | O_DIRECTORY);
    if (file.get() < 0 || ::fsync(file.get()) != 0) throw error("cannot sync", directory);
}

bool all_zeros(std::string_view bytes) {
    return bytes.empty() ||
           (bytes[0] == '\0' && std::memcmp(bytes.data(), bytes.data() + 1, bytes.size() - 1) == 0);
}

class FileWriter final : public ObjectWriter {
  public:
    FileWriter(std::string path, const FilesystemOptions& options)
        : path_(std::move(path)), part_(path_ + std::string(part_suffix)),
          file_(part_, O_WRONLY | O_CREAT | O_EXCL, options.file_mode), options_(options) {
        if (file_.get() < 0) throw error("cannot create", part_);
        if (::access(path_.c_str(), F_OK) != 0) return;
        ::unlink(part_.c_str());
        throw error("cannot create", path_, EEXIST);
    }
    ~FileWriter() override {
        if (!finished_) ::unlink(part_.c_str());
    }

    void write(std::string_view piece) override {
        while (options_.thin && !piece.empty()) {
            auto chunk = piece.substr(0, options_.chunk_bytes);
            if (all_zeros(chunk))
                written_ += static_cast<off64_t>(chunk.size());
            else
                put(chunk);
            piece.remove_prefix(chunk.size());
        }
        put(piece);
        push_out();
    }

    void finish() override {
        if (options_.thin && ::ftruncate(file_.get(), written_) != 0)
            throw error("cannot write", part_);
        if (::fsync(file_.get()) != 0) throw error("cannot sync", part_);
        if (::rename(part_.c_str(), path_.c_str()) != 0) throw error("cannot rename", part_);
        try {
            sync_directory(path_.substr(0, path_.rfind('/')));
        } catch (const StoreError&) {
            ::unlink(path_.c_str());
            throw;
        }
        finished_ = true;
    }

  private:
    void put(std::string_view piece) {
        while (!piece.empty()) {
            auto count = ::pwrite(file_.get(), piece.data(), piece.size(), written_);
            if (count < 0 && errno == EINTR) continue;
            if (count <= 0) throw error("cannot write", part_);
            piece.remove_prefix(static_cast<std::size_t>(count));
            written_ += count;
        }
    }

    // Lets the disk work while more arrives, so that the final sync finds little left. A hint: its
    // failure shows in the sync.
    void push_out() {
        if (written_ - pushed_ < push_bytes) return;
        ::sync_file_range(file_.get(), pushed_, written_ - pushed_, SYNC_FILE_RANGE_WRITE);
        pushed_ = written_;
    }

    std::string path_, part_;
    File file_;
    const FilesystemOptions& options_;
    off64_t written_ = 0, pushed_ = 0;
    bool finished_ = false;
};

class FilesystemStore final : public Store {
  public:
    explicit FilesystemStore(FilesystemOptions options) : options_(std::move(options)) {}

    std::string new_location(const std::string& name) override {
        if (!is_object_name(name))
            throw StoreError(StoreError::Kind::failed, "not the name of an object: " + name);
        return "file://" + roomiest() + "/" + name;
    }

    std::unique_ptr<ObjectWriter> create(const std::string& location) override {
        return std::make_unique<FileWriter>(checked(location), options_);
    }

    OpenObject open(const std::string& location) override {
        std::string path = checked(location);
        File file(path, O_RDONLY);
        if (file.get() < 0) {
            if (errno == ENOENT) return {};
            throw error("cannot open", path);
        }
        struct stat facts {};
        if (::fstat(file.get(), &facts) != 0) throw error("cannot stat", path);
        OpenObject object;
        object.descriptor = std::shared_ptr<int>(new int(file.release()), [](int* fd) {
            ::close(*fd);
            delete fd;
        });
        object.size = static_cast<std::uint64_t>(facts.st_size);
        return object;
    }

    void remove(const std::string& location, bool partial) override {
        std::string path = checked(location);
        for (auto& each : {path, path + std::string(part_suffix)}) {
            if (partial && each == path) continue;
            if (::unlink(each.c_str()) != 0 && errno != ENOENT) throw error("cannot remove", each);
        }
    }

    std::vector<StoredObject> list() override {
        std::vector<StoredObject> out;
        for (auto& directory : options_.directories) list_directory(directory.path, out);
        return out;
    }

    bool knows(const std::string& location) const override {
        std::string path = path_of_location(location), name = object_of(location);
        if (path.empty() || name.empty()) return false;
        for (auto& directory : options_.directories)
            if (path == directory.path + "/" + name) return true;
        return false;
    }

  private:
    static void list_directory(const std::string& directory, std::vector<StoredObject>& out) {
        std::unique_ptr<DIR, int (*)(DIR*)> dir(::opendir(directory.c_str()), ::closedir);
        if (!dir) throw error("cannot list", directory);
        while (auto* entry = ::readdir(dir.get())) {
            std::string name = entry->d_name;
            auto suffix_at = name.size() - std::min(name.size(), part_suffix.size());
            bool partial = name.substr(suffix_at) == part_suffix;
            if (partial) name.resize(suffix_at);
            // Files of other names are not ours to judge.
            if (!is_object_name(name)) continue;
            struct stat facts {};
            if (::fstatat(::dirfd(dir.get()), entry->d_name, &facts, AT_SYMLINK_NOFOLLOW) != 0)
                continue; // Gone since it was listed.
            out.push_back({"file://" + directory + "/" + name, partial,
                           static_cast<std::uint64_t>(facts.st_size)});
        }
    }

    // Directories that cannot be asked count as full.
    const std::string& roomiest() const {
        const FilesystemOptions::Directory* best = nullptr;
        std::uint64_t best_free = 0;
        for (auto& directory : options_.directories) {
            struct statvfs facts {};
            if (::statvfs(directory.path.c_str(), &facts) != 0) continue;
            std::uint64_t free = static_cast<std::uint64_t>(facts.f_bavail) * facts.f_frsize;
            if (free <= options_.reserve_bytes) continue;
            if (best && (best->priority > directory.priority ||
                         (best->priority == directory.priority && best_free >= free)))
                continue;
            best = &directory;
            best_free = free;
        }
        return best ? best->path : options_.directories.front().path;
    }

    std::string checked(const std::string& location) const {
        if (!knows(location))
            throw StoreError(StoreError::Kind::failed, "not a location of this store: " + location);
        return path_of_location(location);
    }
    FilesystemOptions options_;
};

std::string usable_directory(const std::string& directory) {
    auto refuse = [&](const char* what) {
        return Failure(Fault::internal, "NoStoreDirectory",
                       format("The image store {} {}: {}. Name a place this user may write.",
                              directory, what, std::strerror(errno)));
    };
    std::string built = directory.rfind('/', 0) == 0 ? "/" : "";
    for (auto& part : split(directory, '/')) {
        if (part.empty()) continue;
        built += part + "/";
        if (::mkdir(built.c_str(), directory_mode) != 0 && errno != EEXIST)
            throw refuse("cannot be made");
    }
    char resolved[PATH_MAX];
    if (!::realpath(directory.c_str(), resolved)) throw refuse("cannot be found");
    if (::access(resolved, R_OK | W_OK | X_OK) != 0) throw refuse("cannot be used");
    return resolved;
}
} // namespace

std::unique_ptr<Store> filesystem_store(FilesystemOptions options) {
    for (auto& directory : options.directories) directory.path = usable_directory(directory.path);
    return std::make_unique<FilesystemStore>(std::move(options));
}

} // namespace nephele::glance

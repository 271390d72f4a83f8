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
#include <unistd.h>
#include <utility>

namespace nephele::glance {
namespace {
constexpr std::string_view part_suffix = ".part";
constexpr off64_t push_bytes = 8 << 20;
constexpr mode_t file_mode = 0640, directory_mode = 0750;

StoreError error(const char* what, const std::string& path, int code = errno) {
    auto kind = code == ENOSPC || code == EDQUOT                   ? StoreError::Kind::full
                : code == EACCES || code == EPERM || code == EROFS ? StoreError::Kind::denied
                                                                   : StoreError::Kind::failed;
    return {kind, format("{} {}: {}", what, path, std::strerror(code))};
}

/// A descriptor that is closed with its owner.
class File {
  public:
    File(const std::string& path, int flags)
        : fd_(::open(path.c_str(), flags | O_CLOEXEC | O_NOFOLLOW, file_mode)) {}
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

class FileWriter final : public ObjectWriter {
  public:
    FileWriter(std::string directory, const std::string& name)
        : directory_(std::move(directory)), path_(directory_ + "/" + name),
          part_(path_ + std::string(part_suffix)), file_(part_, O_WRONLY | O_CREAT | O_EXCL) {
        if (file_.get() < 0) throw error("cannot create", part_);
    }
    ~FileWriter() override {
        if (!finished_) ::unlink(part_.c_str());
    }

    void write(std::string_view piece) override {
        while (!piece.empty()) {
            auto count = ::write(file_.get(), piece.data(), piece.size());
            if (count < 0 && errno == EINTR) continue;
            if (count <= 0) throw error("cannot write", part_);
            piece.remove_prefix(static_cast<std::size_t>(count));
            written_ += count;
        }
        push_out();
    }

    void finish() override {
        if (::fsync(file_.get()) != 0) throw error("cannot sync", part_);
        if (::rename(part_.c_str(), path_.c_str()) != 0) throw error("cannot rename", part_);
        try {
            sync_directory(directory_);
        } catch (const StoreError&) {
            ::unlink(path_.c_str());
            throw;
        }
        finished_ = true;
    }

  private:
    // Lets the disk work while more arrives, so that the final sync finds little left. A hint: its
    // failure shows in the sync.
    void push_out() {
        if (written_ - pushed_ < push_bytes) return;
        ::sync_file_range(file_.get(), pushed_, written_ - pushed_, SYNC_FILE_RANGE_WRITE);
        pushed_ = written_;
    }

    std::string directory_, path_, part_;
    File file_;
    off64_t written_ = 0, pushed_ = 0;
    bool finished_ = false;
};

class FilesystemStore final : public Store {
  public:
    explicit FilesystemStore(std::string directory) : directory_(std::move(directory)) {}

    std::unique_ptr<ObjectWriter> create(const std::string& name) override {
        return std::make_unique<FileWriter>(directory_, checked(name));
    }

    OpenObject open(const std::string& name) override {
        std::string path = directory_ + "/" + checked(name);
        File file(path, O_RDONLY);
        if (file.get() < 0) {
            if (errno == ENOENT) return {};
            throw error("cannot open", path);
        }
        struct stat facts {};
        if (::fstat(file.get(), &facts) != 0) throw error("cannot stat", path);
        auto descriptor = std::shared_ptr<int>(new int(file.release()), [](int* fd) {
            ::close(*fd);
            delete fd;
        });
        return {std::move(descriptor), static_cast<std::uint64_t>(facts.st_size)};
    }

    void remove(const std::string& name, bool partial) override {
        std::string path = directory_ + "/" + checked(name);
        for (auto& each : {path, path + std::string(part_suffix)}) {
            if (partial && each == path) continue;
            if (::unlink(each.c_str()) != 0 && errno != ENOENT) throw error("cannot remove", each);
        }
    }

    std::vector<StoredObject> list() override {
        std::unique_ptr<DIR, int (*)(DIR*)> dir(::opendir(directory_.c_str()), ::closedir);
        if (!dir) throw error("cannot list", directory_);
        std::vector<StoredObject> out;
        while (auto* entry = ::readdir(dir.get())) {
            StoredObject object{entry->d_name};
            auto suffix_at = object.name.size() - std::min(object.name.size(), part_suffix.size());
            if (object.name.substr(suffix_at) == part_suffix) {
                object.partial = true;
                object.name.resize(suffix_at);
            }
            // Files of other names are not ours to judge.
            if (!is_object_name(object.name)) continue;
            struct stat facts {};
            if (::fstatat(::dirfd(dir.get()), entry->d_name, &facts, AT_SYMLINK_NOFOLLOW) != 0)
                continue; // Gone since it was listed.
            object.size = static_cast<std::uint64_t>(facts.st_size);
            out.push_back(std::move(object));
        }
        return out;
    }

    std::string location(const std::string& name) const override {
        return "file://" + directory_ + "/" + name;
    }

  private:
    static const std::string& checked(const std::string& name) {
        if (!is_object_name(name))
            throw StoreError(StoreError::Kind::failed, "not the name of an object: " + name);
        return name;
    }
    std::string directory_;
};
} // namespace

std::unique_ptr<Store> filesystem_store(const std::string& directory) {
    auto refuse = [&](const char* what) {
        return Failure(Fault::internal, "NoStoreDirectory",
                       format("The image store {} {}: {}. Set glance.store_directory to a place "
                              "this user may write.",
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
    return std::make_unique<FilesystemStore>(resolved);
}

} // namespace nephele::glance

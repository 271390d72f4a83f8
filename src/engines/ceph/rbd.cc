// SPDX-License-Identifier: Apache-2.0
#include "engines/ceph/rbd.h"

#include "base/strings.h"
#include "engines/ceph/library.h"

#include <cerrno>
#include <cstring>

namespace nephele::ceph {
namespace {
constexpr std::uint64_t feature_layering = 1;

RbdError::Code code_of(int error) {
    switch (error) {
    case ENOENT:
        return RbdError::Code::not_found;
    case EEXIST:
        return RbdError::Code::exists;
    case EBUSY:
    case ENOTEMPTY:
        return RbdError::Code::busy;
    case ENOSPC:
    case EDQUOT:
        return RbdError::Code::no_space;
    case EACCES:
    case EPERM:
    case EROFS:
        return RbdError::Code::denied;
    default:
        return RbdError::Code::other;
    }
}

[[noreturn]] void fail(int outcome, const std::string& what) {
    int error = -outcome;
    auto kind = error == ETIMEDOUT || error == EAGAIN || error == EIO || error == ENOTCONN
                    ? EngineFailure::Kind::transient
                    : EngineFailure::Kind::permanent;
    throw RbdError(code_of(error), kind, format("{}: {}", what, std::strerror(error)));
}

void check(int outcome, const std::string& what) {
    if (outcome < 0) fail(outcome, what);
}

class RbdImage final : public Image {
  public:
    RbdImage(Handle image, std::string name)
        : lib_(library()), image_(image), name_(std::move(name)) {}
    ~RbdImage() override { lib_.rbd_close(image_); }

    std::uint64_t size() override {
        std::uint64_t bytes = 0;
        check(lib_.rbd_get_size(image_, &bytes), "size of " + name_);
        return bytes;
    }
    void resize(std::uint64_t bytes) override {
        check(lib_.rbd_resize(image_, bytes), "resize of " + name_);
    }
    void write(std::uint64_t offset, std::string_view bytes) override {
        while (!bytes.empty()) {
            auto count = lib_.rbd_write(image_, offset, bytes.size(), bytes.data());
            check(count <= 0 ? (count == 0 ? -EIO : static_cast<int>(count)) : 0,
                  "write to " + name_);
            offset += static_cast<std::uint64_t>(count);
            bytes.remove_prefix(static_cast<std::size_t>(count));
        }
    }
    std::size_t read(std::uint64_t offset, char* into, std::size_t size) override {
        auto count = lib_.rbd_read(image_, offset, size, into);
        check(count < 0 ? static_cast<int>(count) : 0, "read of " + name_);
        return static_cast<std::size_t>(count);
    }
    void flush() override { check(lib_.rbd_flush(image_), "flush of " + name_); }

    void protect_snapshot(const std::string& name) override {
        check(lib_.rbd_snap_create(image_, name.c_str()), "snapshot of " + name_);
        check(lib_.rbd_snap_protect(image_, name.c_str()), "snapshot of " + name_);
    }
    void drop_snapshot(const std::string& name) override {
        int is_protected = 0;
        int outcome = lib_.rbd_snap_is_protected(image_, name.c_str(), &is_protected);
        if (outcome == -ENOENT) return;
        check(outcome, "snapshot of " + name_);
        if (is_protected)
            check(lib_.rbd_snap_unprotect(image_, name.c_str()), "clones hang on " + name_);
        check(lib_.rbd_snap_remove(image_, name.c_str()), "snapshot of " + name_);
    }

  private:
    const Library& lib_;
    Handle image_;
    std::string name_;
};

class RbdPool final : public Pool {
  public:
    explicit RbdPool(const Access& access) : lib_(library()), pool_(access.pool) {
        check(lib_.rados_create(&cluster_, access.user.c_str()), "connection to Ceph");
        try {
            connect(access);
        } catch (const EngineFailure&) {
            lib_.rados_shutdown(cluster_);
            throw;
        }
    }
    ~RbdPool() override {
        lib_.rados_ioctx_destroy(io_);
        lib_.rados_shutdown(cluster_);
    }

    std::string cluster_id() override {
        char text[64] = "";
        check(lib_.rados_cluster_fsid(cluster_, text, sizeof text), "id of the cluster");
        return text;
    }
    void create(const std::string& name, int order) override {
        check(lib_.rbd_create2(io_, name.c_str(), 0, feature_layering, &order),
              "create " + pool_ + "/" + name);
    }
    std::unique_ptr<Image> image(const std::string& name, bool read_only,
                                 const std::string& snapshot) override {
        Handle image = nullptr;
        const char* at = snapshot.empty() ? nullptr : snapshot.c_str();
        auto open = read_only ? lib_.rbd_open_read_only : lib_.rbd_open;
        check(open(io_, name.c_str(), &image, at), "open " + pool_ + "/" + name);
        return std::make_unique<RbdImage>(image, pool_ + "/" + name);
    }
    void rename(const std::string& from, const std::string& to) override {
        check(lib_.rbd_rename(io_, from.c_str(), to.c_str()), "rename " + pool_ + "/" + from);
    }
    void remove(const std::string& name) override {
        int outcome = lib_.rbd_remove(io_, name.c_str());
        if (outcome != -ENOENT) check(outcome, "remove " + pool_ + "/" + name);
    }
    std::vector<std::string> list() override {
        std::string names(64 * 1024, '\0');
        std::size_t size = names.size();
        int outcome;
        while ((outcome = lib_.rbd_list(io_, names.data(), &size)) == -ERANGE) {
            names.resize(std::max(size, names.size() * 2));
            size = names.size();
        }
        check(outcome, "list of pool " + pool_);
        std::vector<std::string> out;
        for (auto& name : split(names.substr(0, size), '\0'))
            if (!name.empty()) out.push_back(name);
        return out;
    }

  private:
    void connect(const Access& access) {
        auto set = [&](const char* option, const std::string& value) {
            check(lib_.rados_conf_set(cluster_, option, value.c_str()), option);
        };
        check(lib_.rados_conf_read_file(cluster_, access.config_file.c_str()),
              "reading " + access.config_file);
        if (!access.keyring_file.empty()) set("keyring", access.keyring_file);
        // Without these a cluster that is away would hold the caller for ever.
        std::string timeout = std::to_string(access.timeout_s);
        set("client_mount_timeout", timeout);
        set("rados_mon_op_timeout", timeout);
        set("rados_osd_op_timeout", timeout);
        check(lib_.rados_connect(cluster_), "connection to Ceph");
        check(lib_.rados_ioctx_create(cluster_, access.pool.c_str(), &io_), "pool " + access.pool);
    }

    const Library& lib_;
    std::string pool_;
    Handle cluster_ = nullptr, io_ = nullptr;
};
} // namespace

std::unique_ptr<Pool> Pool::open(const Access& access) { return std::make_unique<RbdPool>(access); }

} // namespace nephele::ceph

// SPDX-License-Identifier: Apache-2.0
// Block images of one Ceph pool. librados and librbd are loaded when the first pool is opened, so
// that the program runs where they are not installed. Every function throws EngineFailure, or
// NotFound, Busy, Exists, NoSpace, Denied where the caller may want to know.
#pragma once
#include "platform/fault/fault.h"

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

namespace nephele::ceph {

/// What Ceph said no with.
class RbdError : public EngineFailure {
  public:
    enum class Code { not_found, exists, busy, no_space, denied, other };
    RbdError(Code code, EngineFailure::Kind kind, const std::string& message)
        : EngineFailure(kind, message), code(code) {}
    Code code;
};

struct Access {
    std::string pool;
    std::string user = "admin";                      ///< "client.<user>"
    std::string config_file = "/etc/ceph/ceph.conf"; ///< names the monitors
    std::string keyring_file;                        ///< empty: as the configuration says
    int timeout_s = 30;                              ///< of the connection and of each operation
};

/// An open image. Not for several threads at once.
class Image {
  public:
    virtual ~Image() = default;
    virtual std::uint64_t size() = 0;
    virtual void resize(std::uint64_t bytes) = 0;
    virtual void write(std::uint64_t offset, std::string_view bytes) = 0;
    /// Up to `size` bytes; fewer only at the end.
    virtual std::size_t read(std::uint64_t offset, char* into, std::size_t size) = 0;
    virtual void flush() = 0;
    /// A snapshot that clones may hang on.
    virtual void protect_snapshot(const std::string& name) = 0;
    /// Nothing when it is not there; Busy when clones hang on it.
    virtual void drop_snapshot(const std::string& name) = 0;
};

class Pool {
  public:
    virtual ~Pool() = default;
    /// Connects; throws when the libraries are missing, or nobody answers in time.
    static std::unique_ptr<Pool> open(const Access& access);

    virtual std::string cluster_id() = 0;
    /// An empty image that can be cloned; `order`: objects of 2^order bytes.
    virtual void create(const std::string& name, int order) = 0;
    virtual std::unique_ptr<Image> image(const std::string& name, bool read_only,
                                         const std::string& snapshot = "") = 0;
    virtual void rename(const std::string& from, const std::string& to) = 0;
    /// Nothing when it is not there.
    virtual void remove(const std::string& name) = 0;
    virtual std::vector<std::string> list() = 0;
};

} // namespace nephele::ceph

// SPDX-License-Identifier: Apache-2.0
#include "services/glance/drivers/rbd.h"

#include "base/strings.h"
#include "engines/ceph/rbd.h"

#include <algorithm>
#include <mutex>
#include <utility>

namespace nephele::glance {
namespace {
constexpr std::string_view scheme = "rbd://", part_suffix = ".part";
constexpr const char* snapshot = "snap";
constexpr std::size_t read_bytes = 4 << 20;
constexpr std::uint64_t grow_at_most = std::uint64_t(1) << 30;

using ceph::RbdError;

StoreError error(const EngineFailure& failure) {
    auto kind = StoreError::Kind::failed;
    if (auto* rbd = dynamic_cast<const RbdError*>(&failure)) {
        if (rbd->code == RbdError::Code::no_space) kind = StoreError::Kind::full;
        if (rbd->code == RbdError::Code::denied) kind = StoreError::Kind::denied;
        if (rbd->code == RbdError::Code::busy) kind = StoreError::Kind::in_use;
    }
    return {kind, failure.what()};
}
template <class F> auto translated(F&& work) {
    try {
        return work();
    } catch (const EngineFailure& failure) {
        throw error(failure);
    }
}
bool absent(const EngineFailure& failure) {
    auto* rbd = dynamic_cast<const RbdError*>(&failure);
    return rbd && rbd->code == RbdError::Code::not_found;
}

void remove_image(ceph::Pool& pool, const std::string& name) {
    try {
        pool.image(name, false)->drop_snapshot(snapshot);
        pool.remove(name);
    } catch (const RbdError& failure) {
        if (!absent(failure)) throw;
    }
}

class RbdWriter final : public ObjectWriter {
  public:
    RbdWriter(std::shared_ptr<ceph::Pool> pool, std::string name)
        : pool_(std::move(pool)), name_(std::move(name)), part_(name_ + std::string(part_suffix)),
          image_(pool_->image(part_, false)) {}
    ~RbdWriter() override {
        if (finished_) return;
        image_.reset();
        try {
            remove_image(*pool_, part_);
        } catch (const EngineFailure&) {
            // The sweep finds it.
        }
    }
    void write(std::string_view piece) override {
        translated([&] {
            if (offset_ + piece.size() > size_) {
                size_ += std::max<std::uint64_t>(
                    piece.size(), std::clamp<std::uint64_t>(size_, 8 << 20, grow_at_most));
                image_->resize(size_);
            }
            image_->write(offset_, piece);
            offset_ += piece.size();
        });
    }
    void finish() override {
        translated([&] {
            if (size_ != offset_) image_->resize(offset_);
            image_->flush();
            image_->protect_snapshot(snapshot);
            image_.reset();
            pool_->rename(part_, name_);
        });
        finished_ = true;
    }

  private:
    std::shared_ptr<ceph::Pool> pool_;
    std::string name_, part_;
    std::unique_ptr<ceph::Image> image_;
    std::uint64_t offset_ = 0, size_ = 0;
    bool finished_ = false;
};

class RbdReader final : public ObjectReader {
  public:
    RbdReader(std::shared_ptr<ceph::Pool> pool, std::unique_ptr<ceph::Image> image)
        : pool_(std::move(pool)), image_(std::move(image)) {}
    void read(std::uint64_t offset, std::uint64_t length, const Sink& sink) override {
        std::lock_guard lock(mutex_);
        std::string piece(static_cast<std::size_t>(std::min<std::uint64_t>(read_bytes, length)),
                          '\0');
        while (length > 0) {
            auto count = translated([&] {
                return image_->read(
                    offset, piece.data(),
                    static_cast<std::size_t>(std::min<std::uint64_t>(piece.size(), length)));
            });
            if (count == 0) throw StoreError(StoreError::Kind::failed, "an image ends too early");
            if (!sink(std::string_view(piece).substr(0, count))) return;
            offset += count;
            length -= count;
        }
    }

  private:
    std::shared_ptr<ceph::Pool> pool_; // outlives the image
    std::unique_ptr<ceph::Image> image_;
    std::mutex mutex_;
};

class RbdStore final : public Store {
  public:
    RbdStore(const ceph::Access& access, std::uint64_t chunk_bytes) : access_(access) {
        while ((std::uint64_t(1) << order_) < chunk_bytes) ++order_;
    }

    std::string new_location(const std::string& name) override {
        if (!is_object_name(name))
            throw StoreError(StoreError::Kind::failed, "not the name of an object: " + name);
        return prefix() + name + "/" + snapshot;
    }
    std::unique_ptr<ObjectWriter> create(const std::string& location) override {
        std::string name = checked(location);
        return translated([&]() -> std::unique_ptr<ObjectWriter> {
            auto pool = this->pool();
            if (exists(*pool, name))
                throw StoreError(StoreError::Kind::failed, "is there already: " + location);
            pool->create(name + std::string(part_suffix), order_);
            return std::make_unique<RbdWriter>(std::move(pool), name);
        });
    }
    OpenObject open(const std::string& location) override {
        std::string name = checked(location);
        OpenObject object;
        try {
            auto pool = this->pool();
            auto image = pool->image(name, true, snapshot);
            object.size = image->size();
            object.reader = std::make_shared<RbdReader>(std::move(pool), std::move(image));
        } catch (const EngineFailure& failure) {
            if (!absent(failure)) throw error(failure);
        }
        return object;
    }
    void remove(const std::string& location, bool partial) override {
        std::string name = checked(location);
        translated([&] {
            auto pool = this->pool();
            remove_image(*pool, name + std::string(part_suffix));
            if (!partial) remove_image(*pool, name);
        });
    }
    std::vector<StoredObject> list() override {
        return translated([&] {
            std::vector<StoredObject> out;
            for (auto& name : pool()->list()) {
                bool partial = name.size() > part_suffix.size() &&
                               name.compare(name.size() - part_suffix.size(), std::string::npos,
                                            part_suffix) == 0;
                if (partial) name.resize(name.size() - part_suffix.size());
                if (is_object_name(name))
                    out.push_back({prefix() + name + "/" + snapshot, partial, std::nullopt});
            }
            return out;
        });
    }
    bool knows(const std::string& location) const override {
        std::string name = object_of(location);
        std::string tail = "/" + access_.pool + "/" + name + "/" + snapshot;
        // The id of the cluster is only known once it answers.
        return !name.empty() && location.rfind(scheme, 0) == 0 && location.size() > tail.size() &&
               location.compare(location.size() - tail.size(), std::string::npos, tail) == 0;
    }

  private:
    static bool exists(ceph::Pool& pool, const std::string& name) {
        try {
            pool.image(name, true);
            return true;
        } catch (const RbdError& failure) {
            if (absent(failure)) return false;
            throw;
        }
    }
    std::shared_ptr<ceph::Pool> pool() {
        std::lock_guard lock(mutex_);
        if (!pool_) {
            pool_ = ceph::Pool::open(access_);
            cluster_ = pool_->cluster_id();
        }
        return pool_;
    }
    std::string prefix() {
        translated([&] { pool(); });
        return std::string(scheme) + cluster_ + "/" + access_.pool + "/";
    }
    std::string checked(const std::string& location) const {
        if (!knows(location))
            throw StoreError(StoreError::Kind::failed, "not a location of this store: " + location);
        return object_of(location);
    }

    ceph::Access access_;
    int order_ = 12;
    std::mutex mutex_;
    std::shared_ptr<ceph::Pool> pool_;
    std::string cluster_;
};
} // namespace

std::unique_ptr<Store> rbd_store(const ceph::Access& access, std::uint64_t chunk_bytes) {
    return std::make_unique<RbdStore>(access, chunk_bytes);
}

} // namespace nephele::glance

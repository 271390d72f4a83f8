// SPDX-License-Identifier: Apache-2.0
#include "services/swift/proxy/memory_backend.h"

#include "base/strings.h"
#include "platform/crypto/crypto.h"

#include <algorithm>
#include <cstring>
#include <mutex>

namespace nephele::swift {
namespace {

using Bytes = std::shared_ptr<const std::string>;

struct Object {
    ObjectInfo info;
    Bytes data;
    bool deleted = false; ///< what came before `info.timestamp` stays gone
};

struct Container {
    ContainerInfo info;
    std::map<std::string, Object> objects;
};

struct Account {
    AccountInfo info;
    std::map<std::string, Container> containers;
};

// The least text above every text with this prefix; nothing when there is none.
std::optional<std::string> after_prefix(std::string prefix) {
    while (!prefix.empty() && static_cast<unsigned char>(prefix.back()) == 0xff) prefix.pop_back();
    if (prefix.empty()) return std::nullopt;
    prefix.back() = static_cast<char>(static_cast<unsigned char>(prefix.back()) + 1);
    return prefix;
}

/// Walks the names of an ordered map as a listing asks: rows, and names that share what comes up to
/// the delimiter as one.
template <class Map, class Row> class Walk {
  public:
    Walk(const Map& map, const ListQuery& query) : map_(map), q_(query) {
        if (!q_.path) return;
        q_.prefix = *q_.path;
        while (!q_.prefix.empty() && q_.prefix.back() == '/') q_.prefix.pop_back();
        if (!q_.prefix.empty()) q_.prefix += '/';
        q_.delimiter = "/";
    }

    template <class Make, class Counts> std::vector<Row> rows(Make make, Counts counts) {
        std::vector<Row> out;
        for (auto at = first(); out.size() < q_.limit && at != map_.end();) {
            const std::string& name = at->first;
            if (!inside(name)) break;
            if (!counts(at->second)) {
                at = next(at);
                continue;
            }
            auto cut = q_.delimiter.empty() ? std::string::npos
                                            : name.find(q_.delimiter, q_.prefix.size());
            bool deeper =
                cut != std::string::npos && (!q_.path || cut + q_.delimiter.size() < name.size());
            if (!deeper) {
                if (!q_.path || name != q_.prefix) out.push_back(make(name, at->second));
                at = next(at);
                continue;
            }
            std::string group = name.substr(0, cut + q_.delimiter.size());
            if (!q_.path && group != q_.marker) {
                Row row;
                row.name = group;
                row.subdir = true;
                out.push_back(std::move(row));
            }
            at = past(group);
        }
        return out;
    }

  private:
    using At = typename Map::const_iterator;
    At step_back(At at) const { return at == map_.begin() ? map_.end() : std::prev(at); }
    At next(At at) const { return q_.reverse ? step_back(at) : std::next(at); }
    At below(const std::optional<std::string>& bound) const {
        return step_back(bound ? map_.lower_bound(*bound) : map_.end());
    }
    At first() const {
        if (!q_.reverse) {
            if (q_.marker >= q_.prefix && !q_.marker.empty()) return map_.upper_bound(q_.marker);
            return map_.lower_bound(q_.prefix);
        }
        auto bound = after_prefix(q_.prefix);
        if (!q_.marker.empty() && (!bound || q_.marker < *bound)) bound = q_.marker;
        return below(bound);
    }
    At past(const std::string& group) const {
        if (q_.reverse) return below(group);
        auto bound = after_prefix(group);
        return bound ? map_.lower_bound(*bound) : map_.end();
    }
    bool inside(const std::string& name) const {
        if (name.compare(0, q_.prefix.size(), q_.prefix) != 0) return false;
        if (q_.end_marker.empty()) return true;
        return q_.reverse ? name > q_.end_marker : name < q_.end_marker;
    }

    const Map& map_;
    ListQuery q_;
};

void change_metadata(Metadata& kept, const Metadata& change) {
    for (auto& [name, value] : change) {
        if (value.empty())
            kept.erase(name);
        else
            kept[name] = value;
    }
}

class MemoryReader final : public ObjectReader {
  public:
    explicit MemoryReader(const Object& object) : info_(object.info), data_(object.data) {}
    const ObjectInfo& info() const override { return info_; }
    std::size_t read(std::uint64_t offset, char* into, std::size_t size) override {
        if (offset >= data_->size()) return 0;
        auto count = std::min<std::size_t>(size, data_->size() - offset);
        std::memcpy(into, data_->data() + offset, count);
        return count;
    }
    std::optional<http::FileBody> file(std::uint64_t, std::uint64_t) override {
        return std::nullopt;
    }

  private:
    ObjectInfo info_;
    Bytes data_;
};

class MemoryBackend final : public Backend, public std::enable_shared_from_this<MemoryBackend> {
  public:
    explicit MemoryBackend(const Clock& clock) : clock_(clock) {}

    std::optional<AccountInfo> account(const std::string& account) override {
        std::lock_guard lock(mutex_);
        auto found = accounts_.find(account);
        if (found == accounts_.end()) return std::nullopt;
        AccountInfo info = found->second.info;
        for (auto& [name, container] : found->second.containers) {
            auto facts = counted(container);
            auto& policy = info.policies[facts.policy];
            ++info.containers, ++policy.containers;
            info.objects += facts.objects, policy.objects += facts.objects;
            info.bytes += facts.bytes, policy.bytes += facts.bytes;
        }
        return info;
    }

    Outcome save_account(const std::string& account, const Metadata& change,
                         Timestamp when) override {
        std::lock_guard lock(mutex_);
        auto [at, made] = accounts_.try_emplace(account);
        if (made) at->second.info.put_timestamp = when;
        change_metadata(at->second.info.metadata, change);
        return made ? Outcome::created : Outcome::updated;
    }

    Outcome delete_account(const std::string& account, Timestamp) override {
        std::lock_guard lock(mutex_);
        auto found = accounts_.find(account);
        if (found == accounts_.end()) return Outcome::absent;
        if (!found->second.containers.empty()) return Outcome::not_empty;
        accounts_.erase(found);
        return Outcome::updated;
    }

    std::vector<ListedContainer> containers(const std::string& account,
                                            const ListQuery& query) override {
        std::lock_guard lock(mutex_);
        auto found = accounts_.find(account);
        if (found == accounts_.end()) return {};
        auto& all = found->second.containers;
        return Walk<std::map<std::string, Container>, ListedContainer>(all, query)
            .rows(
                [](const std::string& name, const Container& container) {
                    auto facts = counted(container);
                    return ListedContainer{.name = name,
                                           .timestamp = facts.put_timestamp,
                                           .objects = facts.objects,
                                           .bytes = facts.bytes};
                },
                [](const Container&) { return true; });
    }

    std::optional<ContainerInfo> container(const std::string& account,
                                           const std::string& container) override {
        std::lock_guard lock(mutex_);
        auto* found = find(account, container);
        if (!found) return std::nullopt;
        return counted(*found);
    }

    Outcome save_container(const std::string& account, const std::string& container,
                           const Metadata& change, std::optional<int> policy, bool create,
                           Timestamp when) override {
        std::lock_guard lock(mutex_);
        auto* found = find(account, container);
        if (!found && !create) return Outcome::absent;
        if (found && policy && *policy != found->info.policy) return Outcome::conflict;
        bool made = !found;
        if (made) {
            auto [at, new_account] = accounts_.try_emplace(account);
            if (new_account) at->second.info.put_timestamp = when;
            found = &at->second.containers[container];
            found->info.policy = policy.value_or(0);
            found->info.put_timestamp = when;
        }
        change_metadata(found->info.metadata, change);
        return made ? Outcome::created : Outcome::updated;
    }

    Outcome delete_container(const std::string& account, const std::string& container,
                             Timestamp) override {
        std::lock_guard lock(mutex_);
        auto* found = find(account, container);
        if (!found) return Outcome::absent;
        if (counted(*found).objects > 0) return Outcome::not_empty;
        accounts_[account].containers.erase(container);
        return Outcome::updated;
    }

    std::vector<ListedObject> objects(const std::string& account, const std::string& container,
                                      const ListQuery& query) override {
        std::lock_guard lock(mutex_);
        auto* found = find(account, container);
        if (!found) return {};
        return Walk<std::map<std::string, Object>, ListedObject>(found->objects, query)
            .rows(
                [](const std::string& name, const Object& object) {
                    const ObjectInfo& info = object.info;
                    return ListedObject{.name = name,
                                        .timestamp = info.timestamp,
                                        .bytes = info.listed_bytes.value_or(info.bytes),
                                        .etag =
                                            info.listed_etag.empty() ? info.etag : info.listed_etag,
                                        .content_type = info.content_type};
                },
                [](const Object& object) { return !object.deleted; });
    }

    std::optional<ObjectInfo> head(const ObjectName& name) override {
        std::lock_guard lock(mutex_);
        auto* object = find(name);
        if (!object) return std::nullopt;
        return object->info;
    }

    std::unique_ptr<ObjectReader> open(const ObjectName& name) override {
        std::lock_guard lock(mutex_);
        auto* object = find(name);
        return object ? std::make_unique<MemoryReader>(*object) : nullptr;
    }

    std::unique_ptr<ObjectWriter> put(const ObjectName& name, int,
                                      std::optional<std::uint64_t>) override;

    Outcome save_metadata(const ObjectName& name, const ObjectInfo& info) override {
        std::lock_guard lock(mutex_);
        auto* object = find(name);
        if (!object) return Outcome::absent;
        if (info.timestamp <= object->info.timestamp) return Outcome::stale;
        object->info.timestamp = info.timestamp;
        object->info.metadata = info.metadata;
        if (!info.content_type.empty()) object->info.content_type = info.content_type;
        return Outcome::updated;
    }

    Outcome remove(const ObjectName& name, Timestamp when) override {
        std::lock_guard lock(mutex_);
        auto* container = find(name.account, name.container);
        if (!container) return Outcome::absent;
        Object& object = container->objects[name.object];
        bool there = object.data && !object.deleted;
        if (when <= object.info.timestamp) return there ? Outcome::stale : Outcome::absent;
        object = Object{};
        object.info.timestamp = when;
        object.deleted = true;
        return there ? Outcome::updated : Outcome::absent;
    }

    Timestamp now() override {
        std::lock_guard lock(mutex_);
        Timestamp now = Timestamp::at(clock_.now());
        if (now <= last_) now = {last_.ticks + 1, 0};
        return last_ = now;
    }

    Outcome commit(const ObjectName& name, ObjectInfo info, std::string data) {
        std::lock_guard lock(mutex_);
        auto* container = find(name.account, name.container);
        if (!container) return Outcome::absent;
        auto& object = container->objects[name.object];
        bool there = object.data && !object.deleted;
        if (info.timestamp <= object.info.timestamp) return Outcome::stale;
        object.info = std::move(info);
        object.data = std::make_shared<const std::string>(std::move(data));
        object.deleted = false;
        return there ? Outcome::updated : Outcome::created;
    }

  private:
    static ContainerInfo counted(const Container& container) {
        ContainerInfo info = container.info;
        for (auto& [name, object] : container.objects)
            if (!object.deleted) ++info.objects, info.bytes += object.info.bytes;
        return info;
    }
    Container* find(const std::string& account, const std::string& container) {
        auto found = accounts_.find(account);
        if (found == accounts_.end()) return nullptr;
        auto inner = found->second.containers.find(container);
        return inner == found->second.containers.end() ? nullptr : &inner->second;
    }
    Object* find(const ObjectName& name) {
        auto* container = find(name.account, name.container);
        if (!container) return nullptr;
        auto found = container->objects.find(name.object);
        return found == container->objects.end() || found->second.deleted ? nullptr
                                                                          : &found->second;
    }

    const Clock& clock_;
    std::mutex mutex_;
    std::map<std::string, Account> accounts_;
    Timestamp last_;
};

class MemoryWriter final : public ObjectWriter {
  public:
    MemoryWriter(std::shared_ptr<MemoryBackend> backend, ObjectName name)
        : backend_(std::move(backend)), name_(std::move(name)), digest_(crypto::Digest::md5) {}
    void write(std::string_view bytes) override {
        data_ += bytes;
        digest_.update(bytes);
    }
    Outcome commit(ObjectInfo info) override {
        info.bytes = data_.size();
        info.etag = etag();
        info.data_timestamp = info.timestamp;
        return backend_->commit(name_, std::move(info), std::move(data_));
    }
    std::string etag() const override { return digest_.hex(); }
    std::uint64_t bytes() const override { return data_.size(); }

  private:
    std::shared_ptr<MemoryBackend> backend_;
    ObjectName name_;
    crypto::Hasher digest_;
    std::string data_;
};

std::unique_ptr<ObjectWriter> MemoryBackend::put(const ObjectName& name, int,
                                                 std::optional<std::uint64_t>) {
    return std::make_unique<MemoryWriter>(shared_from_this(), name);
}

} // namespace

std::shared_ptr<Backend> make_memory_backend(const Clock& clock) {
    return std::make_shared<MemoryBackend>(clock);
}

} // namespace nephele::swift

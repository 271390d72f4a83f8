// SPDX-License-Identifier: Apache-2.0
#include "services/swift/proxy/local_backend.h"

#include "platform/crypto/crypto.h"

#include <algorithm>

namespace nephele::swift {
namespace {

class Reader final : public ObjectReader {
  public:
    Reader(Device& device, StoredObject object) : device_(device), object_(std::move(object)) {}
    const ObjectInfo& info() const override { return object_.info; }
    std::size_t read(std::uint64_t offset, char* into, std::size_t size) override {
        return device_.read(object_, offset, into, size);
    }
    std::optional<http::FileBody> file(std::uint64_t offset, std::uint64_t length) override {
        if (!object_.file || offset > object_.info.bytes) return std::nullopt;
        // The descriptor lives as long as whoever still sends from it.
        return http::FileBody{std::shared_ptr<int>(object_.file, &object_.file->descriptor), offset,
                              std::min(length, object_.info.bytes - offset)};
    }

  private:
    Device& device_;
    const StoredObject object_;
};

class Writer final : public ObjectWriter {
  public:
    Writer(Device& device, const ObjectName& name, int policy,
           std::optional<std::uint64_t> expected)
        : upload_(device, name, policy, expected), digest_(crypto::Digest::md5) {}
    void write(std::string_view bytes) override {
        digest_.update(bytes);
        upload_.write(bytes);
        bytes_ += bytes.size();
    }
    Outcome commit(ObjectInfo info) override {
        info.bytes = bytes_;
        info.etag = etag();
        return upload_.commit(std::move(info));
    }
    std::string etag() const override { return digest_.hex(); }
    std::uint64_t bytes() const override { return bytes_; }

  private:
    Device::Upload upload_;
    crypto::Hasher digest_;
    std::uint64_t bytes_ = 0;
};

} // namespace

LocalBackend::LocalBackend(DeviceOptions options, Calls& calls, const Clock& clock)
    : device_(std::move(options), calls, clock) {}

std::optional<AccountInfo> LocalBackend::account(const std::string& account) {
    return device_.account(account);
}
Outcome LocalBackend::save_account(const std::string& account, const Metadata& change,
                                   Timestamp when) {
    return device_.save_account(account, change, when);
}
Outcome LocalBackend::delete_account(const std::string& account, Timestamp when) {
    return device_.delete_account(account, when);
}
std::vector<ListedContainer> LocalBackend::containers(const std::string& account,
                                                      const ListQuery& query) {
    return device_.containers(account, query);
}
std::optional<ContainerInfo> LocalBackend::container(const std::string& account,
                                                     const std::string& container) {
    return device_.container(account, container);
}
Outcome LocalBackend::save_container(const std::string& account, const std::string& container,
                                     const Metadata& change, std::optional<int> policy, bool create,
                                     Timestamp when) {
    return device_.save_container(account, container, change, policy, create, when);
}
Outcome LocalBackend::delete_container(const std::string& account, const std::string& container,
                                       Timestamp when) {
    return device_.delete_container(account, container, when);
}
std::vector<ListedObject> LocalBackend::objects(const std::string& account,
                                                const std::string& container,
                                                const ListQuery& query) {
    return device_.objects(account, container, query);
}
std::optional<ObjectInfo> LocalBackend::head(const ObjectName& name) { return device_.head(name); }
std::unique_ptr<ObjectReader> LocalBackend::open(const ObjectName& name) {
    auto found = device_.open(name);
    if (!found) return nullptr;
    return std::make_unique<Reader>(device_, std::move(*found));
}
std::unique_ptr<ObjectWriter> LocalBackend::put(const ObjectName& name, int policy,
                                                std::optional<std::uint64_t> expected) {
    return std::make_unique<Writer>(device_, name, policy, expected);
}
Outcome LocalBackend::save_metadata(const ObjectName& name, const ObjectInfo& info) {
    return device_.save_metadata(name, info);
}
Outcome LocalBackend::remove(const ObjectName& name, Timestamp when) {
    return device_.remove(name, when);
}

} // namespace nephele::swift

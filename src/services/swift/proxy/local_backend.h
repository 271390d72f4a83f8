// SPDX-License-Identifier: Apache-2.0
// One device in this process is the whole store: the embedded object store of one machine.
#pragma once
#include "services/swift/proxy/backend.h"
#include "services/swift/storage/device.h"

namespace nephele::swift {

class LocalBackend final : public Backend {
  public:
    explicit LocalBackend(DeviceOptions options, Calls& calls = system_calls(),
                          const Clock& clock = system_clock());

    std::optional<AccountInfo> account(const std::string& account) override;
    Outcome save_account(const std::string& account, const Metadata& change,
                         Timestamp when) override;
    Outcome delete_account(const std::string& account, Timestamp when) override;
    std::vector<ListedContainer> containers(const std::string& account,
                                            const ListQuery& query) override;
    std::optional<ContainerInfo> container(const std::string& account,
                                           const std::string& container) override;
    Outcome save_container(const std::string& account, const std::string& container,
                           const Metadata& change, std::optional<int> policy, bool create,
                           Timestamp when) override;
    Outcome delete_container(const std::string& account, const std::string& container,
                             Timestamp when) override;
    std::vector<ListedObject> objects(const std::string& account, const std::string& container,
                                      const ListQuery& query) override;
    std::optional<ObjectInfo> head(const ObjectName& name) override;
    std::unique_ptr<ObjectReader> open(const ObjectName& name) override;
    std::unique_ptr<ObjectWriter> put(const ObjectName& name, int policy,
                                      std::optional<std::uint64_t> expected) override;
    Outcome save_metadata(const ObjectName& name, const ObjectInfo& info) override;
    Outcome remove(const ObjectName& name, Timestamp when) override;
    Timestamp now() override { return device_.now(); }

    /// For its care: reclaim, audit, what has expired.
    Device& device() { return device_; }

  private:
    Device device_;
};

} // namespace nephele::swift

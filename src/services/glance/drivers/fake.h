// SPDX-License-Identifier: Apache-2.0
// A store in memory that fails on demand, for tests.
#pragma once
#include "services/glance/drivers/store.h"

#include <map>
#include <mutex>

namespace nephele::glance {

class FakeStore final : public Store {
  public:
    enum class At { nowhere, create, write, sync, rename, open, remove };
    /// From now on calls that come to this point fail, `kind` says how.
    void fail_at(At point, StoreError::Kind kind = StoreError::Kind::failed);
    /// Of writes: how many succeed first.
    void writes_before_failure(int count);

    std::unique_ptr<ObjectWriter> create(const std::string& name) override;
    OpenObject open(const std::string& name) override;
    void remove(const std::string& name, bool partial) override;
    std::vector<StoredObject> list() override;
    std::string location(const std::string& name) const override { return "fake://store/" + name; }

  private:
    friend class FakeWriter;
    void pass(At point, const char* what);
    std::mutex mutex_;
    At failing_ = At::nowhere;
    StoreError::Kind kind_ = StoreError::Kind::failed;
    int writes_left_ = 0;
    std::map<std::string, std::string> whole_, partial_;
};

} // namespace nephele::glance

// SPDX-License-Identifier: Apache-2.0
// A store in memory that fails on demand, for tests.
#pragma once
#include "services/glance/drivers/store.h"

#include <atomic>
#include <map>
#include <mutex>

namespace nephele::glance {

class FakeStore final : public Store {
  public:
    /// `prefix`: what its locations begin with.
    explicit FakeStore(std::string prefix = "fake://store/") : prefix_(std::move(prefix)) {}
    enum class At { nowhere, create, write, sync, rename, open, read, remove, list };
    /// From now on calls that come to this point fail, `kind` says how.
    void fail_at(At point, StoreError::Kind kind = StoreError::Kind::failed);
    /// Of writes: how many succeed first.
    void writes_before_failure(int count);

    /// The next `times` reads without files break off after so many bytes.
    void break_off(std::size_t after_bytes, int times);
    /// Reads without files that have begun.
    int reads() const { return reads_; }
    /// Changes a byte of each object.
    void spoil();

    /// Objects are read through a reader, as from a store over the network.
    void without_files() { files_ = false; }

    std::string new_location(const std::string& name) override;
    std::unique_ptr<ObjectWriter> create(const std::string& location) override;
    OpenObject open(const std::string& location) override;
    void remove(const std::string& location, bool partial) override;
    std::vector<StoredObject> list() override;
    bool knows(const std::string& location) const override;

  private:
    friend class FakeWriter;
    void pass(At point, const char* what);
    friend class FakeReader;
    const std::string prefix_;
    bool files_ = true;
    std::mutex mutex_;
    At failing_ = At::nowhere;
    StoreError::Kind kind_ = StoreError::Kind::failed;
    int writes_left_ = 0, breaks_left_ = 0;
    std::size_t break_after_ = 0;
    std::atomic<int> reads_{0};
    std::map<std::string, std::string> whole_, partial_;
};

} // namespace nephele::glance

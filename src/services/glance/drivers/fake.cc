// SPDX-License-Identifier: Apache-2.0
#include "services/glance/drivers/fake.h"

#include <sys/mman.h>
#include <unistd.h>

namespace nephele::glance {

class FakeWriter final : public ObjectWriter {
  public:
    FakeWriter(FakeStore& store, std::string name) : store_(store), name_(std::move(name)) {}
    ~FakeWriter() override {
        if (finished_) return;
        std::lock_guard lock(store_.mutex_);
        store_.partial_.erase(name_);
    }
    void write(std::string_view piece) override {
        std::lock_guard lock(store_.mutex_);
        store_.pass(FakeStore::At::write, "write");
        store_.partial_[name_].append(piece);
    }
    void finish() override {
        std::lock_guard lock(store_.mutex_);
        store_.pass(FakeStore::At::sync, "sync");
        store_.pass(FakeStore::At::rename, "rename");
        store_.whole_[name_] = std::move(store_.partial_[name_]);
        store_.partial_.erase(name_);
        finished_ = true;
    }

  private:
    FakeStore& store_;
    std::string name_;
    bool finished_ = false;
};

void FakeStore::fail_at(At point, StoreError::Kind kind) {
    std::lock_guard lock(mutex_);
    failing_ = point;
    kind_ = kind;
    writes_left_ = 0;
}

void FakeStore::writes_before_failure(int count) {
    std::lock_guard lock(mutex_);
    writes_left_ = count;
}

void FakeStore::pass(At point, const char* what) {
    if (failing_ != point) return;
    if (point == At::write && writes_left_-- > 0) return;
    throw StoreError(kind_, std::string("told to fail: ") + what);
}

std::unique_ptr<ObjectWriter> FakeStore::create(const std::string& name) {
    std::lock_guard lock(mutex_);
    pass(At::create, "create");
    if (!is_object_name(name) || whole_.count(name) || !partial_.emplace(name, "").second)
        throw StoreError(StoreError::Kind::failed, "cannot create " + name);
    return std::make_unique<FakeWriter>(*this, name);
}

OpenObject FakeStore::open(const std::string& name) {
    std::lock_guard lock(mutex_);
    pass(At::open, "open");
    auto found = whole_.find(name);
    if (found == whole_.end()) return {};
    int fd = ::memfd_create("glance-fake", MFD_CLOEXEC);
    auto& bytes = found->second;
    if (fd < 0 || ::write(fd, bytes.data(), bytes.size()) != static_cast<ssize_t>(bytes.size()))
        throw StoreError(StoreError::Kind::failed, "no memory file");
    return {std::shared_ptr<int>(new int(fd),
                                 [](int* p) {
                                     ::close(*p);
                                     delete p;
                                 }),
            bytes.size()};
}

void FakeStore::remove(const std::string& name, bool partial) {
    std::lock_guard lock(mutex_);
    pass(At::remove, "remove");
    if (!partial) whole_.erase(name);
    partial_.erase(name);
}

std::vector<StoredObject> FakeStore::list() {
    std::lock_guard lock(mutex_);
    std::vector<StoredObject> out;
    for (auto& [name, bytes] : whole_) out.push_back({name, false, bytes.size()});
    for (auto& [name, bytes] : partial_) out.push_back({name, true, bytes.size()});
    return out;
}

} // namespace nephele::glance

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
        mine().append(piece);
    }
    void finish() override {
        std::lock_guard lock(store_.mutex_);
        store_.pass(FakeStore::At::sync, "sync");
        store_.pass(FakeStore::At::rename, "rename");
        store_.whole_[name_] = std::move(mine());
        store_.partial_.erase(name_);
        finished_ = true;
    }

  private:
    std::string& mine() {
        auto found = store_.partial_.find(name_);
        if (found == store_.partial_.end())
            throw StoreError(StoreError::Kind::failed, "removed meanwhile: " + name_);
        return found->second;
    }
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

void FakeStore::break_off(std::size_t after_bytes, int times) {
    std::lock_guard lock(mutex_);
    break_after_ = after_bytes;
    breaks_left_ = times;
}

void FakeStore::spoil() {
    std::lock_guard lock(mutex_);
    for (auto& [location, bytes] : whole_)
        if (!bytes.empty()) bytes[0] = static_cast<char>(bytes[0] ^ 1);
}

void FakeStore::pass(At point, const char* what) {
    if (failing_ != point) return;
    if (point == At::write && writes_left_-- > 0) return;
    throw StoreError(kind_, std::string("told to fail: ") + what);
}

bool FakeStore::knows(const std::string& location) const {
    return location.rfind(prefix_, 0) == 0 && is_object_name(location.substr(prefix_.size()));
}

std::string FakeStore::new_location(const std::string& name) {
    if (!is_object_name(name)) throw StoreError(StoreError::Kind::failed, "not a name: " + name);
    return prefix_ + name;
}

std::unique_ptr<ObjectWriter> FakeStore::create(const std::string& location) {
    std::lock_guard lock(mutex_);
    pass(At::create, "create");
    if (!knows(location) || whole_.count(location) || !partial_.emplace(location, "").second)
        throw StoreError(StoreError::Kind::failed, "cannot create " + location);
    return std::make_unique<FakeWriter>(*this, location);
}

class FakeReader final : public ObjectReader {
  public:
    FakeReader(FakeStore& store, std::string bytes) : store_(store), bytes_(std::move(bytes)) {}
    void read(std::uint64_t offset, std::uint64_t length, const Sink& sink) override {
        std::string_view left = std::string_view(bytes_).substr(offset, length);
        bool breaks = false;
        {
            std::lock_guard lock(store_.mutex_);
            ++store_.reads_;
            store_.pass(FakeStore::At::read, "read");
            breaks = store_.breaks_left_ > 0 && left.size() > store_.break_after_;
            if (breaks) --store_.breaks_left_;
            if (breaks) left = left.substr(0, store_.break_after_);
        }
        for (std::string_view piece; !left.empty(); left.remove_prefix(piece.size())) {
            piece = left.substr(0, 1000);
            if (!sink(piece)) return;
        }
        if (breaks) throw StoreError(StoreError::Kind::failed, "told to break off");
    }

  private:
    FakeStore& store_;
    std::string bytes_;
};

OpenObject FakeStore::open(const std::string& location) {
    std::lock_guard lock(mutex_);
    pass(At::open, "open");
    if (!knows(location)) throw StoreError(StoreError::Kind::failed, "foreign: " + location);
    auto found = whole_.find(location);
    if (found == whole_.end()) return {};
    auto& bytes = found->second;
    OpenObject object;
    object.size = bytes.size();
    if (!files_) {
        object.reader = std::make_shared<FakeReader>(*this, bytes);
        return object;
    }
    int fd = ::memfd_create("glance-fake", MFD_CLOEXEC);
    if (fd < 0 || ::write(fd, bytes.data(), bytes.size()) != static_cast<ssize_t>(bytes.size()))
        throw StoreError(StoreError::Kind::failed, "no memory file");
    object.descriptor = std::shared_ptr<int>(new int(fd), [](int* p) {
        ::close(*p);
        delete p;
    });
    return object;
}

void FakeStore::remove(const std::string& location, bool partial) {
    std::lock_guard lock(mutex_);
    pass(At::remove, "remove");
    if (!knows(location)) throw StoreError(StoreError::Kind::failed, "foreign: " + location);
    if (!partial) whole_.erase(location);
    partial_.erase(location);
}

std::vector<StoredObject> FakeStore::list() {
    std::lock_guard lock(mutex_);
    pass(At::list, "list");
    std::vector<StoredObject> out;
    for (auto& [location, bytes] : whole_) out.push_back({location, false, bytes.size()});
    for (auto& [location, bytes] : partial_) out.push_back({location, true, bytes.size()});
    return out;
}

} // namespace nephele::glance

// SPDX-License-Identifier: Apache-2.0
#include "services/glance/ops/object_body.h"

#include "base/strings.h"

#include <algorithm>
#include <cerrno>
#include <condition_variable>
#include <cstring>
#include <deque>
#include <exception>
#include <mutex>
#include <thread>
#include <unistd.h>

namespace nephele::glance {
namespace {
constexpr std::size_t pushed_at_most = 1 << 20;
constexpr std::uint64_t ask_every_bytes = 8 << 20;

class PushedBody final : public http::BodyReader {
  public:
    PushedBody(std::function<void(const ObjectReader::Sink&)> produce,
               std::optional<std::uint64_t> length)
        : length_(length), thread_([this, produce = std::move(produce)] { run(produce); }) {}

    ~PushedBody() override {
        {
            std::lock_guard lock(mutex_);
            dropped_ = true;
        }
        changed_.notify_all();
        thread_.join();
    }

    std::size_t read(char* into, std::size_t size) override {
        std::unique_lock lock(mutex_);
        changed_.wait(lock, [&] { return over_ || !pieces_.empty(); });
        if (pieces_.empty()) {
            if (thrown_) std::rethrow_exception(thrown_);
            return 0;
        }
        auto& front = pieces_.front();
        auto count = std::min(size, front.size() - taken_);
        std::memcpy(into, front.data() + taken_, count);
        taken_ += count;
        waiting_ -= count;
        if (taken_ == front.size()) {
            pieces_.pop_front();
            taken_ = 0;
        }
        changed_.notify_all();
        return count;
    }
    std::optional<std::uint64_t> length() const override { return length_; }

  private:
    bool push(std::string_view piece) {
        std::unique_lock lock(mutex_);
        changed_.wait(lock, [&] { return dropped_ || waiting_ < pushed_at_most; });
        if (dropped_) return false;
        if (piece.empty()) return true;
        pieces_.emplace_back(piece);
        waiting_ += piece.size();
        changed_.notify_all();
        return true;
    }

    void run(const std::function<void(const ObjectReader::Sink&)>& produce) {
        try {
            produce([this](std::string_view piece) { return push(piece); });
        } catch (const std::exception&) {
            std::lock_guard lock(mutex_);
            thrown_ = std::current_exception();
        }
        {
            std::lock_guard lock(mutex_);
            over_ = true;
        }
        changed_.notify_all();
    }

    std::optional<std::uint64_t> length_;
    std::mutex mutex_;
    std::condition_variable changed_;
    std::deque<std::string> pieces_;
    std::size_t taken_ = 0, waiting_ = 0;
    bool over_ = false, dropped_ = false;
    std::exception_ptr thrown_;
    std::thread thread_; // last: it uses the others
};

class FileBody final : public http::BodyReader {
  public:
    explicit FileBody(OpenObject object) : object_(std::move(object)) {}
    std::size_t read(char* into, std::size_t size) override {
        for (;;) {
            auto count = ::pread(*object_.descriptor, into, size, static_cast<off_t>(offset_));
            if (count < 0 && errno == EINTR) continue;
            if (count < 0)
                throw StoreError(StoreError::Kind::failed,
                                 format("cannot read: {}", std::strerror(errno)));
            offset_ += static_cast<std::uint64_t>(count);
            return static_cast<std::size_t>(count);
        }
    }
    std::optional<std::uint64_t> length() const override { return object_.size; }

  private:
    OpenObject object_;
    std::uint64_t offset_ = 0;
};
} // namespace

std::unique_ptr<http::BodyReader>
pushed_body(std::function<void(const ObjectReader::Sink&)> produce,
            std::optional<std::uint64_t> length) {
    return std::make_unique<PushedBody>(std::move(produce), length);
}

std::unique_ptr<http::BodyReader> body_of(OpenObject object) {
    if (object.descriptor) return std::make_unique<FileBody>(std::move(object));
    return pushed_body([reader = object.reader, size = object.size](
                           const ObjectReader::Sink& sink) { reader->read(0, size, sink); },
                       object.size);
}

std::size_t StoppableBody::read(char* into, std::size_t size) {
    if (bytes_ - asked_at_ >= ask_every_bytes || bytes_ == 0) {
        asked_at_ = bytes_;
        if (stopped_()) throw http::TransferError("the work was cancelled");
    }
    auto count = body_.read(into, size);
    bytes_ += count;
    return count;
}

} // namespace nephele::glance

// SPDX-License-Identifier: Apache-2.0
#include "services/glance/ops/cache.h"

#include "base/strings.h"
#include "platform/log/log.h"
#include "platform/metrics/metrics.h"
#include "services/glance/drivers/filesystem.h"

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <fcntl.h>
#include <unistd.h>

namespace nephele::glance {
namespace {
constexpr std::size_t waiting_fills = 64;
constexpr std::size_t piece_bytes = 256 * 1024;

void count(const char* what) { metrics::add("nephele_glance_cache_total", {{"event", what}}); }

/// Reads a copy that is still being made, as far as it has come.
class FollowingReader final : public ObjectReader {
  public:
    FollowingReader(std::shared_ptr<int> descriptor, std::shared_ptr<CacheFill> fill)
        : descriptor_(std::move(descriptor)), fill_(std::move(fill)) {}

    void read(std::uint64_t offset, std::uint64_t length, const Sink& sink) override {
        std::string piece(piece_bytes, '\0');
        for (std::uint64_t end = offset + length; offset < end;) {
            auto there = wait_for(offset);
            auto wanted = std::min<std::uint64_t>({there, end - offset, piece.size()});
            auto count = ::pread(*descriptor_, piece.data(), static_cast<std::size_t>(wanted),
                                 static_cast<off_t>(offset));
            if (count < 0 && errno == EINTR) continue;
            if (count <= 0)
                throw StoreError(StoreError::Kind::failed, "a cached copy cannot be read");
            if (!sink({piece.data(), static_cast<std::size_t>(count)})) return;
            offset += static_cast<std::uint64_t>(count);
        }
    }

  private:
    // Bytes that may be read from there on; at least one.
    std::uint64_t wait_for(std::uint64_t offset) {
        std::unique_lock lock(fill_->mutex);
        fill_->changed.wait(lock, [&] { return fill_->failure || fill_->available > offset; });
        if (fill_->available > offset) return fill_->available - offset;
        std::rethrow_exception(fill_->failure);
    }
    std::shared_ptr<int> descriptor_;
    std::shared_ptr<CacheFill> fill_;
};
} // namespace

/// Tells readers how far the copy is. The last byte is held back until the copy is known to be
/// good, so that nobody takes a bad one for whole.
class ImageCache::Writer final : public ObjectWriter {
  public:
    Writer(std::unique_ptr<ObjectWriter> inner, CacheFill& fill, std::uint64_t size)
        : inner_(std::move(inner)), fill_(fill), size_(size) {}
    void write(std::string_view piece) override {
        inner_->write(piece);
        written_ += piece.size();
        if (written_ > size_)
            throw StoreError(StoreError::Kind::failed, "an object is longer than its image says");
        show(std::min(written_, size_ - 1));
    }
    void finish() override {
        if (written_ != size_)
            throw StoreError(StoreError::Kind::failed,
                             format("an object ends after {} of {} bytes", written_, size_));
        inner_->finish();
        finished_ = true;
    }
    bool finished() const { return finished_; }

  private:
    void show(std::uint64_t available) {
        {
            std::lock_guard lock(fill_.mutex);
            fill_.available = available;
        }
        fill_.changed.notify_all();
    }
    std::unique_ptr<ObjectWriter> inner_;
    CacheFill& fill_;
    std::uint64_t size_, written_ = 0;
    bool finished_ = false;
};

ImageCache::ImageCache(Options options, const Clock& clock)
    : options_(std::move(options)), clock_(clock), files_(filesystem_store(options_.directory)),
      pool_("image-cache", static_cast<std::size_t>(options_.fills), waiting_fills) {
    load();
}

ImageCache::~ImageCache() { stop(); }

void ImageCache::stop() {
    stopping_ = true;
    pool_.stop();
}

void ImageCache::load() {
    for (auto& object : files_->list()) {
        std::string name = object_of(object.location);
        if (object.partial) {
            files_->remove(object.location, true);
            continue;
        }
        Entry entry;
        entry.copy = {.image_id = image_of_object(name),
                      .name = name,
                      .size = object.size.value_or(0),
                      .last_accessed = clock_.now(),
                      .last_modified = clock_.now()};
        entries_[name] = std::move(entry);
    }
    tell();
}

std::string ImageCache::location(const std::string& name) const {
    return files_->new_location(name);
}

OpenObject ImageCache::open(const std::string& name) {
    {
        std::lock_guard lock(mutex_);
        auto found = entries_.find(name);
        if (found == entries_.end() || found->second.fill) return {};
        ++found->second.copy.hits;
        found->second.copy.last_accessed = clock_.now();
    }
    OpenObject object = files_->open(location(name));
    if (object.found()) {
        count("hit");
        return object;
    }
    // Somebody else took the file away.
    std::lock_guard lock(mutex_);
    auto found = entries_.find(name);
    if (found != entries_.end() && !found->second.fill) entries_.erase(found);
    return {};
}

OpenObject ImageCache::follow(const std::string& name, std::uint64_t size,
                              std::shared_ptr<CacheFill> fill) {
    std::string path = path_of_location(location(name));
    for (auto& each : {path + ".part", path}) {
        int fd = ::open(each.c_str(), O_RDONLY | O_CLOEXEC | O_NOFOLLOW);
        if (fd < 0) continue;
        std::shared_ptr<int> descriptor(new int(fd), [](int* owned) {
            ::close(*owned);
            delete owned;
        });
        OpenObject object;
        object.reader = std::make_shared<FollowingReader>(std::move(descriptor), std::move(fill));
        object.size = size;
        return object;
    }
    return {};
}

// Null when it is whole, or cannot be made.
std::shared_ptr<CacheFill> ImageCache::find_or_begin(const std::string& name, std::uint64_t size,
                                                     Produce produce) {
    auto fill = std::make_shared<CacheFill>();
    {
        std::lock_guard lock(mutex_);
        auto found = entries_.find(name);
        if (found != entries_.end()) {
            if (found->second.fill) {
                ++found->second.copy.hits;
                count("shared");
            }
            return found->second.fill;
        }
        if (stopping_ || size == 0 || !make_room(size)) {
            count("no_room");
            return nullptr;
        }
        Entry entry;
        entry.copy = {.image_id = image_of_object(name),
                      .name = name,
                      .size = size,
                      .last_accessed = clock_.now(),
                      .last_modified = clock_.now()};
        entry.fill = fill;
        entries_[name] = std::move(entry);
        ++running_;
    }
    count("miss");
    if (pool_.submit(
            [this, name, fill, produce = std::move(produce)] { run(name, fill, produce); }))
        return fill;
    {
        std::scoped_lock lock(mutex_, fill->mutex);
        --running_;
        entries_.erase(name);
        fill->failure = std::make_exception_ptr(
            StoreError(StoreError::Kind::failed, "too many copies are being made"));
    }
    fill->changed.notify_all();
    settled_.notify_all();
    return nullptr;
}

bool ImageCache::begin(const std::string& name, std::uint64_t size, Produce produce) {
    if (find_or_begin(name, size, std::move(produce))) return true;
    std::lock_guard lock(mutex_);
    return entries_.count(name) > 0;
}

OpenObject ImageCache::open_or_fill(const std::string& name, std::uint64_t size, Produce produce) {
    auto fill = find_or_begin(name, size, std::move(produce));
    if (!fill) return open(name);
    {
        // The file is there from the first byte on.
        std::unique_lock lock(fill->mutex);
        fill->changed.wait(lock,
                           [&] { return fill->whole || fill->failure || fill->available > 0; });
        if (fill->failure) std::rethrow_exception(fill->failure);
    }
    if (auto object = follow(name, size, fill); object.found()) return object;
    // Its file went: it failed, or it was whole and has gone again.
    std::unique_lock lock(fill->mutex);
    fill->changed.wait(lock, [&] { return fill->whole || fill->failure; });
    if (fill->failure) std::rethrow_exception(fill->failure);
    return {};
}

void ImageCache::run(const std::string& name, const std::shared_ptr<CacheFill>& fill,
                     const Produce& produce) {
    std::exception_ptr failure;
    try {
        std::uint64_t size = 0;
        {
            std::lock_guard lock(mutex_);
            size = entries_.at(name).copy.size;
        }
        Writer writer(files_->create(location(name)), *fill, size);
        produce(writer, [this] { return stopping_.load(); });
        if (!writer.finished())
            throw StoreError(StoreError::Kind::failed, "a copy was not finished");
    } catch (const std::exception& error) {
        log::warning("an image was not cached", {{"object", name}, {"what", error.what()}});
        failure = std::current_exception();
    }
    count(failure ? "failed" : "filled");
    {
        std::lock_guard lock(mutex_);
        if (failure) {
            entries_.erase(name);
        } else {
            auto& entry = entries_.at(name);
            entry.fill.reset();
            entry.copy.last_modified = entry.copy.last_accessed = clock_.now();
        }
        std::lock_guard inner(fill->mutex); // always after the cache's own
        fill->failure = failure;
        fill->whole = !failure;
        if (!failure) fill->available = UINT64_MAX;
    }
    fill->changed.notify_all();
    tell();
    if (changed_ && !stopping_) changed_();
    std::lock_guard lock(mutex_);
    --running_;
    settled_.notify_all();
}

// The caller holds the mutex. Copies being made count with all they will have.
bool ImageCache::make_room(std::uint64_t size) {
    if (size > options_.max_bytes) return false;
    while (bytes() > options_.max_bytes - size) {
        auto oldest = entries_.end();
        for (auto it = entries_.begin(); it != entries_.end(); ++it) {
            if (it->second.fill || it->second.kept_until > clock_.now()) continue;
            if (oldest == entries_.end() ||
                it->second.copy.last_accessed < oldest->second.copy.last_accessed)
                oldest = it;
        }
        if (oldest == entries_.end()) return false;
        files_->remove(location(oldest->first));
        entries_.erase(oldest);
        count("evicted");
    }
    return true;
}

std::optional<std::string> ImageCache::keep(const std::string& name, std::int64_t seconds) {
    std::lock_guard lock(mutex_);
    auto found = entries_.find(name);
    if (found == entries_.end() || found->second.fill) return std::nullopt;
    auto& entry = found->second;
    ++entry.copy.hits;
    entry.copy.last_accessed = clock_.now();
    entry.kept_until = std::max(entry.kept_until, clock_.now().plus_seconds(seconds));
    return path_of_location(location(name));
}

bool ImageCache::filling(const std::string& name) const {
    std::lock_guard lock(mutex_);
    auto found = entries_.find(name);
    return found != entries_.end() && found->second.fill;
}

std::vector<CachedCopy> ImageCache::copies() const {
    std::lock_guard lock(mutex_);
    std::vector<CachedCopy> out;
    for (auto& [name, entry] : entries_)
        if (!entry.fill) out.push_back(entry.copy);
    return out;
}

void ImageCache::restore(const CachedCopy& copy) {
    std::lock_guard lock(mutex_);
    auto found = entries_.find(copy.name);
    if (found == entries_.end() || found->second.fill) return;
    found->second.copy.hits += copy.hits;
    found->second.copy.last_accessed = copy.last_accessed;
    found->second.copy.last_modified = copy.last_modified;
}

int ImageCache::remove(const std::function<bool(const CachedCopy&)>& unwanted) {
    int removed = 0;
    {
        std::lock_guard lock(mutex_);
        for (auto it = entries_.begin(); it != entries_.end();) {
            if (it->second.fill || !unwanted(it->second.copy)) {
                ++it;
                continue;
            }
            files_->remove(location(it->first));
            it = entries_.erase(it);
            ++removed;
        }
    }
    tell();
    return removed;
}

std::pair<int, std::uint64_t> ImageCache::prune() {
    std::pair<int, std::uint64_t> gone;
    {
        std::lock_guard lock(mutex_);
        auto before = bytes();
        auto count = entries_.size();
        make_room(0);
        gone = {static_cast<int>(count - entries_.size()), before - bytes()};
    }
    tell();
    return gone;
}

void ImageCache::settle() {
    std::unique_lock lock(mutex_);
    settled_.wait(lock, [&] { return running_ == 0; });
}

std::uint64_t ImageCache::bytes() const {
    std::uint64_t sum = 0;
    for (auto& [name, entry] : entries_) sum += entry.copy.size;
    return sum;
}

void ImageCache::tell() const {
    std::lock_guard lock(mutex_);
    metrics::set("nephele_glance_cache_bytes", {}, static_cast<double>(bytes()));
    metrics::set("nephele_glance_cache_images", {}, static_cast<double>(entries_.size()));
}

} // namespace nephele::glance

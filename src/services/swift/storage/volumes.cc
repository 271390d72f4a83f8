// SPDX-License-Identifier: Apache-2.0
#include "services/swift/storage/volumes.h"

#include "base/crc32c.h"
#include "base/strings.h"
#include "platform/fault/fault.h"
#include "platform/log/log.h"

#include <algorithm>
#include <charconv>
#include <fcntl.h>

namespace nephele::swift {
namespace {

constexpr std::string_view magic = "nephele volume 1"; // 16 bytes
constexpr std::string_view extension = ".volume";
constexpr std::uint64_t reserve_step = 32 << 20;

std::string header(std::uint32_t id, const std::string& device) {
    std::string out(Volumes::header_bytes, '\0');
    out.replace(0, magic.size(), magic);
    put_little(&out[16], id);
    out.replace(24, std::min<std::size_t>(device.size(), 32), device.substr(0, 32));
    put_little(&out[60], crc32c(std::string_view(out).substr(0, 60)));
    return out;
}

} // namespace

Volumes::Volumes(Files& files, std::string directory, std::string device, std::size_t open_limit)
    : files_(files), directory_(std::move(directory)), device_(std::move(device)),
      seed_(crc32c(device_)), open_limit_(open_limit) {}

std::string Volumes::device_of(Files& files, const std::string& path) {
    auto text = files.read_small(path).substr(0, header_bytes);
    if (text.size() < header_bytes || !text.starts_with(magic) ||
        get_little<std::uint32_t>(&text[60]) != crc32c(std::string_view(text).substr(0, 60)))
        return "";
    return text.substr(24, 32);
}

std::string Volumes::name_of(std::uint32_t id) const {
    auto digits = std::to_string(id);
    return std::string(10 - digits.size(), '0').append(digits).append(extension);
}
std::string Volumes::path(std::uint32_t id) const { return directory_ + "/" + name_of(id); }

std::vector<std::uint32_t> Volumes::list() const {
    std::vector<std::uint32_t> out;
    for (const auto& name : files_.list(directory_)) {
        if (!name.ends_with(extension)) continue;
        auto id = to_int(name.substr(0, name.size() - extension.size()));
        if (id && *id > 0 && *id <= UINT32_MAX) out.push_back(static_cast<std::uint32_t>(*id));
    }
    std::sort(out.begin(), out.end());
    return out;
}

void Volumes::keep_open(std::uint32_t id, const FilePointer& file) {
    auto [entry, fresh] = kept_.try_emplace(id);
    if (!fresh) used_.erase(entry->second.used);
    used_.push_front(id);
    entry->second = {file, used_.begin()};
    while (used_.size() > open_limit_) {
        kept_.erase(used_.back());
        used_.pop_back();
    }
}

FilePointer Volumes::open(std::uint32_t id) {
    {
        std::lock_guard lock(mutex_);
        auto found = kept_.find(id);
        if (found != kept_.end()) {
            used_.splice(used_.begin(), used_, found->second.used);
            return found->second.file;
        }
    }
    auto file = files_.open_if_there(path(id), O_RDWR);
    if (!file) return nullptr;
    std::lock_guard lock(mutex_);
    keep_open(id, file);
    return file;
}

std::uint64_t Volumes::file_bytes(std::uint32_t id) {
    auto file = open(id);
    return file ? files_.size(*file) : 0;
}

void Volumes::remove(std::uint32_t id) {
    {
        std::lock_guard lock(mutex_);
        auto found = kept_.find(id);
        if (found != kept_.end()) {
            used_.erase(found->second.used);
            kept_.erase(found);
        }
    }
    files_.unlink(path(id));
}

void Volumes::start(std::uint32_t id) {
    active_ = nullptr;
    auto file = files_.open(path(id), O_RDWR | O_CREAT | O_TRUNC);
    files_.write(*file, header(id, device_), 0, path(id));
    files_.sync(*file, path(id));
    files_.sync_directory(directory_);
    std::lock_guard lock(mutex_);
    keep_open(id, file);
    active_ = file;
    active_id_ = id;
    tail_ = reserved_ = header_bytes;
}

void Volumes::resume(std::uint32_t id, std::uint64_t tail) {
    active_ = nullptr;
    auto file = files_.open(path(id), O_RDWR);
    if (tail < header_bytes) { // died while it was started
        files_.write(*file, header(id, device_), 0, path(id));
        tail = header_bytes;
    }
    files_.truncate(*file, tail, path(id));
    // What was replayed from here may never have been synced; from now on it counts.
    files_.sync(*file, path(id));
    std::lock_guard lock(mutex_);
    keep_open(id, file);
    active_ = file;
    active_id_ = id;
    tail_ = reserved_ = tail;
}

void Volumes::append(std::vector<iovec>& parts, std::uint64_t bytes) {
    auto name = path(active_id_);
    try {
        if (tail_ + bytes > reserved_) {
            auto more = std::max(reserve_step, tail_ + bytes - reserved_);
            files_.reserve(*active_, reserved_, more, name);
            reserved_ += more;
        }
        files_.write(*active_, parts, tail_, name);
    } catch (const Failure&) {
        cut();
        throw;
    }
    try {
        files_.sync(*active_, name);
    } catch (const Failure& failure) {
        log::error("a volume is given up: its sync failed",
                   {{"volume", name}, {"cause", failure.internals()}});
        cut();
        give_up();
        throw;
    }
}

void Volumes::cut() {
    if (!active_) return;
    try {
        files_.truncate(*active_, tail_, path(active_id_));
        reserved_ = tail_;
    } catch (const Failure& failure) {
        // What stays behind the tail was refused: it must not be followed by what is accepted.
        log::error("a volume is given up: its end cannot be cut",
                   {{"volume", path(active_id_)}, {"cause", failure.internals()}});
        give_up();
    }
}

} // namespace nephele::swift

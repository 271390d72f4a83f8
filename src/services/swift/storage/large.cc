// SPDX-License-Identifier: Apache-2.0
#include "services/swift/storage/large.h"

#include "platform/fault/fault.h"
#include "platform/log/log.h"
#include "services/swift/storage/codec.h"

#include "base/strings.h"

#include <algorithm>
#include <cstdlib>
#include <cstring>
#include <fcntl.h>
#include <new>

namespace nephele::swift {
namespace {

constexpr std::size_t piece_bytes = 1 << 20; // of one write
constexpr std::size_t block_bytes = 4096;

std::string name_of(std::uint64_t id) { return hex_encode(big_endian(id)); }

} // namespace

LargeFiles::LargeFiles(Files& files, std::string directory)
    : files_(files), directory_(std::move(directory)) {}

std::string LargeFiles::incoming_path(std::uint64_t id) const {
    return directory_ + "/incoming/" + name_of(id);
}
std::string LargeFiles::shelf(std::uint64_t id) const {
    return directory_ + "/large/" + name_of(id).substr(0, 2);
}
std::string LargeFiles::path(std::uint64_t id) const { return shelf(id) + "/" + name_of(id); }

void LargeFiles::prepare() {
    for (auto name : {"incoming", "large", "quarantine"})
        files_.make_directory(directory_ + "/" + name);
    for (std::uint64_t i = 0; i < 256; ++i) files_.make_directory(shelf(i << 56));
    files_.sync_directory(directory_ + "/large");
}

void LargeFiles::clear_incoming() {
    for (const auto& name : files_.list(directory_ + "/incoming"))
        files_.unlink(directory_ + "/incoming/" + name);
}

FilePointer LargeFiles::open(std::uint64_t id) const {
    return files_.open_if_there(path(id), O_RDONLY);
}

void LargeFiles::remove(std::uint64_t id) { files_.unlink(path(id)); }

void LargeFiles::quarantine(std::uint64_t id) {
    files_.rename(path(id), directory_ + "/quarantine/" + name_of(id));
    files_.sync_directory(directory_ + "/quarantine");
    files_.sync_directory(shelf(id));
}

std::uint64_t LargeFiles::sweep(const std::function<bool(std::uint64_t)>& wanted) {
    std::uint64_t removed = 0;
    for (const auto& shelf : files_.list(directory_ + "/large")) {
        for (const auto& name : files_.list(directory_ + "/large/" + shelf)) {
            auto bytes = hex_decode(name);
            if (!bytes || bytes->size() != 8 || wanted(from_big_endian(*bytes))) continue;
            files_.unlink(directory_ + "/large/" + shelf + "/" + name);
            ++removed;
        }
    }
    return removed;
}

LargeFiles::Writer::Writer(LargeFiles& owner, std::uint64_t id,
                           std::optional<std::uint64_t> expected)
    : owner_(owner), id_(id), file_(owner.files_.create_direct(owner.incoming_path(id))),
      buffer_(static_cast<char*>(std::aligned_alloc(block_bytes, piece_bytes))) {
    if (!buffer_) throw std::bad_alloc();
    if (!expected || *expected == 0) return;
    try {
        owner_.files_.reserve(*file_, 0, *expected, owner_.incoming_path(id_));
    } catch (const Failure&) {
        owner_.files_.unlink(owner_.incoming_path(id_));
        throw;
    }
}

LargeFiles::Writer::~Writer() {
    if (kept_) return;
    try {
        owner_.files_.unlink(placed_ ? owner_.path(id_) : owner_.incoming_path(id_));
    } catch (const Failure& failure) {
        log::warning("a file of an upload that came to nothing stays until the next start",
                     {{"cause", failure.internals()}});
    }
}

void LargeFiles::Writer::Freed::operator()(char* buffer) const { std::free(buffer); }

void LargeFiles::Writer::write(std::string_view bytes) {
    while (!bytes.empty()) {
        auto size = std::min(bytes.size(), piece_bytes - buffered_);
        std::memcpy(buffer_.get() + buffered_, bytes.data(), size);
        buffered_ += size;
        bytes.remove_prefix(size);
        if (buffered_ < piece_bytes) continue;
        owner_.files_.write_direct(*file_, {buffer_.get(), buffered_}, flushed_,
                                   owner_.incoming_path(id_));
        flushed_ += buffered_;
        buffered_ = 0;
    }
}

void LargeFiles::Writer::finish() {
    owner_.files_.end_direct(*file_); // the rest is no whole block
    owner_.files_.write(*file_, {buffer_.get(), buffered_}, flushed_, owner_.incoming_path(id_));
    buffer_.reset();
    owner_.files_.sync(*file_, owner_.incoming_path(id_));
    owner_.files_.rename(owner_.incoming_path(id_), owner_.path(id_));
    placed_ = true;
    owner_.files_.sync_directory(owner_.shelf(id_));
}

} // namespace nephele::swift

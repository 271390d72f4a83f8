// SPDX-License-Identifier: Apache-2.0
#include "services/swift/storage/large.h"

#include "platform/fault/fault.h"
#include "platform/log/log.h"
#include "services/swift/storage/codec.h"

#include "base/strings.h"

#include <fcntl.h>

namespace nephele::swift {
namespace {

// So much is handed to the disk while the upload goes on, so that its end has little to wait for.
constexpr std::uint64_t writeback_step = 8 << 20;

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
    : owner_(owner), id_(id),
      file_(owner.files_.open(owner.incoming_path(id), O_RDWR | O_CREAT | O_EXCL)) {
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

void LargeFiles::Writer::write(std::string_view bytes) {
    owner_.files_.write(*file_, bytes, bytes_, owner_.incoming_path(id_));
    bytes_ += bytes.size();
    if (bytes_ - started_ < writeback_step) return;
    // A hint: what it cannot do, the sync at the end does.
    ::sync_file_range(file_->descriptor, static_cast<off_t>(started_),
                      static_cast<off_t>(bytes_ - started_), SYNC_FILE_RANGE_WRITE);
    started_ = bytes_;
}

void LargeFiles::Writer::finish() {
    owner_.files_.sync(*file_, owner_.incoming_path(id_));
    owner_.files_.rename(owner_.incoming_path(id_), owner_.path(id_));
    placed_ = true;
    owner_.files_.sync_directory(owner_.shelf(id_));
}

} // namespace nephele::swift

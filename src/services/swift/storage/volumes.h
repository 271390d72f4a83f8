// SPDX-License-Identifier: Apache-2.0
// The volumes of a device: append-only files of needles. One is written, by one thread at a time;
// all are read by many. A volume whose sync failed is never written again: what the system still
// holds of it may be lost without another word.
#pragma once
#include "services/swift/storage/files.h"
#include "services/swift/storage/record.h"

#include <list>
#include <mutex>
#include <unordered_map>

namespace nephele::swift {

class Volumes {
  public:
    static constexpr std::uint64_t header_bytes = 64;

    /// `open_limit`: files kept open at once beside those in use.
    Volumes(Files& files, std::string directory, std::string device, std::size_t open_limit);

    std::vector<std::uint32_t> list() const; ///< ascending
    /// Null when there is no such volume (any more).
    FilePointer open(std::uint32_t id);
    std::string path(std::uint32_t id) const;
    /// For the heads' checksums.
    std::uint32_t seed() const { return seed_; }
    /// The device that a volume says it belongs to; empty when it does not.
    static std::string device_of(Files& files, const std::string& path);
    /// How many bytes its file has; 0 when there is none.
    std::uint64_t file_bytes(std::uint32_t id);
    /// Takes it from the directory; who reads it may finish.
    void remove(std::uint32_t id);

    // ---- writing ----
    /// A new volume becomes the one that is written.
    void start(std::uint32_t id);
    /// An old one is written on, behind `tail`; what is there is cut off.
    void resume(std::uint32_t id, std::uint64_t tail);
    bool writable() const { return active_ != nullptr; }
    std::uint32_t active() const { return active_id_; }
    std::uint64_t tail() const { return tail_; } ///< all before it is durable
    /// Behind the tail, and durable when it returns; the tail stays. When it throws, what was
    /// written is cut off again, or the volume is given up.
    void append(std::vector<iovec>& parts, std::uint64_t bytes);
    void advance(std::uint64_t bytes) { tail_ += bytes; }
    /// What was appended behind the tail goes again.
    void cut();
    /// No more is written to it.
    void give_up() { active_ = nullptr; }

  private:
    std::string name_of(std::uint32_t id) const;
    void keep_open(std::uint32_t id, const FilePointer& file);

    Files& files_;
    const std::string directory_, device_;
    const std::uint32_t seed_;
    const std::size_t open_limit_;
    FilePointer active_;
    std::uint32_t active_id_ = 0;
    std::uint64_t tail_ = 0, reserved_ = 0;

    std::mutex mutex_;
    using Used = std::list<std::uint32_t>; ///< the latest first
    struct Kept {
        FilePointer file;
        Used::iterator used;
    };
    std::unordered_map<std::uint32_t, Kept> kept_;
    Used used_;
};

/// What a scan of a volume found.
struct Scanned {
    struct Damage {
        std::uint64_t from, to;
    };
    std::uint64_t tail = 0;      ///< behind the last needle that counts
    std::vector<Damage> damaged; ///< had been durable, and cannot be read now
    bool torn = false;           ///< there was something behind the tail
};
/// Calls `visit` for each needle from `offset` on, in order. Payloads are only looked at where they
/// were never known to be durable: in the last group.
Scanned scan_volume(Files& files, const OpenFile& file, std::uint32_t id, std::uint32_t seed,
                    std::uint64_t offset,
                    const std::function<void(const Needle&, const Place&)>& visit);

/// Why the payload is not what the head says; empty: it is.
std::string payload_problem(const Needle& needle, std::string_view payload);

} // namespace nephele::swift

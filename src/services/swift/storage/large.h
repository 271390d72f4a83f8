// SPDX-License-Identifier: Apache-2.0
// Large objects: a file each. It is written in incoming/, and moves to large/ when it is whole and
// durable, just before the needle that names it. What a crash leaves in incoming/ goes at the next
// start; what it leaves in large/ without a needle is found by sweep().
#pragma once
#include "services/swift/storage/files.h"

#include <functional>
#include <optional>

namespace nephele::swift {

class LargeFiles {
  public:
    LargeFiles(Files& files, std::string directory);
    /// Makes the directories.
    void prepare();
    /// Forgets what was under way when the process died.
    void clear_incoming();
    FilePointer open(std::uint64_t id) const; ///< null when there is none
    void remove(std::uint64_t id);
    void quarantine(std::uint64_t id);
    /// Removes the files for which `wanted` says no; returns how many.
    std::uint64_t sweep(const std::function<bool(std::uint64_t)>& wanted);

    /// One being written, past the system's cache: copying and caching what nobody may read soon
    /// costs forty times the CPU (decision 0028). Destroyed without finish() it leaves nothing.
    class Writer {
      public:
        Writer(LargeFiles& owner, std::uint64_t id, std::optional<std::uint64_t> expected);
        ~Writer();
        Writer(const Writer&) = delete;
        void write(std::string_view bytes);
        /// Durable and in its place.
        void finish();
        /// The needle that names it is durable.
        void keep() { kept_ = true; }
        std::uint64_t id() const { return id_; }

      private:
        struct Freed {
            void operator()(char* buffer) const;
        };
        LargeFiles& owner_;
        const std::uint64_t id_;
        FilePointer file_;
        std::unique_ptr<char, Freed> buffer_; ///< aligned, as writes past the cache must be
        std::size_t buffered_ = 0;
        std::uint64_t flushed_ = 0;
        bool placed_ = false, kept_ = false;
    };

  private:
    std::string incoming_path(std::uint64_t id) const;
    std::string shelf(std::uint64_t id) const;
    std::string path(std::uint64_t id) const;

    Files& files_;
    const std::string directory_;
};

} // namespace nephele::swift

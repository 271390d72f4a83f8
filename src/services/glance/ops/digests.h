// SPDX-License-Identifier: Apache-2.0
// Several digests of one stream, each on a thread of its own as soon as the stream is longer than
// one piece: hashing costs more than receiving and storing together.
#pragma once
#include "platform/crypto/crypto.h"

#include <memory>
#include <string>
#include <string_view>
#include <vector>

namespace nephele::glance {

class Digests {
  public:
    explicit Digests(const std::vector<crypto::Digest>& algorithms);
    ~Digests();
    Digests(const Digests&) = delete;

    static constexpr std::size_t piece_bytes = 256 * 1024;
    /// Pieces alive at once; with all of them waiting to be hashed, next_piece() waits.
    static constexpr std::size_t pieces = 6;

    /// Room for the next piece, filled by the caller.
    std::string& next_piece();
    /// Hashes the first `size` bytes of what next_piece() gave. They may be read, not changed,
    /// until the next call of next_piece().
    void add(std::size_t size);
    /// Hexadecimal, in the order of the algorithms. Call once, at the end.
    std::vector<std::string> finish();

  private:
    struct Impl;
    std::unique_ptr<Impl> impl_;
};

} // namespace nephele::glance

// SPDX-License-Identifier: Apache-2.0
// The Fernet key repository: a directory of files named by number, as upstream keeps it. The
// highest number is the primary key (it encodes), 0 is staged (the next primary), the others still
// decode.
#pragma once
#include "base/ids.h"
#include "platform/crypto/fernet.h"

#include <map>
#include <memory>
#include <mutex>
#include <string>

namespace nephele::keystone::store {

class KeyRepository {
  public:
    /// An empty directory name keeps the keys in memory only (tests). Otherwise the directory is
    /// made and filled when it is missing or empty.
    KeyRepository(std::string directory, int max_active, IdSource& ids);

    /// The keys in force.
    std::shared_ptr<const crypto::Fernet> keys();
    /// Reads the directory again when it changed: a token did not decode, so perhaps another
    /// process rotated.
    std::shared_ptr<const crypto::Fernet> reload();
    /// The staged key becomes primary, a new one is staged, the oldest beyond `max_active` go.
    void rotate();

  private:
    std::map<int, std::string> read_files() const;
    void write_file(int number, const std::string& key) const;
    void use(const std::map<int, std::string>& keys);
    std::int64_t directory_stamp() const;

    std::string directory_;
    int max_active_;
    IdSource& ids_;
    std::mutex mutex_;
    std::map<int, std::string> held_; ///< the keys themselves when there is no directory
    std::shared_ptr<const crypto::Fernet> current_;
    std::int64_t stamp_ = 0;
};

} // namespace nephele::keystone::store

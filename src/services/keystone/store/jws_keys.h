// SPDX-License-Identifier: Apache-2.0
// The keys of JWS tokens, laid out as upstream does: private/private.pem signs (ES256), every
// public/*.pem verifies. Other nodes need the public keys only.
#pragma once
#include "platform/crypto/jose.h"

#include <memory>
#include <mutex>
#include <string>
#include <vector>

namespace nephele::keystone::store {

class JwsKeys {
  public:
    /// An empty directory name keeps one key in memory only (tests). Otherwise the directory is
    /// made and filled when it is missing or empty.
    JwsKeys(std::string directory, int max_active);

    std::string sign(const Json& claims);
    /// The claims of a token one of the keys signed. Reads the directory again when none did.
    std::optional<Json> verify(std::string_view token);
    /// A new pair signs; the oldest public keys beyond `max_active` go.
    void rotate();

  private:
    struct Keys {
        std::optional<crypto::jose::Key> signing;
        std::vector<crypto::jose::Key> verifying;
    };
    std::shared_ptr<const Keys> keys();
    std::shared_ptr<const Keys> read();
    std::int64_t stamp() const;
    void make_pair();
    void forget_oldest();

    std::string directory_;
    int max_active_;
    std::mutex mutex_;
    std::shared_ptr<const Keys> held_;
    std::int64_t stamp_ = 0;
};

} // namespace nephele::keystone::store

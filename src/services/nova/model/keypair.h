// SPDX-License-Identifier: Apache-2.0
// SSH keys of users.
#pragma once
#include "platform/shape/shape.h"

namespace nephele::nova {

using shape::Shape;

struct Keypair {
    std::string id; ///< "<user>/<name>"
    std::int64_t number = 0;
    std::string user_id, name, type = "ssh", fingerprint, public_key;
    Time created_at;
    static const Shape<Keypair>& shape();
};

/// Body of POST /os-keypairs.
struct NewKeypair {
    std::string name;
    std::optional<std::string> public_key;
    std::string type = "ssh";
    std::string user_id;
    static const Shape<NewKeypair>& shape();
};

} // namespace nephele::nova

// SPDX-License-Identifier: Apache-2.0
// Changing the keys that tokens, receipts and stored credentials depend on.
#pragma once
#include "services/keystone/store/key_repository.h"

#include <string>

namespace nephele {
class Cloud;
}

namespace nephele::keystone {

/// Seals every stored credential with the primary key. Returns how many had another.
std::int64_t reseal_credentials(Cloud& cloud, store::KeyRepository& keys);
/// The staged key becomes primary. Blobs are sealed anew before (no key in use is dropped) and
/// after.
void rotate_credential_keys(Cloud& cloud, store::KeyRepository& keys);

} // namespace nephele::keystone

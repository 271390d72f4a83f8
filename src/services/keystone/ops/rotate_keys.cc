// SPDX-License-Identifier: Apache-2.0
#include "services/keystone/ops/rotate_keys.h"

#include "base/strings.h"
#include "platform/context/context.h"
#include "services/keystone/model/delegation.h"

namespace nephele::keystone {

std::int64_t reseal_credentials(Cloud& cloud, store::KeyRepository& keys) {
    const auto fernet = keys.reload();
    return write_as_cloud(cloud, "rotate-keys", [&](Context& context) {
        std::int64_t count = 0;
        for (const Credential& credential :
             select(context.tx, table::credentials(), Scope::all(), {}, "ORDER BY id")) {
            if (fernet->by_primary(credential.sealed_blob)) continue;
            const auto opened = fernet->decode(credential.sealed_blob);
            if (!opened)
                throw Failure(Fault::internal, "CredentialEncryptionError",
                              format("Credential {} was sealed with a key that is not in the "
                                     "repository; put the key back, then rotate.",
                                     credential.id));
            // Not a change of the credential: nobody is told.
            context.tx.exec("UPDATE keystone_credentials SET sealed_blob = ? WHERE id = ?",
                            {fernet->encode(opened->data, context.now), credential.id});
            ++count;
        }
        return count;
    });
}

void rotate_credential_keys(Cloud& cloud, store::KeyRepository& keys) {
    reseal_credentials(cloud, keys);
    keys.rotate();
    reseal_credentials(cloud, keys);
}

} // namespace nephele::keystone

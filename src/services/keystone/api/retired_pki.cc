// SPDX-License-Identifier: Apache-2.0
// What upstream still answers for PKI tokens, which it removed: their certificates and their
// revocation list are gone for good.
#include "services/keystone/api/oauth.h"
#include "services/keystone/api/support.h"

namespace nephele::keystone {
namespace {

Json gone(Call&) {
    throw Failure(Fault::gone, "Gone",
                  "This API is no longer available due to the removal of support for PKI tokens.");
}

} // namespace

api::Resource retired_pki_routes() {
    return Resource()
        .on("GET /v3/auth/tokens/OS-PKI/revoked", "identity:revocation_list", gone)
        .on("GET /v3/OS-SIMPLE-CERT/ca", "", gone, {.open = true})
        .on("GET /v3/OS-SIMPLE-CERT/certificates", "", gone, {.open = true});
}

} // namespace nephele::keystone

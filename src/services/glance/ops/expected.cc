// SPDX-License-Identifier: Apache-2.0
#include "services/glance/ops/expected.h"

#include "base/strings.h"
#include "services/glance/logic/signature.h"

namespace nephele::glance {
namespace {

std::optional<SignatureCheck> signature_of(Context& context, const Image& image,
                                           const std::string& user_id) {
    auto wanted = logic::wanted_signature(image.properties);
    if (!wanted) return std::nullopt;
    auto pem = context.cloud.state<State>().certificates->find(context.tx, wanted->certificate_id,
                                                               user_id);
    auto certificate = pem ? crypto::Certificate::from_pem(*pem) : std::nullopt;
    if (!certificate)
        throw bad_request("SignatureVerificationError",
                          format("Signature verification for the image failed: there is no "
                                 "certificate {}. Store it as a credential of type \"cert\".",
                                 wanted->certificate_id));
    logic::check_certificate(*wanted, *certificate, context.now.seconds());
    return SignatureCheck{
        wanted->digest,
        [wanted = *wanted, certificate = *certificate](const std::string& digest_bytes) {
            return certificate.verify(wanted.scheme, wanted.digest, digest_bytes, wanted.signature);
        }};
}
} // namespace

Expected expected_of(Context& context, const Image& image, const std::string& user_id,
                     std::int64_t limit) {
    return {{image.disk_format.value_or(""), image.container_format.value_or("bare")},
            context.cloud.state<State>().format_rules,
            limit,
            signature_of(context, image, user_id)};
}

} // namespace nephele::glance

// SPDX-License-Identifier: Apache-2.0
#include "services/nova/model/keypair.h"

namespace nephele::nova {
using namespace shape;
namespace {
Json not_deleted(const Keypair&, const View&) { return false; }
Json null(const Keypair&, const View&) { return Json(); }
} // namespace

const Shape<Keypair>& Keypair::shape() {
    static const auto s = Shape<Keypair>("keypair", "keypairs")
                              .field("key", &Keypair::id, {hidden, column("id")})
                              .field("name", &Keypair::name, {brief})
                              .field("public_key", &Keypair::public_key, {brief})
                              .field("fingerprint", &Keypair::fingerprint, {brief})
                              .field("type", &Keypair::type, {brief, since(2, 2)})
                              .field("user_id", &Keypair::user_id)
                              .field("id", &Keypair::number, {column("number")})
                              .field("created_at", &Keypair::created_at, {time_format(6, "")})
                              .computed("updated_at", null)
                              .computed("deleted", not_deleted)
                              .computed("deleted_at", null);
    return s;
}

const Shape<NewKeypair>& NewKeypair::shape() {
    static const auto s =
        Shape<NewKeypair>("keypair")
            .field("name", &NewKeypair::name, {required, not_blank, max_length(255)})
            .field("public_key", &NewKeypair::public_key, {max_length(65535)})
            .field("type", &NewKeypair::type, {since(2, 2), one_of({"ssh", "x509"})})
            .field("user_id", &NewKeypair::user_id, {since(2, 10), not_blank, max_length(255)});
    return s;
}

} // namespace nephele::nova

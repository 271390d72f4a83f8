// SPDX-License-Identifier: Apache-2.0
// Key pairs: listed, shown, made, imported, removed. They belong to users, not to projects.
#include "base/strings.h"
#include "platform/crypto/keys.h"
#include "platform/crypto/login_certificate.h"
#include "services/nova/api/manners.h"
#include "services/nova/store/quotas.h"
#include "services/nova/store/tables.h"

namespace nephele::nova {
using namespace api;
namespace {

// The user asked about: the caller, or since 2.10 the one named by user_id.
std::string user_of(Call& call, const char* policy) {
    std::string user = call.who.user_id;
    if (call.version >= Version{2, 10})
        if (auto named = call.query("user_id")) user = *named;
    call.enforce(rule(policy), owned_by(call.project(), user));
    return user;
}

Keypair need_keypair(Call& call, const std::string& user) {
    auto found = store::find_keypair(call.tx, user, call.path("keypair_name"));
    if (!found)
        throw not_found("KeypairNotFound", format("Keypair {} not found for user {}",
                                                  call.path("keypair_name"), user));
    return std::move(*found);
}

Keypair show(Call& call) { return need_keypair(call, user_of(call, "os-keypairs:show")); }

Json list(Call& call, Page& page) {
    std::string user = user_of(call, "os-keypairs:index");
    std::string tail = "ORDER BY name";
    Where where;
    bool paged = call.version >= Version{2, 35};
    if (paged && !page.marker.empty()) {
        if (!store::find_keypair(call.tx, user, page.marker))
            throw bad_request("MarkerNotFound",
                              format("Marker {} could not be found.", page.marker));
        where = {"name > ?", {page.marker}};
    }
    std::int64_t limit = paged && page.limit ? *page.limit : 1'000'000;
    auto found = shape::select(call.tx, keypairs(), Scope::user(user), where,
                               tail + " LIMIT " + std::to_string(limit + 1));
    bool more = static_cast<std::int64_t>(found.size()) > limit;
    if (more) found.pop_back();
    Json items = Json::array();
    View view = call.view();
    view.brief = true;
    for (auto& keypair : found)
        items.push_back(Json::object({{"keypair", Keypair::shape().write(&keypair, view)}}));
    Json out = Json::object({{"keypairs", std::move(items)}});
    if (more && paged) out["keypairs_links"] = next_link(call, found.back().name);
    return out;
}

void check_new(const Call& call, const NewKeypair& wanted) {
    bool wide = call.version >= Version{2, 92};
    std::string allowed = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789 _-";
    if (wide) allowed += "@.";
    if (wanted.name.find_first_not_of(allowed) != std::string::npos ||
        trim(wanted.name) != wanted.name)
        throw bad_request(
            "InvalidKeypair",
            format("Keypair data is invalid: Keypair name contains unsafe characters. "
                   "Allowed are letters, digits and '{}'.",
                   wide ? " _-@." : " _-"));
    if (wide && !wanted.public_key)
        throw bad_request("ValidationError", "Invalid input for field/attribute keypair. "
                                             "'public_key' is a required property");
}

struct Key {
    std::string fingerprint, public_line, private_pem;
};

// For logins to Windows guests: a certificate in the place of the public key.
Key certificate_of(const NewKeypair& wanted, const std::string& user) {
    Key key;
    if (wanted.public_key) {
        key.public_line = *wanted.public_key;
    } else {
        auto made = crypto::make_login_certificate(user);
        key.public_line = made.pem;
        key.private_pem = made.private_pem.reveal();
    }
    auto fingerprint = crypto::certificate_fingerprint(key.public_line);
    if (!fingerprint)
        throw bad_request("InvalidKeypair", "Keypair data is invalid: failed to generate X509 "
                                            "fingerprint. public_key must be one PEM certificate.");
    key.fingerprint = std::move(*fingerprint);
    return key;
}

Key key_of(const NewKeypair& wanted, const std::string& user) {
    if (wanted.type == "x509") return certificate_of(wanted, user);
    Key key;
    if (wanted.public_key) {
        key.public_line = *wanted.public_key;
    } else {
        auto made = crypto::make_ssh_key_pair(crypto::KeyKind::rsa, "Generated-by-Nova");
        key.public_line = made.public_openssh;
        key.private_pem = made.private_pem.reveal();
    }
    auto parsed = crypto::parse_ssh_public_key(trim(key.public_line));
    if (!parsed)
        throw bad_request("InvalidKeypair", "Keypair data is invalid: failed to generate "
                                            "fingerprint. public_key must be one line in OpenSSH's "
                                            "format, such as \"ssh-ed25519 AAAA... comment\".");
    key.fingerprint = parsed->md5_fingerprint();
    return key;
}

Json store_key(Call& call, const NewKeypair& wanted, const Key& key) {
    std::string user = wanted.user_id.empty() ? call.who.user_id : wanted.user_id;
    if (store::find_keypair(call.tx, user, wanted.name))
        throw conflict("KeyPairExists", format("Key pair '{}' already exists.", wanted.name));
    std::int64_t used = shape::count(call.tx, keypairs(), Scope::user(user), {});
    std::int64_t limit = store::limit_of(call.tx, call.project(), "key_pairs");
    if (limit >= 0 && used >= limit)
        throw forbidden("KeypairLimitExceeded",
                        "Quota exceeded, too many key pairs. Remove one that is not needed.");
    Keypair keypair{.id = store::keypair_id(user, wanted.name),
                    .number = static_cast<std::int64_t>(call.cloud.ids().number() & 0x3fffffff),
                    .user_id = user,
                    .name = wanted.name,
                    .type = wanted.type,
                    .fingerprint = key.fingerprint,
                    .public_key = key.public_line,
                    .created_at = call.now};
    shape::insert(call, keypairs(), keypair);
    Json out = Json::object({{"name", keypair.name},
                             {"public_key", keypair.public_key},
                             {"fingerprint", keypair.fingerprint},
                             {"user_id", keypair.user_id}});
    if (call.version >= Version{2, 2}) out["type"] = keypair.type;
    if (!key.private_pem.empty()) out["private_key"] = key.private_pem;
    return Json::object({{"keypair", std::move(out)}});
}

// Making a key takes a tenth of a second, so it happens before the transaction.
Reply create(FreeCall& free) {
    NewKeypair wanted = free.read([](Call& call) {
        NewKeypair body;
        const Json* inner = call.body.find("keypair");
        if (!inner || call.body.size() != 1)
            throw bad_request("ValidationError",
                              "Invalid input for field/attribute body. 'keypair' "
                              "is a required property");
        NewKeypair::shape().read(*inner, &body, call.reading);
        std::string user = body.user_id.empty() ? call.who.user_id : body.user_id;
        call.enforce(rule("os-keypairs:create"), owned_by(call.project(), user));
        check_new(call, body);
        return body;
    });
    Key key = key_of(wanted, wanted.user_id.empty() ? free.in.who.user_id : wanted.user_id);
    return free.write([&](Call& call) {
        return Reply{.status = call.version >= Version{2, 2} ? 201 : 200,
                     .body = store_key(call, wanted, key)};
    });
}

void remove(Call& call) {
    shape::erase(call, keypairs(), need_keypair(call, user_of(call, "os-keypairs:delete")));
    call.status = call.version >= Version{2, 2} ? 204 : 202;
}

} // namespace

Resource keypairs_resource() {
    return Resource()
        .on("GET /v2.1/os-keypairs", enforced_by_handler, list)
        .on("POST /v2.1/os-keypairs", enforced_by_handler, create)
        .on("GET /v2.1/os-keypairs/{keypair_name}", enforced_by_handler, show)
        .on("DELETE /v2.1/os-keypairs/{keypair_name}", enforced_by_handler, remove);
}

} // namespace nephele::nova

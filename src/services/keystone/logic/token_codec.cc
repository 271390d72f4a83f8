// SPDX-License-Identifier: Apache-2.0
#include "services/keystone/logic/token_codec.h"

#include "base/strings.h"
#include "services/keystone/logic/payload.h"

namespace nephele::keystone::logic {
namespace {
using msgpack::Reader;
using msgpack::Writer;
using namespace payload;

// Upstream's payload versions.
enum Form : std::int64_t {
    unscoped = 0,
    domain = 1,
    project = 2,
    trust = 3,
    federated_unscoped = 4,
    federated_project = 5,
    federated_domain = 6,
    oauth = 7,
    system_wide = 8,
    application_credential = 9,
    certificate_bound = 10,
};

void write_tail(Writer& out, const Claims& claims) {
    write_time(out, claims.expires_at);
    out.array(claims.audit_ids.size());
    for (const auto& id : claims.audit_ids) out.bytes(base64url_decode(id).value_or(id));
}
void read_tail(Reader& in, Claims& claims) {
    claims.expires_at = read_time(in);
    const std::size_t count = in.array();
    if (count == 0 || count > 2) throw msgpack::FormatError("expected one or two audit ids");
    for (std::size_t i = 0; i < count; ++i)
        claims.audit_ids.push_back(base64url_encode(in.blob(), false));
}

void write_federated(Writer& out, const Claims& claims) {
    out.array(claims.group_ids.size());
    for (const auto& id : claims.group_ids) write_id(out, id);
    write_id(out, claims.identity_provider_id);
    out.text(claims.protocol_id);
}
void read_federated(Reader& in, Claims& claims) {
    const std::size_t count = in.array();
    for (std::size_t i = 0; i < count; ++i) claims.group_ids.push_back(read_id(in));
    claims.identity_provider_id = read_id(in);
    claims.protocol_id = std::string(in.blob());
}

Form form_of(const Claims& c) {
    if (c.federated())
        return !c.project_id.empty()  ? federated_project
               : !c.domain_id.empty() ? federated_domain
                                      : federated_unscoped;
    if (!c.certificate_thumbprint.empty()) return certificate_bound;
    if (!c.trust_id.empty()) return trust;
    if (!c.application_credential_id.empty()) return application_credential;
    if (!c.access_token_id.empty()) return oauth;
    if (c.system) return system_wide;
    return !c.project_id.empty() ? project : !c.domain_id.empty() ? domain : unscoped;
}

// Values after version, user and methods in each form, ours included.
std::size_t size_of(Form form) {
    switch (form) {
    case unscoped:
        return 6;
    case domain:
    case project:
    case system_wide:
        return 7;
    case trust:
    case oauth:
    case application_credential:
        return 8;
    case federated_unscoped:
    case certificate_bound:
        return 9;
    case federated_project:
    case federated_domain:
        return 10;
    }
    return 0;
}

void read_form(Reader& in, Form form, Claims& claims) {
    switch (form) {
    case unscoped:
        return read_tail(in, claims);
    case domain:
        claims.domain_id = read_bare_id(in);
        return read_tail(in, claims);
    case system_wide:
        in.blob();
        claims.system = true;
        return read_tail(in, claims);
    case project:
        claims.project_id = read_id(in);
        return read_tail(in, claims);
    case trust:
        claims.project_id = read_id(in);
        read_tail(in, claims);
        claims.trust_id = read_bare_id(in);
        return;
    case application_credential:
        claims.project_id = read_id(in);
        read_tail(in, claims);
        claims.application_credential_id = read_id(in);
        return;
    case oauth:
        claims.project_id = read_id(in);
        claims.access_token_id = read_id(in);
        return read_tail(in, claims);
    case certificate_bound:
        claims.project_id = read_optional_id(in);
        claims.domain_id = read_optional_id(in);
        read_tail(in, claims);
        claims.certificate_thumbprint = read_id(in);
        return;
    case federated_unscoped:
        read_federated(in, claims);
        return read_tail(in, claims);
    case federated_project:
    case federated_domain:
        (form == federated_project ? claims.project_id : claims.domain_id) = read_id(in);
        read_federated(in, claims);
        return read_tail(in, claims);
    }
    throw msgpack::FormatError("unknown payload version");
}

} // namespace

std::string encode_claims(const Claims& claims) {
    const Form form = form_of(claims);
    Writer out;
    out.array(size_of(form)).integer(form);
    write_id(out, claims.user_id);
    out.integer(bits_of(claims.methods));
    switch (form) {
    case unscoped:
        break;
    case domain:
        write_bare_id(out, claims.domain_id);
        break;
    case system_wide:
        out.text("all");
        break;
    case federated_unscoped:
        write_federated(out, claims);
        break;
    case federated_domain:
    case federated_project:
        write_id(out, form == federated_domain ? claims.domain_id : claims.project_id);
        write_federated(out, claims);
        break;
    case oauth:
        write_id(out, claims.project_id);
        write_id(out, claims.access_token_id);
        break;
    case certificate_bound:
        write_optional_id(out, claims.project_id);
        write_optional_id(out, claims.domain_id);
        break;
    case project:
    case trust:
    case application_credential:
        write_id(out, claims.project_id);
        break;
    }
    write_tail(out, claims);
    if (form == trust) write_bare_id(out, claims.trust_id);
    if (form == application_credential) write_id(out, claims.application_credential_id);
    if (form == certificate_bound) write_id(out, claims.certificate_thumbprint);
    out.integer(claims.issued_at.us % 1'000'000);
    return out.data();
}

std::optional<Claims> decode_claims(std::string_view payload, Time created) {
    try {
        Reader in(payload);
        const std::size_t size = in.array();
        const std::int64_t version = in.integer();
        if (version < unscoped || version > certificate_bound) return std::nullopt;
        const Form form = static_cast<Form>(version);
        Claims claims;
        claims.user_id = read_id(in);
        claims.methods = methods_of(in.integer());
        read_form(in, form, claims);
        claims.issued_at = created;
        // Upstream's payloads end here.
        if (size == size_of(form)) {
            const std::int64_t fraction = in.integer();
            if (fraction < 0 || fraction > 999'999) return std::nullopt;
            claims.issued_at.us += fraction;
        }
        return claims;
    } catch (const msgpack::FormatError&) {
        return std::nullopt;
    }
}

} // namespace nephele::keystone::logic

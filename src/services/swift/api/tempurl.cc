// SPDX-License-Identifier: Apache-2.0
// Temporary URLs: a signature by a key of the account or the container lets anybody do one thing to
// one object, or to all below a prefix, for a while.
#include "services/swift/api/core.h"
#include "services/swift/api/steps.h"

#include "base/strings.h"
#include "platform/crypto/crypto.h"
#include "services/swift/logic/metadata.h"
#include "services/swift/logic/signed_url.h"

namespace nephele::swift {
namespace {

[[noreturn]] void invalid() { throw Refused(401, "401 Unauthorized: Temp URL invalid\n"); }

} // namespace

std::vector<UrlKey> url_keys(const Request& request) {
    std::vector<UrlKey> out;
    auto take = [&](const Metadata& metadata, const std::string& kind, bool of_account) {
        for (const char* ending : {"", "-2"}) {
            auto key = metadata_value(metadata, "X-" + kind + "-Meta-Temp-Url-Key" + ending);
            if (!key.empty()) out.push_back({key, of_account});
        }
    };
    if (auto account = request.backend().account(request.account))
        take(account->metadata, "Account", true);
    if (auto container = request.backend().container(request.account, request.container))
        take(container->metadata, "Container", false);
    return out;
}

namespace {

struct Given {
    logic::Signature signature;
    std::int64_t expires = 0;
    std::optional<std::string> prefix, addresses;
    std::string file_name;
    bool inline_shown = false;
};

Given read_given(const Request& request) {
    auto* text = request.param("temp_url_sig");
    auto* until = request.param("temp_url_expires");
    if (!text || !until) invalid();
    auto signature = logic::parse_signature(*text);
    auto expires = logic::expires_at(*until, request.site.cloud.now());
    if (!signature || !expires) invalid();
    Given given{*signature, *expires, {}, {}, {}, request.has_param("inline")};
    if (auto* prefix = request.param("temp_url_prefix")) given.prefix = *prefix;
    if (auto* range = request.param("temp_url_ip_range")) given.addresses = *range;
    if (auto* name = request.param("filename")) given.file_name = *name;
    return given;
}

// The key that made the signature. HEAD is allowed with what allows anything else.
const UrlKey* signing_key(const Request& request, const Given& given,
                          const std::vector<UrlKey>& keys) {
    std::vector<std::string> methods{request.method};
    if (request.method == "HEAD") methods = {"HEAD", "GET", "POST", "PUT"};
    std::string path = format("/v1/{}/{}/{}", request.account, request.container,
                              given.prefix ? *given.prefix : request.object);
    // Clients sign the path they ask for, which holds the prefix on the common port.
    std::vector<std::string> paths{path};
    if (!request.mount.empty()) paths.push_back(request.mount + path);
    const UrlKey* found = nullptr;
    for (auto& key : keys)
        for (auto& method : methods)
            for (auto& signed_path : paths) {
                auto text = logic::text_to_sign(method, signed_path, given.prefix.has_value(),
                                                given.expires, given.addresses);
                auto made = logic::sign(given.signature.algorithm, key.text, text);
                if (crypto::equal_constant_time(made, given.signature.hex)) found = &key;
            }
    return found;
}

// A form of metadata that would reach beyond this object.
void clean_request(Request& request) {
    bool changes = !request.reads();
    const http::Headers given = request.headers;
    for (auto& [name, value] : given.all()) {
        bool reaches = iequals(name, "X-Object-Manifest") || iequals(name, "X-Symlink-Target") ||
                       iequals(name, "X-Copy-From") || iequals(name, "Destination");
        if (changes && reaches)
            throw Refused(400, format("The header '{}' is not allowed in this tempurl",
                                      logic::title_case(name)));
        if (iequals(name, "X-Timestamp")) request.headers.erase(name);
    }
    std::erase_if(request.query, [](const auto& each) {
        return each.first == "temp_url_sig" || each.first == "temp_url_expires" ||
               each.first == "temp_url_prefix" || each.first == "temp_url_ip_range" ||
               each.first == "filename" || each.first == "inline" ||
               each.first == "multipart-manifest" || each.first == "symlink" ||
               each.first == "version-id";
    });
}

void dress(Answer& answer, const Request& request, const Given& given) {
    const http::Headers all = answer.headers;
    for (auto& [name, value] : all.all())
        if (logic::is_user_metadata(name, "object") &&
            !starts_with_icase(name, "X-Object-Meta-Public-"))
            answer.headers.erase(name);
    if (!request.reads() || !answer.good()) return;
    std::string kept = answer.headers.get("Content-Disposition");
    std::string name = request.object;
    while (!name.empty() && name.back() == '/') name.pop_back();
    name = name.substr(name.rfind('/') + 1);
    std::string value = given.inline_shown && !given.file_name.empty()
                            ? logic::disposition("inline", given.file_name)
                        : given.inline_shown ? "inline"
                        : !given.file_name.empty()
                            ? logic::disposition("attachment", given.file_name)
                        : !kept.empty() ? kept
                                        : logic::disposition("attachment", name);
    answer.headers.set("Content-Disposition", value);
    answer.headers.set("Expires", http_date(Time{given.expires * 1'000'000}));
}

} // namespace

Answer temporary_url(Request& request, const Next& next) {
    bool signed_one = request.has_param("temp_url_sig") || request.has_param("temp_url_expires");
    if (!signed_one || request.method == "OPTIONS") return next(request);
    bool fits = request.reads() || request.method == "PUT" || request.method == "POST" ||
                request.method == "DELETE";
    if (!request.of_object() || !fits) invalid();
    Given given = read_given(request);
    if (given.prefix && request.object.rfind(*given.prefix, 0) != 0) invalid();
    if (given.addresses && !logic::address_within(request.head.peer, *given.addresses)) invalid();
    auto keys = url_keys(request);
    const UrlKey* key = signing_key(request, given, keys);
    if (!key) invalid();
    clean_request(request);
    request.caller.kind = Caller::Kind::temporary_url;
    request.caller.only_account = request.account;
    if (!key->of_account) request.caller.only_container = request.container;
    Answer answer = next(request);
    dress(answer, request, given);
    return answer;
}

} // namespace nephele::swift

// SPDX-License-Identifier: Apache-2.0
#include "services/swift/proxy/sync.h"

#include "base/strings.h"
#include "platform/crypto/crypto.h"
#include "platform/fault/fault.h"

namespace nephele::swift {
namespace {

// A NUL byte is in no path that a client can send.
const std::string account_name("\0sync", 5);
constexpr const char* queue_name = "queue";

std::string upper(std::string text) {
    for (char& c : text)
        if (c >= 'a' && c <= 'z') c = static_cast<char>(c - 32);
    return text;
}

void read_pairs(const Config& config, const char* option,
                std::map<std::string, std::string>& into) {
    for (auto& line : config.list(option)) {
        auto equals = line.find('=');
        if (equals == std::string::npos || equals == 0 || equals + 1 == line.size())
            throw bad_request("BadConfig", format("{}: each is written NAME=VALUE", option));
        into[upper(line.substr(0, equals))] = line.substr(equals + 1);
    }
}

} // namespace

SyncRealms::SyncRealms(const Config& config) {
    read_pairs(config, "swift.sync_realms", keys);
    read_pairs(config, "swift.sync_clusters", endpoints);
}

std::optional<SyncPlace> sync_place(const SyncRealms& realms, const std::string& text) {
    auto parts = split(text, '/');
    if (parts.size() != 6 || !parts[0].empty() || !parts[1].empty()) return std::nullopt;
    SyncPlace place{upper(parts[2]), "", parts[4], parts[5]};
    auto endpoint = realms.endpoints.find(place.realm + "/" + upper(parts[3]));
    bool known = realms.keys.count(place.realm) && endpoint != realms.endpoints.end();
    if (!known || place.account.empty() || place.container.empty()) return std::nullopt;
    place.endpoint = endpoint->second;
    while (!place.endpoint.empty() && place.endpoint.back() == '/') place.endpoint.pop_back();
    return place;
}

std::string sync_signature(const std::string& realm_key, const std::string& user_key,
                           const std::string& method, const std::string& path,
                           const std::string& timestamp, const std::string& nonce) {
    auto text = format("{}\n{}\n{}\n{}\n{}", method, path, timestamp, nonce, user_key);
    return hex_encode(crypto::hmac(crypto::Digest::sha1, realm_key, text));
}

void queue_sync(Backend& backend, const ObjectName& name, Timestamp when) {
    if (!backend.container(account_name, queue_name))
        backend.save_container(account_name, queue_name, {}, {}, true, backend.now());
    // By time, so that what was first goes first.
    ObjectName entry{account_name, queue_name,
                     when.internal() + '\0' + name.account + '\0' + name.container + '\0' +
                         name.object};
    auto writer = backend.put(entry, 0, 0);
    ObjectInfo info;
    info.timestamp = info.data_timestamp = backend.now();
    info.content_type = "text/plain";
    writer->commit(std::move(info));
}

std::vector<SyncEntry> queued_syncs(Backend& backend, std::size_t limit, const std::string& after) {
    std::vector<SyncEntry> out;
    ListQuery query{.marker = after, .limit = limit};
    for (auto& row : backend.objects(account_name, queue_name, query)) {
        auto parts = split(row.name, '\0');
        auto when = Timestamp::parse(parts[0]);
        if (parts.size() != 4 || !when) continue;
        out.push_back(
            {{account_name, queue_name, row.name}, {parts[1], parts[2], parts[3]}, *when});
    }
    return out;
}

} // namespace nephele::swift

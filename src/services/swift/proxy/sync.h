// SPDX-License-Identifier: Apache-2.0
// Container sync: which clusters belong to which realm, how requests between them are signed, and
// the queue of what is still to be sent. The queue lies in the store itself, in an account no
// client can name, so that nothing is forgotten.
#pragma once
#include "platform/config/config.h"
#include "services/swift/proxy/backend.h"

namespace nephele::swift {

struct SyncRealms {
    explicit SyncRealms(const Config& config);
    std::map<std::string, std::string> keys;      ///< realm in upper case: its key
    std::map<std::string, std::string> endpoints; ///< "REALM/CLUSTER": "http://host:8080/v1"
};

/// "//realm/cluster/account/container" taken apart; nothing when it is not of that form or no
/// cluster that is known.
struct SyncPlace {
    std::string realm, endpoint, account, container;
};
std::optional<SyncPlace> sync_place(const SyncRealms& realms, const std::string& text);
/// `path` as in the request line, from "/v1" on.
std::string sync_signature(const std::string& realm_key, const std::string& user_key,
                           const std::string& method, const std::string& path,
                           const std::string& timestamp, const std::string& nonce);

/// What happened to an object of a synced container at that time is to be sent.
void queue_sync(Backend& backend, const ObjectName& name, Timestamp when);
struct SyncEntry {
    ObjectName entry; ///< in the queue
    ObjectName object;
    Timestamp when;
};
std::vector<SyncEntry> queued_syncs(Backend& backend, std::size_t limit, const std::string& after);

} // namespace nephele::swift

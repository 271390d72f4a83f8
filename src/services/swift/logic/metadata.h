// SPDX-License-Identifier: Apache-2.0
// Metadata in headers: which ones count, their limits, what is kept beside objects.
#pragma once
#include "base/time.h"
#include "services/swift/logic/names.h"
#include "services/swift/model/records.h"

namespace nephele::swift::logic {

using HeaderList = std::vector<std::pair<std::string, std::string>>;

/// Why these headers cannot be metadata of an "account", "container" or "object"; empty: they can.
std::string metadata_fault(const HeaderList& headers, std::string_view kind, const Limits& limits);
/// X-Account-Meta-* or X-Container-Meta-*, also of X-Remove-*, and of the headers in `also`.
Metadata metadata_change(const HeaderList& headers, std::string_view kind,
                         const std::vector<std::string>& also);
/// Whether all metadata of an account or container stays within bounds after a change.
std::string overall_fault(const Metadata& kept, const Metadata& change, std::string_view kind,
                          const Limits& limits);
/// What an object keeps of a request: its user metadata and the headers that are kept with it.
Metadata object_metadata(const HeaderList& headers);
/// True for the system's own, which no answer shows: X-Object-Sysmeta-...
bool is_system_metadata(std::string_view name);
bool is_user_metadata(std::string_view name, std::string_view kind);

/// X-Delete-At and X-Delete-After as the time to delete at; fault says what is wrong with them.
struct Expiry {
    std::optional<std::int64_t> at;
    std::string fault;
};
Expiry expiry_of(std::string_view delete_at, std::string_view delete_after, Time now);
/// An object with this metadata is past its time.
bool is_expired(const Metadata& metadata, Time now);

/// What the header says of when an object changed: whole seconds, rounded up.
Time last_modified(Timestamp timestamp);

} // namespace nephele::swift::logic

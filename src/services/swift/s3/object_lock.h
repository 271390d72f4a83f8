// SPDX-License-Identifier: Apache-2.0
// Object lock: what must not be deleted yet. Kept with each version; a bucket may have a rule for
// new ones. Pure.
#pragma once
#include "base/time.h"
#include "services/swift/model/records.h"

namespace nephele::swift::s3 {

inline constexpr const char* lock_mode_header = "X-Object-Sysmeta-S3api-Lock-Mode";
inline constexpr const char* lock_until_header = "X-Object-Sysmeta-S3api-Lock-Until";
inline constexpr const char* legal_hold_header = "X-Object-Sysmeta-S3api-Legal-Hold";

struct LockRule {
    std::string mode; ///< "GOVERNANCE", "COMPLIANCE"; empty: locks only where asked for
    std::int64_t days = 0, years = 0;
    Time until(Time now) const;
};
/// <ObjectLockConfiguration>. Throws MalformedXML, InvalidArgument.
LockRule lock_rule_of_xml(std::string_view document);
std::string lock_rule_xml(const LockRule& rule);
/// As a bucket keeps it: "GOVERNANCE 30 0", "- 0 0".
std::string lock_rule_text(const LockRule& rule);
LockRule parse_lock_rule(std::string_view text);

struct Retention {
    std::string mode;
    std::optional<Time> until;
};
Retention retention_of(const Metadata& metadata);
/// <Retention>; an empty one removes it. Throws MalformedXML, InvalidArgument.
Retention retention_of_xml(std::string_view document, Time now);
std::string retention_xml(const Retention& retention);
/// <LegalHold>: on or off. Throws MalformedXML.
bool legal_hold_of_xml(std::string_view document);
/// Throws InvalidArgument unless it is a known mode.
void check_lock_mode(const std::string& mode);

/// Whether a version with this metadata must stay. `bypass`: of governance locks.
bool is_locked(const Metadata& metadata, Time now, bool bypass);
/// Whether a lock may become this one: never shorter without the right to.
bool may_become(const Retention& now_set, const Retention& wanted, Time now, bool bypass);

} // namespace nephele::swift::s3

// SPDX-License-Identifier: Apache-2.0
// Lifecycle rules of buckets: what goes by itself, and when. A task carries them out on every
// bucket that has some (decision 0037).
#pragma once
#include "services/swift/s3/call.h"

namespace nephele::swift::s3 {

struct LifecycleRule {
    std::string id, prefix;
    std::vector<std::pair<std::string, std::string>> tags; ///< all of them must be there
    std::int64_t larger_than = -1, smaller_than = -1;      ///< bytes; -1: any
    bool enabled = true;
    std::int64_t days = 0;            ///< after which an object goes; 0: not said
    std::optional<Time> date;         ///< from which on objects go
    bool lonely_markers = false;      ///< delete markers that cover nothing
    std::int64_t noncurrent_days = 0; ///< after which a covered version goes
    std::int64_t incomplete_days = 0; ///< after which an upload is given up
};
using Lifecycle = std::vector<LifecycleRule>;

/// Throws MalformedXML, InvalidArgument, NotImplemented (transitions to other storage classes).
Lifecycle lifecycle_of_xml(std::string_view document);
std::string lifecycle_xml(const Lifecycle& rules);
/// As a bucket keeps it.
std::string lifecycle_text(const Lifecycle& rules);
Lifecycle parse_lifecycle(std::string_view text);

/// Midnight after so many days, as S3 counts.
Time due(Time from, std::int64_t days);
/// Whether an object of that name and age may go by this rule; tags and size are looked at apart.
bool expires(const LifecycleRule& rule, const std::string& key, Time modified, Time now);

/// Which buckets the task looks at.
void register_lifecycle(Backend& backend, const std::string& account, const std::string& bucket);

} // namespace nephele::swift::s3

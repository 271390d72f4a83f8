// SPDX-License-Identifier: Apache-2.0
// Static large objects: the manifest clients send, the one that is kept, and what follows from it.
// Kept is a JSON list of {"name": "/container/object", "bytes", "hash", "content_type",
// "last_modified"[, "range": "0-99"][, "sub_slo": true]} or {"data": base64}, beside the metadata
// X-Static-Large-Object: True, X-Object-Sysmeta-Slo-Etag and X-Object-Sysmeta-Slo-Size.
#pragma once
#include "platform/json/json.h"

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace nephele::swift::logic {

inline constexpr const char* slo_marker = "X-Static-Large-Object";
inline constexpr const char* slo_etag_header = "X-Object-Sysmeta-Slo-Etag";
inline constexpr const char* slo_size_header = "X-Object-Sysmeta-Slo-Size";

struct Segment {
    std::string container, object;
    std::string data; ///< instead: bytes of the manifest's own
    std::string etag; ///< as the client said, or as it is; empty: not said
    std::optional<std::uint64_t> size;
    std::string range; ///< as the client said: "0-99", "100-", "-5"; empty: all
    /// What of it counts, once its size is known.
    std::uint64_t first = 0, length = 0;
    bool is_manifest = false;
    std::string content_type, last_modified;
    std::string path() const { return "/" + container + "/" + object; }
};

/// The manifest as a client sends it. Faults are lines of text; none: it is good so far.
std::vector<Segment> parse_manifest(std::string_view json, std::string_view own_path,
                                    std::vector<std::string>& faults);
/// The kept form, both ways; nothing when it is none.
std::string write_manifest(const std::vector<Segment>& segments);
std::optional<std::vector<Segment>> read_manifest(std::string_view json);
/// What clients sent, from what is kept (multipart-manifest=get&format=raw).
std::string raw_manifest(std::string_view kept);
/// MD5 over the segments' etags.
std::string manifest_etag(const std::vector<Segment>& segments);
/// Settles `first` and `length` from the range; false when nothing of it is there.
bool settle_range(Segment& segment);

} // namespace nephele::swift::logic

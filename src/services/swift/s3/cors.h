// SPDX-License-Identifier: Apache-2.0
// Which pages of other origins may use a bucket. Pure.
#pragma once
#include "platform/http/http.h"

#include <optional>
#include <string>
#include <vector>

namespace nephele::swift::s3 {

struct CorsRule {
    std::string id;
    std::vector<std::string> origins, methods, headers, exposed;
    std::int64_t max_age = -1; ///< -1: not said
};
using Cors = std::vector<CorsRule>;

/// Throws MalformedXML, InvalidRequest.
Cors cors_of_xml(std::string_view document);
std::string cors_xml(const Cors& cors);
/// As a bucket keeps it.
std::string cors_text(const Cors& cors);
Cors parse_cors(std::string_view text);

/// The rule that lets this origin do that; `asked_headers` of a preflight.
const CorsRule* find_rule(const Cors& cors, const std::string& origin, const std::string& method,
                          const std::string& asked_headers);
void write_cors_headers(http::Headers& headers, const CorsRule& rule, const std::string& origin,
                        const std::string& asked_headers);

} // namespace nephele::swift::s3

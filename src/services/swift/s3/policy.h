// SPDX-License-Identifier: Apache-2.0
// Bucket policies, as far as there is a meaning for them here: allow and deny by user, action and
// key. Pure.
#pragma once
#include <string>
#include <string_view>

namespace nephele::swift::s3 {

/// Throws MalformedPolicy, NotImplemented (conditions, principals of other kinds).
void check_policy(std::string_view document, const std::string& bucket);

struct PolicyQuestion {
    std::string user_id, project_id;
    std::string action; ///< "s3:GetObject"
    std::string bucket, key;
};
enum class Verdict { silent, allow, deny };
/// Of a policy that passed check_policy. A deny beats every allow.
Verdict judge(const std::string& document, const PolicyQuestion& question);

/// "HeadObject" is decided as "s3:GetObject", and so on.
std::string policy_action(const std::string& operation);

} // namespace nephele::swift::s3

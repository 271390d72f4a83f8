// SPDX-License-Identifier: Apache-2.0
// S3 on the object store's listener: requests signed the Amazon way, and those to a bucket's own
// host name.
#pragma once
#include "platform/context/context.h"
#include "services/swift/proxy/face.h"
#include "services/swift/s3/call.h"

namespace nephele::swift::s3 {

/// Access keys of the identity service: EC2 credentials of users on projects.
std::shared_ptr<Keys> keystone_keys(Cloud& cloud);
/// Access keys that are listed: the access key "test:tester" acts in the account "AUTH_test".
struct ListedKey {
    std::string access;
    Secret<std::string> secret;
    std::string project;
    std::vector<std::string> roles = {"admin"};
};
std::shared_ptr<Keys> listed_keys(std::vector<ListedKey> keys);

/// From the options below.
Settings read_settings(const Config& config, logic::KeystoneRules rules);
const std::vector<Option>& options();

std::shared_ptr<Face> make_face(std::shared_ptr<Backend> backend, std::shared_ptr<Keys> keys,
                                Settings settings, const Clock& clock, IdSource& ids);

/// Carries out the lifecycle rules of every bucket that has some, as of `now`.
void run_lifecycles(Backend& backend, const Settings& settings, IdSource& ids, Time now);

} // namespace nephele::swift::s3

// SPDX-License-Identifier: Apache-2.0
// The authority of the agents' certificates as files: made at the first start, the same on every
// control node (copied like the token keys).
#pragma once
#include "platform/crypto/authority.h"

#include <string>
#include <vector>

namespace nephele::agent {

/// In `directory`: authority.pem and authority.key; made when both are missing. Throws Failure with
/// the file and the cure.
crypto::Authority authority_in(const std::string& directory, Time now);

struct NodeCertificate {
    std::string certificate_file, key_file, authority_file;
};
/// A new certificate for this control node, answering to these names and addresses.
NodeCertificate write_node_certificate(const crypto::Authority& authority,
                                       const std::string& directory, const std::string& node,
                                       const std::vector<std::string>& answers_to, Time now);
/// Names and addresses of this machine, and localhost.
std::vector<std::string> own_names();

} // namespace nephele::agent

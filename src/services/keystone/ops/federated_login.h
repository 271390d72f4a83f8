// SPDX-License-Identifier: Apache-2.0
// From what an identity provider said of somebody to a token without a scope: mapping, the user
// who stands for that person here, groups, projects and roles.
#pragma once
#include "services/keystone/logic/mapping_rules.h"
#include "services/keystone/ops/log_in.h"

namespace nephele::keystone {

/// A statement that logs in once: its name, and until when it could be shown again.
struct OnceOnly {
    std::string key;
    Time until;
};

struct FederatedLogin {
    std::string identity_provider_id, protocol_id;
    logic::Attributes attributes;
    /// Attribute that holds the provider's own name when neither the protocol nor the configuration
    /// says which.
    std::string remote_id_attribute;
    std::optional<OnceOnly> once;
    std::optional<Time> limit; ///< when what it rests on ends, and the token with it
};

/// `login` is believed: the caller has checked who vouches for it.
Issued log_in_federated(Cloud& cloud, const FederatedLogin& login);

/// Tokens name the method by a bit: only names upstream's list has.
std::string federated_method(const std::string& protocol_id);

/// The attribute that names the identity provider in assertions of this protocol; may be empty.
std::string remote_id_attribute(const Config& config, const std::optional<std::string>& protocols,
                                const std::string& by_default = "");

} // namespace nephele::keystone

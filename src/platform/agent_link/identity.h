// SPDX-License-Identifier: Apache-2.0
// Who a remote agent is, on its host's disk: where the control nodes are, its name, its certificate
// and key, and the authority it believes.
#pragma once
#include "base/time.h"

#include <string>
#include <string_view>
#include <vector>

namespace nephele::agent {

struct Identity {
    std::string host;
    std::vector<std::string> urls; ///< "https://10.0.0.1:8183", tried in turn
    std::string directory;         ///< of the files

    std::string authority_file() const { return directory + "/authority.pem"; }
    std::string certificate_file() const { return directory + "/agent.pem"; }
    std::string key_file() const { return directory + "/agent.key"; }
};

/// Joins with the text that `nephele agent token` printed, and keeps what it got in `directory`.
/// Throws Failure with the control plane's words, or EngineFailure when it cannot be reached.
Identity join_cloud(const std::vector<std::string>& urls, std::string_view text,
                    const std::string& host, const std::string& directory);
/// Throws Failure(not_found) when this host has not joined.
Identity load_identity(const std::string& directory);
/// From when on the certificate is to be renewed: when a third of its time is left.
Time renewal_due(const Identity& identity);
/// A fresh key beside the one in use, and its public half; adopt_certificate() brings both in.
std::string begin_renewal(const Identity& identity);
void adopt_certificate(const Identity& identity, std::string_view certificate_pem);

} // namespace nephele::agent

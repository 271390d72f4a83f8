// SPDX-License-Identifier: Apache-2.0
// A cloud with every service and one of every thing, for tests that are generated from the routes.
#pragma once
#include "tests/support/test_cloud.h"

#include <map>
#include <string>
#include <vector>

namespace nephele::test {

/// A route with its parameters filled in.
struct Probe {
    const api::Service* service;
    const api::Route* route;
    std::string path(const std::map<std::string, std::string>& ids) const;
    std::string label() const; ///< "nova POST /v2.1/servers/{id}/action reboot"
};

class World {
  public:
    World();
    TestCloud cloud;
    std::vector<Probe> probes;
    /// Things of project "own": collection segment of the path ("networks") to id.
    std::map<std::string, std::string> own;

    /// Ids for a probe's parameters: each that stands right behind a collection of `own` gets its
    /// id, the others an id nobody has.
    std::map<std::string, std::string> own_ids(const Probe& probe) const;
    std::map<std::string, std::string> absent_ids(const Probe& probe) const;
    bool has_own(const Probe& probe) const;
    /// The newest version the route serves, as headers.
    http::Headers headers(const Probe& probe) const;
    Answer ask(const Probe& probe, const std::map<std::string, std::string>& ids,
               const std::string& token, const std::string& body, const std::string& type);
    /// Changes with every committed change of any record.
    std::string journal_end();
};

} // namespace nephele::test

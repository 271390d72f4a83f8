// SPDX-License-Identifier: Apache-2.0
// A cloud with every service and one of every thing, for tests that are generated from the routes.
#pragma once
#include "tests/matrix/recipes.h"
#include "tests/support/temp_dir.h"
#include "tests/support/test_cloud.h"

namespace nephele::test {

using Ids = std::map<std::string, std::string>;

/// A route with its parameters filled in.
struct Probe {
    const api::Service* service;
    const api::Route* route;
    std::string path(const Ids& ids) const;
    std::string label() const; ///< "nova POST /v2.1/servers/{id}/action reboot"
    bool reads() const { return route->method == "GET" || route->method == "HEAD"; }
    bool endless() const; ///< its answer may never end
    bool takes_body() const;
    std::string content_type(const std::string& body) const;
    /// `inner` as this route wants it: under its action, or the name of its body shape.
    Json wrapped(Json inner) const;
};

class World {
  public:
    World();

  private:
    TempDir directory_;

  public:
    TestCloud cloud;
    std::vector<Probe> probes;
    /// Things of project "own" by the names of their recipes ("networks") to id.
    Ids own;
    /// Recipes that were refused, with the answer.
    std::vector<std::string> refused;

    /// Makes one of every thing again, for what was deleted or changed.
    void renew();
    /// Ids for a probe's parameters: each that stands right behind a collection of `own` gets its
    /// id, the others an id nobody has.
    Ids own_ids(const Probe& probe) const;
    Ids absent_ids(const Probe& probe) const;
    /// As own_ids, with an id nobody has for everything that was made by a recipe.
    Ids unmade_ids(const Probe& probe) const;
    bool has_own(const Probe& probe) const;
    /// What the route would accept of its owner, as far as recipes and shapes tell; else "{}".
    std::string accepted_body(const Probe& probe) const;
    /// The newest version the route serves, as headers.
    http::Headers headers(const Probe& probe) const;
    Answer ask(const Probe& probe, const Ids& ids, const std::string& token,
               const std::string& body, const std::string& type);
    /// Changes with every committed change of any record.
    std::string journal_end();

  private:
    bool served(const Recipe& recipe);
    Answer cook(const Recipe& recipe);
    http::Headers newest(const api::Service& service, shape::Version until) const;
    std::string member_, admin_;
    int serial_ = 0;
};

} // namespace nephele::test

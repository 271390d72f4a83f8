// SPDX-License-Identifier: Apache-2.0
// The whole control plane in one thread on virtual time, with hosts that fail and come back. It
// dies and is started again on the same database; what was committed is all that it knows then.
#pragma once
#include "main/sim/host.h"
#include "platform/node/node.h"

#include <memory>
#include <string>
#include <vector>

namespace nephele::sim {

/// Principals by made-up tokens: "admin", and a tenant's name for its member.
class Tokens : public Authenticator {
  public:
    explicit Tokens(const Clock& clock) : clock_(clock) {}
    std::optional<Principal> authenticate(std::string_view token) override;

  private:
    const Clock& clock_;
};

struct Answer {
    int status = 0;
    std::string text;
    Json json;
};

/// What every run starts from, made once a process: an empty cloud with flavor, image and networks.
struct Template {
    std::string directory; ///< with nephele.db and images/
    std::string image;
    std::vector<std::string> tenants, networks; ///< network i belongs to tenant i
    std::string external_network;
};

class World {
  public:
    World(const Template& made, const std::string& directory, std::uint64_t seed, int hosts);
    ~World();

    /// One request to the API, as a tenant (or "admin"); "" for the body of a GET.
    Answer call(const std::string& token, const std::string& method, const std::string& path,
                const Json& body = Json(), const std::string& idempotency_key = "");
    /// The control plane is gone and comes back. True when it came back.
    void restart();
    Node& node() { return *node_; }
    Cloud& cloud() { return node_->cloud(); }

    Random random;
    ManualClock clock;
    Trouble trouble;
    std::vector<Host> hosts;

  private:
    std::string directory_, images_;
    SeededIds ids_;
    Tokens tokens_;
    std::unique_ptr<Node> node_;
};

/// Builds the template below `directory`.
Template make_template(const std::string& directory);

} // namespace nephele::sim

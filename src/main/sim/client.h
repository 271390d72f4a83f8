// SPDX-License-Identifier: Apache-2.0
// The model client: tenants that make, use and delete servers, ports and floating IPs. It remembers
// every answer, repeats what was not answered with the same Idempotency-Key, and knows what must be
// true of each thing.
#pragma once
#include "main/sim/world.h"

#include <deque>
#include <map>
#include <string>
#include <vector>

namespace nephele::sim {

/// What a client knows of one thing it asked for.
struct Thing {
    std::string kind, tenant, name, id;
    bool made = false;         ///< the request that makes it was answered well
    bool delete_asked = false; ///< sent at least once
    bool delete_accepted = false;
    std::string path() const; ///< of the record
};

struct Request {
    std::string tenant, method, path, key;
    Json body;
    std::string makes;  ///< name of the thing it makes
    std::string erases; ///< name of the thing it deletes
    int sent = 0;
};

class Client {
  public:
    Client(World& world, const Template& made);

    /// Sends something: what was not answered yet first, mostly.
    void act();
    /// Everything that waits for an answer. True while there is something.
    bool flush();
    /// The process died while a request was under way: it is sent again later.
    void died();

    const std::map<std::string, Thing>& things() const { return things_; }
    /// Answers that no client should ever see.
    std::vector<std::string> complaints;

  private:
    Request next();
    Request make_server();
    Request make_port();
    Request make_floating_ip();
    Request act_on_server(const Thing& server);
    Request erase(const Thing& thing);
    void look();
    void send(Request request);
    void learn(const Request& request, const Answer& answer);
    const Thing* any(const std::string& kind, const std::string& tenant);
    std::string new_name(const char* kind);

    World& world_;
    const Template& made_;
    std::map<std::string, Thing> things_; ///< by name, which is unique
    std::deque<Request> unanswered_;
    std::optional<Request> under_way_;
    std::deque<Request> answered_; ///< of which some are sent again
    int count_ = 0;
};

} // namespace nephele::sim

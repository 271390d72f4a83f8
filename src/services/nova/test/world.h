// SPDX-License-Identifier: Apache-2.0
// A small cloud for nova's tests: placement, neutron and nova over HTTP, an image, a network, and
// compute hosts that do what they are told when settle() is called.
#pragma once
#include "platform/agent/agent.h"
#include "services/glance/client.h"
#include "tests/support/test_cloud.h"

#include <map>
#include <set>

namespace nephele::nova::test {

using nephele::test::Answer;
using nephele::test::TestCloud;

/// What the stand-in for glance knows (this binary links no image service).
std::map<std::string, glance::ImageFacts>& images();
/// Of an image that is being copied to this node when it is asked for first.
inline constexpr const char* coming_path = "coming";
/// Uploads to the stand-in fail so often.
int& failing_uploads();
void forget_made_images();
inline constexpr const char* image_id = "aaaaaaaa-0000-4000-8000-000000000001";

/// The hosts' side of the agent link, in the test's own thread.
class Hosts {
  public:
    explicit Hosts(Cloud& cloud);
    void add(const std::string& host, std::int64_t vcpus = 8, std::int64_t memory_mb = 8192,
             const std::string& zone = "");
    /// Does what is desired and reports it; false when there was nothing to do.
    bool work();
    /// As work() after the control plane forgot everything in memory.
    void reconnect();
    void report_power(const std::string& host, const std::string& server, std::int64_t state);

    std::set<std::string> broken;       ///< fail every guest for good
    std::set<std::string> asleep;       ///< do nothing
    std::set<std::string> broken_kinds; ///< fail every record of the kind for good
    /// Guests by host, then server: their desired spec.
    std::map<std::string, std::map<std::string, Json>> guests;

  private:
    agent::Observed make(const std::string& host, const agent::Desired& desired);
    Cloud& cloud_;
    std::unique_ptr<agent::Link> link_;
    std::map<std::string, std::int64_t> seen_;
    std::map<std::string, std::int64_t> generations_;
};

/// What OVN does: bound ports come up.
bool bring_ports_up(Cloud& cloud);
/// One line for each broken invariant of nova's checks.
std::vector<std::string> broken_invariants(Cloud& cloud);
std::vector<api::Service> services();

struct World {
    explicit World(int host_count = 1, const Clock* clock = nullptr,
                   std::vector<std::string> settings = {});
    Answer call(const char* method, const std::string& path, const std::string& token,
                const Json& body = Json(), const char* version = "2.96");
    /// Body of POST /servers with the flavor, image and network of this world.
    Json server_body(const std::string& name, Json more = Json::object());
    /// Creates one and gives its id; the answer must be 202.
    std::string create(const std::string& name, Json more = Json::object());
    std::string create_active(const std::string& name, Json more = Json::object());
    Json show(const std::string& id, const std::string& token = "");
    Answer act(const std::string& id, Json body, const std::string& token = "");
    std::string message(const Answer& answer);
    /// Operations, hosts and ports until nothing moves.
    void settle();

    TestCloud cloud;
    std::string admin, member, other;
    Hosts hosts;
    std::string network;
};

} // namespace nephele::nova::test

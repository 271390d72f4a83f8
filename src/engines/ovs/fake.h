// SPDX-License-Identifier: Apache-2.0
// A switch and a host's devices in memory, for tests of agents. Failures come on demand.
#pragma once
#include "engines/ovs/host_links.h"
#include "engines/ovs/local_switch.h"

#include <map>
#include <mutex>

namespace nephele::ovs {

/// The next `times` calls of the fake that holds it fail.
class Failing {
  public:
    void fail_next(EngineFailure::Kind kind, int times = 1);

  protected:
    /// Call with the mutex held.
    void fail_if_due();
    std::mutex mutex_;

  private:
    EngineFailure::Kind kind_ = EngineFailure::Kind::transient;
    int left_ = 0;
};

class FakeLocalSwitch : public LocalSwitch, public Failing {
  public:
    void ensure_port(const Port& port) override;
    void ensure_no_port(const std::string& device) override;
    std::optional<PortStatus> find(const std::string& device) override;
    std::vector<PortStatus> ports() override;
    SwitchFacts facts() override;

  private:
    std::map<std::string, PortStatus> ports_;
};

class FakeHostLinks : public HostLinks, public Failing {
  public:
    void ensure_tap(const Tap& tap) override;
    void ensure_no_link(const std::string& name) override;
    std::optional<Link> find(const std::string& name) override;
    std::vector<std::string> names(const std::string& prefix) override;
    void ensure_namespace_link(const NamespaceLink& link) override;
    void ensure_no_namespace(const std::string& name) override;
    std::vector<std::string> namespaces(const std::string& prefix) override;
    /// Listens on a free port of 127.0.0.1.
    int listen_in_namespace(const std::string& name_space, const std::string& address,
                            int port) override;

  private:
    std::map<std::string, Link> links_;
    std::map<std::string, NamespaceLink> namespaces_;
};

} // namespace nephele::ovs

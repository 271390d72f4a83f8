// SPDX-License-Identifier: Apache-2.0
// Where remote agents come in: a port of its own, TLS with the agents' authority.
//   POST /v1/join   {"token", "secret", "host", "public_key"} -> {"host", "certificate"}
//   GET  /v1/link   WebSocket, with the host's certificate (messages.h)
// Services add what their agents fetch (DoorPage).
#pragma once
#include "platform/agent_link/members.h"
#include "platform/http/http.h"

#include <functional>
#include <memory>
#include <string>
#include <vector>

namespace nephele::agent {

/// GET `path`/{name} of a member host. Throws Failure.
struct DoorPage {
    std::string path; ///< "/v1/images"
    http::Response (*answer)(Cloud& cloud, const http::RequestHead& head, const std::string& host,
                             const std::string& name);
};

/// In the cloud's state: services add theirs when they start.
struct DoorPages {
    std::vector<DoorPage> pages;
};

class Door : public http::Application {
  public:
    Door(Cloud& cloud, crypto::Authority authority, std::vector<DoorPage> pages);
    ~Door() override;
    const crypto::Authority& authority() const;
    /// Sessions end; hosts come back to another node.
    void stop();

    http::BodyPlan plan(const http::RequestHead& head) override;
    http::Response handle(const http::RequestHead& head, std::string body) override;
    http::Response handle_stream(const http::RequestHead& head, http::BodyReader& body) override;
    http::Response refuse(const http::RequestHead& head, int status,
                          const std::string& reason) override;

  private:
    struct Impl;
    std::unique_ptr<Impl> impl_;
};

/// What a host needs to join, in one text to paste: token, secret and the authority.
std::string join_text(const JoinToken& token, const crypto::Authority& authority);

} // namespace nephele::agent

// SPDX-License-Identifier: Apache-2.0
// The metadata service as guests of one network see it. Who asks is known from the network and the
// sender's address, which the switch does not let guests forge.
#pragma once
#include "platform/http/http.h"
#include "services/nova/compute/guest_directory.h"

namespace nephele::nova::compute {

class MetadataApplication : public http::Application {
  public:
    /// Passwords that guests post are kept under `instances`/<server id>/.
    MetadataApplication(std::string network_id, const GuestDirectory& guests, std::string instances)
        : network_id_(std::move(network_id)), guests_(guests), instances_(std::move(instances)) {}

    http::BodyPlan plan(const http::RequestHead& head) override;
    http::Response handle(const http::RequestHead& head, std::string body) override;
    http::Response handle_stream(const http::RequestHead& head, http::BodyReader& body) override;
    http::Response refuse(const http::RequestHead& head, int status,
                          const std::string& reason) override;

  private:
    http::Response password(const GuestSpec& guest, const http::RequestHead& head,
                            const std::string& body);
    const std::string network_id_;
    const GuestDirectory& guests_;
    const std::string instances_;
};

} // namespace nephele::nova::compute

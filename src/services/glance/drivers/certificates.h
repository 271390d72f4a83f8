// SPDX-License-Identifier: Apache-2.0
// Where the certificates of image signatures are kept, by the UUID an image names.
#pragma once
#include "platform/context/context.h"

#include <memory>
#include <optional>
#include <string>

namespace nephele::glance {

class Certificates {
  public:
    virtual ~Certificates() = default;
    /// PEM; nothing when there is none of this id that the user may use.
    virtual std::optional<std::string> find(db::Tx& tx, const std::string& uuid,
                                            const std::string& user_id) = 0;
};

/// First files "<uuid>.pem" an operator put into `directory` (for everybody), then what users keep
/// in the identity service as credentials of type "cert", each for itself.
std::unique_ptr<Certificates> site_certificates(Cloud& cloud, const std::string& directory);

} // namespace nephele::glance

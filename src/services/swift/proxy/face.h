// SPDX-License-Identifier: Apache-2.0
// Another language spoken on the object store's listener (S3). Each request goes to the first face
// that speaks its language, else to Swift's own API.
#pragma once
#include "platform/http/http.h"

namespace nephele::swift {

/// What it is handed: `target` as the client sent it, which is what signatures cover; `path`
/// without the service's prefix on the common port ("/object-store/bucket/key" is "/bucket/key").
class Face : public http::Application {
  public:
    /// From the head alone: "Authorization: AWS4-HMAC-SHA256 ...", "?X-Amz-Algorithm=...".
    virtual bool speaks(const http::RequestHead& head) const = 0;
};

} // namespace nephele::swift

// SPDX-License-Identifier: Apache-2.0
// Image data in a bucket of an S3 service. Short objects are put at once; long ones in parts of a
// multipart upload, which is whole when it is completed and nothing before.
#pragma once
#include "base/secret.h"
#include "services/glance/drivers/store.h"

namespace nephele::glance {

struct S3Options {
    std::string endpoint; ///< "https://s3.example:443"; buckets are addressed by path
    std::string region = "us-east-1", bucket, access_key;
    Secret<std::string> secret_key;
    std::string ca_file;
    bool create_bucket = false;
    std::size_t part_bytes = 16 << 20;
};
std::unique_ptr<Store> s3_store(S3Options options);

} // namespace nephele::glance

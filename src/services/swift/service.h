// SPDX-License-Identifier: Apache-2.0
// Swift: objects in containers in accounts.
#pragma once
#include "platform/api/service.h"

namespace nephele::swift {

api::Service service();
/// The same objects by S3's API, as an endpoint of its own ("/s3"); beside service(), whose
/// listener understands S3's requests as well.
api::Service s3_service();

} // namespace nephele::swift

// SPDX-License-Identifier: Apache-2.0
// S3's operations as data: what tells them apart, what carries them out, and the inventory.
#pragma once
#include "platform/api/service.h"
#include "services/swift/s3/call.h"

namespace nephele::swift::s3 {

struct Operation {
    const char* method;
    /// "/{bucket}/{key}?partNumber={n}&uploadId={id}": parameters behind '?' must be there, with
    /// this value where it is no placeholder.
    const char* path;
    const char* action;           ///< S3's name
    Handler handler;              ///< null: known, and not built here (501)
    const char* header = nullptr; ///< must be there ("x-amz-copy-source")
};

/// The first of the table that fits. Throws MethodNotAllowed, NotImplemented.
const Operation& find_operation(const Request& request);

/// For `nephele routes` and `nephele where`; what is not built is left out.
std::vector<api::MountedOperation> mounted_operations();

} // namespace nephele::swift::s3

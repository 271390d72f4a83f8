// SPDX-License-Identifier: Apache-2.0
#include "services/swift/api/pipeline.h"

#include "services/swift/api/core.h"
#include "services/swift/api/login.h"
#include "services/swift/api/steps.h"

namespace nephele::swift {

Next pipeline() {
    static constexpr Step steps[] = {container_sync,      temporary_url,
                                     form_post,           read_token,
                                     cross_origin,        refuse_changes,
                                     rate_limit,          bulk,
                                     static_web,          quoted_etags,
                                     copy_object,         quotas,
                                     static_large_object, dynamic_large_object,
                                     kept_versions,       symlink,
                                     note_for_sync,       core};
    return {std::begin(steps), std::end(steps)};
}

} // namespace nephele::swift

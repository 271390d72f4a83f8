// SPDX-License-Identifier: Apache-2.0
#include "services/nova/model/quota.h"

namespace nephele::nova {

const std::vector<QuotaKind>& quota_kinds() {
    static const std::vector<QuotaKind> all{{"instances", 10, false, false},
                                            {"cores", 20, false, false},
                                            {"ram", 51200, false, false},
                                            {"floating_ips", -1, false, true},
                                            {"fixed_ips", -1, false, true},
                                            {"metadata_items", 128, false, false},
                                            {"injected_files", 5, true, false},
                                            {"injected_file_content_bytes", 10240, true, false},
                                            {"injected_file_path_bytes", 255, true, false},
                                            {"key_pairs", 100, false, false},
                                            {"security_groups", -1, false, true},
                                            {"security_group_rules", -1, false, true},
                                            {"server_groups", 10, false, false},
                                            {"server_group_members", 10, false, false}};
    return all;
}

std::int64_t default_limit(const std::string& name) {
    for (auto& kind : quota_kinds())
        if (name == kind.name) return kind.fallback;
    return -1;
}

} // namespace nephele::nova

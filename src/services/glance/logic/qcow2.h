// SPDX-License-Identifier: Apache-2.0
// The strict reader of qcow2 headers, versions 2 and 3.
#pragma once
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace nephele::glance {

struct Qcow2 {
    std::optional<std::string> refusal; ///< why it may not be stored
    std::uint64_t virtual_size = 0;
    std::uint64_t cluster_size = 0;
    /// The file must be at least so long for the tables its header names.
    std::uint64_t needed_bytes = 0;
};

/// `head`: the first bytes of the file, all of it or Inspector::head_bytes.
Qcow2 read_qcow2(std::string_view head);

} // namespace nephele::glance

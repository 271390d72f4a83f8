// SPDX-License-Identifier: Apache-2.0
#include "services/glance/logic/range.h"

#include "base/strings.h"
#include "platform/fault/fault.h"

#include <algorithm>

namespace nephele::glance::logic {
namespace {
Failure unsatisfiable(std::uint64_t size) {
    return Failure(Fault::range_not_satisfiable, "InvalidRange",
                   format("The range is outside of the image's {} bytes.", size))
        .header("Content-Range", format("bytes */{}", size));
}
std::optional<std::uint64_t> number(std::string_view text) {
    auto value = to_int(text);
    if (!value || *value < 0 || text.front() == '+') return std::nullopt;
    return static_cast<std::uint64_t>(*value);
}
} // namespace

ByteRange read_range(std::string_view header, std::uint64_t size) {
    ByteRange everything{0, size, true};
    header = trim(header);
    if (!starts_with_icase(header, "bytes=")) return everything;
    header.remove_prefix(6);
    auto dash = header.find('-');
    if (dash == std::string_view::npos || header.find(',') != std::string_view::npos)
        return everything;
    auto first = trim(header.substr(0, dash)), last = trim(header.substr(dash + 1));
    if (first.empty()) {
        auto count = last.empty() ? std::nullopt : number(last);
        if (!count) return everything;
        if (*count == 0 || size == 0) throw unsatisfiable(size);
        std::uint64_t length = std::min(*count, size);
        return {size - length, length, false};
    }
    auto from = number(first);
    auto to = last.empty() ? std::optional<std::uint64_t>(UINT64_MAX) : number(last);
    if (!from || !to || *to < *from) return everything;
    if (*from >= size) throw unsatisfiable(size);
    return {*from, std::min(*to, size - 1) - *from + 1, false};
}

} // namespace nephele::glance::logic

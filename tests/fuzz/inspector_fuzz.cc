// SPDX-License-Identifier: Apache-2.0
// libFuzzer target of the image inspector: whatever the bytes, it answers, asks for sensible ranges
// only, and answers the same however the bytes are cut into pieces.
#include "services/glance/logic/inspector.h"

#include "tests/fuzz/sparse_image.h"

#include <cstdio>
#include <cstdlib>
#include <iterator>

using namespace nephele;
using glance::Inspector;

namespace {
// What of a table is really shown: enough for every format, little enough to be fast.
constexpr std::uint64_t shown_limit = 2 << 20;

void require(bool condition, const char* what) {
    if (condition) return;
    std::fprintf(stderr, "broken promise: %s\n", what);
    std::abort();
}

struct Verdict {
    std::string text;
    bool operator==(const Verdict&) const = default;
};

Verdict judge(const fuzz::SparseImage& image, std::uint64_t step) {
    glance::FormatRules rules;
    rules.require_match = !(image.flags & fuzz::flag_any_format);
    Inspector inspector(
        {fuzz::disk_formats[image.disk_format % std::size(fuzz::disk_formats)],
         fuzz::container_formats[image.container_format % std::size(fuzz::container_formats)]},
        rules);
    std::uint64_t before = Inspector::head_bytes, sum = 0, shown = 0;
    auto head = image.bytes(0, Inspector::head_bytes);
    before = head.size();
    for (auto& range : inspector.read_head(head)) {
        require(range.length > 0 && range.offset >= before, "ranges in order behind the head");
        before = range.end();
        sum += range.length;
        for (auto at = range.offset; at < range.end() && at < image.size && shown < shown_limit;
             at += step) {
            auto piece = image.bytes(at, std::min(step, range.end() - at));
            shown += piece.size();
            inspector.read_table(at, piece);
        }
    }
    require(sum <= Inspector::tables_limit, "tables are bounded");
    auto tail = std::min<std::uint64_t>(image.size, Inspector::tail_bytes);
    auto found = inspector.finish(image.bytes(image.size - tail, tail), image.size);
    require(found.has_value() != inspector.refusal().has_value(), "one verdict");
    if (!found) return {"refused: " + *inspector.refusal()};
    require(static_cast<std::uint64_t>(found->virtual_size) <= rules.virtual_size_cap,
            "the cap holds");
    require(rules.require_match || !found->format.empty(), "a format");
    return {found->format + " " + std::to_string(found->virtual_size)};
}
} // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    auto image = fuzz::decode({reinterpret_cast<const char*>(data), size});
    Verdict verdict = judge(image, 64 * 1024);
    // Only when all was shown can the pieces' size not matter.
    if (image.size <= shown_limit && size % 8 == 0)
        require(judge(image, 4093) == verdict, "the same verdict for other pieces");
    return 0;
}

// SPDX-License-Identifier: Apache-2.0
// inspector_seeds CORPUS SEEDS: writes the text corpus of the tests as inputs of the fuzzer.
#include "services/glance/test/corpus.h"

#include "tests/fuzz/sparse_image.h"

#include <cstdio>
#include <exception>
#include <fstream>
#include <iterator>

using namespace nephele;

namespace {
constexpr std::size_t gap = 16; // zeros that end a segment

template <std::size_t N>
std::uint8_t index_in(const char* const (&all)[N], const std::string& one) {
    for (std::size_t i = 0; i < N; ++i)
        if (one == all[i]) return static_cast<std::uint8_t>(i);
    return 0;
}

fuzz::SparseImage sparse(const glance::test::Case& one) {
    fuzz::SparseImage image;
    image.disk_format = index_in(fuzz::disk_formats, one.declared.disk_format);
    image.container_format = index_in(fuzz::container_formats, one.declared.container_format);
    image.flags = one.rules.require_match ? 0 : fuzz::flag_any_format;
    image.size = static_cast<std::uint32_t>(one.bytes.size());
    auto& bytes = one.bytes;
    for (std::size_t at = 0; (at = bytes.find_first_not_of('\0', at)) != std::string::npos;) {
        auto end = std::min(bytes.find(std::string(gap, '\0'), at), bytes.size());
        end = std::min<std::size_t>(end, at + 65535);
        image.segments.push_back({static_cast<std::uint32_t>(at), bytes.substr(at, end - at)});
        at = end;
    }
    return image;
}
} // namespace

int main(int argc, char** argv) {
    if (argc != 3) return 2;
    try {
        for (auto& one : glance::test::read_corpus(argv[1]))
            std::ofstream(std::string(argv[2]) + "/" + one.name, std::ios::binary)
                << fuzz::encode(sparse(one));
    } catch (const std::exception& error) {
        std::fprintf(stderr, "inspector_seeds: %s\n", error.what());
        return 1;
    }
    return 0;
}

// SPDX-License-Identifier: Apache-2.0
// The corpus of images: each file of test/corpus describes one image as text (where which bytes
// stand) and what the inspector must say of it.
//
//   # what it is
//   base NAME                     starts from another file of the corpus
//   declare DISK [CONTAINER]      option match=off | option cap=BYTES
//   accept FORMAT VIRTUAL_SIZE    refuse WORDS OF THE REASON
//   size BYTES
//   OFFSET: "text\n" 00ff b4=3 l8=65536 fill=512*0    (b: big endian, l: little, of so many bytes)
//   copy FROM LENGTH TO
//   crc32 FROM LENGTH AT | crc32c FROM LENGTH AT | vhdsum FROM LENGTH AT
#pragma once
#include "services/glance/logic/inspector.h"

#include <string>
#include <vector>

namespace nephele::glance::test {

struct Case {
    std::string name, bytes;
    Declared declared;
    FormatRules rules;
    std::string refusal; ///< part of it; empty: accepted
    std::string format;
    std::int64_t virtual_size = 0;
};
/// Throws std::runtime_error naming file and line.
Case read_case(const std::string& folder, const std::string& name);
std::vector<Case> read_corpus(const std::string& folder);

struct Judged {
    std::string refusal;
    Inspection found;
};
/// As a stream in pieces of `step` bytes is judged.
Judged judge(const Declared& declared, const FormatRules& rules, std::string_view bytes,
             std::size_t step = 64 * 1024);

} // namespace nephele::glance::test

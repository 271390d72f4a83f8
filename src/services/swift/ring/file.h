// SPDX-License-Identifier: Apache-2.0
// Rings and builders as files. Ours is one for both: devices and settings as JSON, the table as
// numbers of two bytes, a checksum. Upstream's .ring.gz is read.
#pragma once
#include "services/swift/ring/builder.h"

namespace nephele::swift {

std::string encode_ring(const RingBuilder& builder);
/// Throws Failure(bad_request) saying what is wrong with it.
RingBuilder decode_ring(std::string_view bytes);
/// Of a file that upstream's swift-ring-builder wrote ("R1NG" version 1, gzip).
Ring import_ring_gz(std::string_view bytes);

} // namespace nephele::swift

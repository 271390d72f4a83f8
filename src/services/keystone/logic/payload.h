// SPDX-License-Identifier: Apache-2.0
// The parts that payloads of tokens and receipts are made of, in upstream's MessagePack forms.
#pragma once
#include "base/time.h"
#include "platform/crypto/msgpack.h"

#include <string>
#include <vector>

namespace nephele::keystone::logic::payload {

/// Methods as bits: upstream's default list in its order, then the others.
std::int64_t bits_of(const std::vector<std::string>& methods);
std::vector<std::string> methods_of(std::int64_t bits);

/// [true, 16 bytes] for 32 hex digits, else [false, text].
void write_id(msgpack::Writer& out, const std::string& id);
std::string read_id(msgpack::Reader& in);
/// The same, or [false, nil] for none.
void write_optional_id(msgpack::Writer& out, const std::string& id);
std::string read_optional_id(msgpack::Reader& in);
/// Domain and trust ids have no flag: 16 bytes are a packed id.
void write_bare_id(msgpack::Writer& out, const std::string& id);
std::string read_bare_id(msgpack::Reader& in);
/// Seconds as a double.
void write_time(msgpack::Writer& out, Time time);
Time read_time(msgpack::Reader& in);

} // namespace nephele::keystone::logic::payload

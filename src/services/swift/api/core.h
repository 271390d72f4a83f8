// SPDX-License-Identifier: Apache-2.0
// The last step: what a request does to accounts, containers and objects themselves.
#pragma once
#include "services/swift/api/exchange.h"

namespace nephele::swift {

Answer core(Request& request, const Next& next);

Answer of_account(Request& request);
Answer of_container(Request& request);
Answer of_object(Request& request);

/// The container of a request, with its access list checked for what is asked: the read list for
/// GET and HEAD, else the write list. Throws Refused(401, 403, 404).
ContainerInfo need_container(Request& request);
std::string metadata_value(const Metadata& metadata, const std::string& name);
/// An object that is there and not past its time.
std::optional<ObjectInfo> find_object(Request& request, const ObjectName& name);
/// Headers every answer about an object has, and the answer's etag and time.
void describe_object(Answer& answer, const ObjectInfo& info);

} // namespace nephele::swift

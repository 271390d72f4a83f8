// SPDX-License-Identifier: Apache-2.0
// What goes over the link between a remote agent and the control plane: JSON texts over one
// WebSocket. The agent calls, each call has a number and one answer:
//   {"id": 1, "call": "hello", "facts": {...}}                    -> {"id": 1}
//   {"id": 2, "call": "pull", "since": 7, "wait_ms": 10000}       -> {"id": 2, "change": 9,
//                                                                     "records": [...]}
//   {"id": 3, "call": "report", "observed": [...]}                -> {"id": 3}
//   {"id": 4, "call": "renew", "public_key": "PEM"}               -> {"id": 4, "certificate":
//   "PEM"}
// or {"id": N, "error": {"code", "message", "status"}}. A pull is answered when there is something,
// or empty when its time is over; a new pull takes the place of one that waits.
#pragma once
#include "platform/agent/records.h"

namespace nephele::agent {

/// {"code", "message", "status"}: what a caller may know of what went wrong; the rest is logged.
Json error_json(const std::exception& error);

} // namespace nephele::agent

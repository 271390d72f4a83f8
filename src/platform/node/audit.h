// SPDX-License-Identifier: Apache-2.0
// GET /nephele/v1/audit: what happened, as CADF events (DMTF DSP0262), made from the journal.
#pragma once
#include "platform/api/service.h"
#include "platform/journal/journal.h"

namespace nephele {

/// Every change of a record is an event, every login (keystone's kind "authentication") too.
Json cadf_event(const journal::Record& record);

/// One page after `cursor`, oldest first. Filters: service, kind, id, project_id, initiator,
/// outcome; limit (100, at most 1000).
Json audit_events(api::Call& call);

} // namespace nephele

// SPDX-License-Identifier: Apache-2.0
// GET /nephele/v1/journal: changes as server-sent events, with resume, or as one page.
#pragma once
#include "platform/api/service.h"

namespace nephele {
/// Follows the journal from Last-Event-ID (or cursor=; neither: from now on) until the client
/// leaves. Filters: service, kind, id, project_id. With follow=false: one JSON page of what is
/// there. A caller who is no administrator sees the records of its own project only. Events:
/// "change" with id = cursor and data = the record; "lost" when the place asked for was trimmed:
/// read the things themselves again, then go on from its id.
api::Reply watch_journal(api::FreeCall& call);
} // namespace nephele

// SPDX-License-Identifier: Apache-2.0
// From a query string to a Page, by the service's paging manners; and the links of a list's answer.
#pragma once
#include "platform/api/service.h"

namespace nephele::api {

/// `shape` is the listed record's (null: everything that is not paging becomes extra).
Page read_page(const Incoming& in, const ShapeBase* shape);
/// After the handler: a parameter nobody took is an error where the service says so.
void refuse_leftovers(const Incoming& in, const Page& page);
/// What stands beside the items in a list's answer.
Json paging_links(const Incoming& in, const Page& page, const Result& result);

} // namespace nephele::api

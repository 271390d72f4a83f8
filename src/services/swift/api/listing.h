// SPDX-License-Identifier: Apache-2.0
// Listings of accounts and containers: what is asked for, and the three forms of the answer.
#pragma once
#include "services/swift/api/exchange.h"

namespace nephele::swift {

enum class ListingForm { text, json, xml };

/// From `format` or Accept; throws Refused(406).
ListingForm listing_form(const Request& request);
const char* content_type_of(ListingForm form);
/// Throws Refused(400 or 412) for what is no text or over the limit.
ListQuery list_query(const Request& request, std::uint64_t most);

std::string write_listing(ListingForm form, const std::string& account,
                          const std::vector<ListedContainer>& rows);
std::string write_listing(ListingForm form, const std::string& container,
                          const std::vector<ListedObject>& rows);
/// Puts a finished listing into the answer: 204 where there is no text.
void answer_listing(Answer& answer, ListingForm form, std::string text, const Request& request);

} // namespace nephele::swift

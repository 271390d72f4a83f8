// SPDX-License-Identifier: Apache-2.0
// What clients may ask of lists of servers, as conditions on the table.
#pragma once
#include "platform/pattern/pattern.h"
#include "platform/shape/table.h"
#include "services/nova/model/server.h"

namespace nephele::nova::store {

struct ServerQuery {
    shape::Where where;
    /// Address filters: asked of the addresses of what else fits.
    std::string ip, ip6;
    bool nothing = false; ///< can fit no server (a status that does not exist)
    /// Expressions that LIKE cannot say: asked of what else fits.
    struct Expression {
        std::string (*text)(const Server&);
        Pattern pattern;
    };
    std::vector<Expression> expressions;
    enum class Deleted { without, with, only } deleted = Deleted::without;

    bool fits(const Server&) const; ///< the expressions
};
/// Takes its parameters out of page.extra. `admin`: all filters; others only those upstream lets
/// them use in this version, the rest is dropped.
ServerQuery server_query(shape::Page& page, const shape::Version& version, bool admin);
/// Upstream's sort keys as the shape's fields. Throws 400 for others; legacy ones are dropped.
void map_sort_keys(shape::Page& page, const shape::Version& version);

/// A regular expression as a pattern of LIKE; nothing when it uses more than ^ $ . .* and \x.
std::optional<std::string> like_pattern(std::string_view expression);

} // namespace nephele::nova::store

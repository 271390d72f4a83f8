// SPDX-License-Identifier: Apache-2.0
// Whether to believe what an identity provider answered, once its signature is known to be good.
#pragma once
#include "base/time.h"
#include "platform/xml/xml.h"
#include "services/keystone/logic/mapping_rules.h"

#include <optional>
#include <string>

namespace nephele::keystone::logic {

struct SamlExpected {
    std::string issuer;       ///< the provider
    std::string audience;     ///< our name
    std::string recipient;    ///< our address for answers
    std::string request_id;   ///< what is answered; empty: nobody asked
    bool unsolicited = false; ///< that nobody asked is right, and an audience need not be named
    std::int64_t clock_skew = 60;
    Time now;
};

struct SamlStatement {
    std::string assertion_id;
    Time until;                        ///< after this it is refused anyway
    std::optional<Time> session_until; ///< the provider's session ends
    Attributes attributes;
};

/// `response` may be unsigned: it is only asked for reasons to refuse. `assertion` is what the
/// signature covers. Throws Failure(unauthorized) that names what is wrong.
SamlStatement check_saml(const xml::Element& response, const xml::Element& assertion,
                         const SamlExpected& expected);

/// Of an answer in a SOAP envelope or alone; null when there is none.
const xml::Element* find_saml_response(const xml::Element& root);

} // namespace nephele::keystone::logic

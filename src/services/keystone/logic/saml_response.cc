// SPDX-License-Identifier: Apache-2.0
#include "services/keystone/logic/saml_response.h"

#include "base/strings.h"
#include "platform/fault/fault.h"
#include "services/keystone/logic/saml_text.h"

#include <algorithm>
#include <set>

namespace nephele::keystone::logic {
namespace {

using xml::Element;

[[noreturn]] void refuse(const std::string& why) {
    throw unauthorized("The identity provider's answer is not accepted: " + why + ".");
}

bool is(const Element& element, const char* space, std::string_view name) {
    return element.space == space && element.name == name;
}

const Element* part(const Element& parent, std::string_view name) {
    for (const Element& one : parent.children)
        if (is(one, saml_assertion_space, name)) return &one;
    return nullptr;
}

std::vector<const Element*> parts(const Element& parent, std::string_view name) {
    std::vector<const Element*> found;
    for (const Element& one : parent.children)
        if (is(one, saml_assertion_space, name)) found.push_back(&one);
    return found;
}

std::string text_of(const Element* element) {
    return element ? std::string(trim(element->text)) : std::string();
}

// A time that must be readable when it is there.
std::optional<Time> time_in(const Element& element, const char* name) {
    const std::string text = element.attribute(name);
    if (text.empty()) return std::nullopt;
    const auto time = parse_time(text);
    if (!time) refuse(format("{} is not a time", name));
    return time;
}

// NotBefore and NotOnOrAfter, with the clocks apart as far as allowed.
void check_window(const Element& element, const SamlExpected& expected) {
    const auto from = time_in(element, "NotBefore"), until = time_in(element, "NotOnOrAfter");
    if (from && *from > expected.now.plus_seconds(expected.clock_skew))
        refuse("it is not valid yet");
    if (until && until->plus_seconds(expected.clock_skew) <= expected.now) refuse("it is over");
}

void check_response(const Element& response, const SamlExpected& expected) {
    if (response.attribute("Version") != "2.0") refuse("it is not SAML 2.0");
    const Element* status = response.child("Status");
    const Element* code = status ? status->child("StatusCode") : nullptr;
    if (!code) refuse("it has no status");
    if (code->attribute("Value") != "urn:oasis:names:tc:SAML:2.0:status:Success")
        refuse("the provider says " + code->attribute("Value").substr(0, 100));
    const std::string destination = response.attribute("Destination");
    if (!destination.empty() && destination != expected.recipient)
        refuse("it was sent to another address");
    const std::string answered = response.attribute("InResponseTo");
    if (!answered.empty() && answered != expected.request_id) refuse("it answers another request");
    const std::string issuer = text_of(part(response, "Issuer"));
    if (!issuer.empty() && issuer != expected.issuer) refuse("it comes from another provider");
}

void check_conditions(const Element& assertion, const SamlExpected& expected) {
    const auto all = parts(assertion, "Conditions");
    if (all.size() > 1) refuse("it has several lists of conditions");
    bool audience = false;
    for (const Element* conditions : all) {
        check_window(*conditions, expected);
        for (const Element& one : conditions->children) {
            if (one.name == "OneTimeUse" || one.name == "ProxyRestriction") continue;
            if (!is(one, saml_assertion_space, "AudienceRestriction"))
                refuse("it has a condition that is not known here: " + one.name.substr(0, 100));
            const auto named = parts(one, "Audience");
            // Each restriction must hold.
            if (std::none_of(named.begin(), named.end(), [&](const Element* each) {
                    return text_of(each) == expected.audience;
                }))
                refuse("it is for another audience");
            audience = true;
        }
    }
    if (!audience && !expected.unsolicited) refuse("it names no audience");
}

// Whether the one who brings it is believed to be its subject now.
bool confirms(const Element& confirmation, const SamlExpected& expected) {
    if (confirmation.attribute("Method") != "urn:oasis:names:tc:SAML:2.0:cm:bearer") return false;
    const Element* data = part(confirmation, "SubjectConfirmationData");
    if (!data || data->attribute("Recipient") != expected.recipient) return false;
    const auto until = time_in(*data, "NotOnOrAfter");
    if (!until || until->plus_seconds(expected.clock_skew) <= expected.now) return false;
    const auto from = time_in(*data, "NotBefore");
    if (from && *from > expected.now.plus_seconds(expected.clock_skew)) return false;
    const std::string answered = data->attribute("InResponseTo");
    return answered == expected.request_id || (answered.empty() && expected.unsolicited);
}

// Until when it could be shown again, whichever of its confirmations would hold then.
Time check_subject(const Element& assertion, const SamlExpected& expected) {
    const auto subjects = parts(assertion, "Subject");
    if (subjects.size() != 1) refuse("it does not have one subject");
    bool confirmed = false;
    Time longest = expected.now;
    for (const Element* one : parts(*subjects.front(), "SubjectConfirmation")) {
        confirmed = confirmed || confirms(*one, expected);
        if (const Element* data = part(*one, "SubjectConfirmationData"))
            longest = std::max(longest, time_in(*data, "NotOnOrAfter").value_or(longest));
    }
    if (!confirmed)
        refuse("nothing in it says that it is meant for this request, this address and this time");
    return longest.plus_seconds(expected.clock_skew);
}

// Under the names web servers in front give them as well.
Attributes attributes_of(const Element& assertion, const SamlExpected& expected) {
    Attributes attributes;
    for (const Element* statement : parts(assertion, "AttributeStatement"))
        for (const Element* attribute : parts(*statement, "Attribute")) {
            const std::string name = attribute->attribute("Name");
            std::vector<std::string> values;
            for (const Element* value : parts(*attribute, "AttributeValue"))
                values.emplace_back(trim(value->text));
            if (name.empty()) continue;
            for (const std::string& known : std::set<std::string>{
                     name, "MELLON_" + name, attribute->attribute("FriendlyName")})
                if (!known.empty())
                    attributes[known].insert(attributes[known].end(), values.begin(), values.end());
        }
    const Element* subject = part(assertion, "Subject");
    if (const std::string name = text_of(part(*subject, "NameID")); !name.empty())
        for (const char* known : {"REMOTE_USER", "MELLON_NAME_ID"}) attributes[known] = {name};
    for (const char* known : {"MELLON_IDP", "Shib-Identity-Provider"})
        attributes[known] = {expected.issuer};
    return attributes;
}

} // namespace

SamlStatement check_saml(const Element& response, const Element& assertion,
                         const SamlExpected& expected) {
    check_response(response, expected);
    if (assertion.attribute("Version") != "2.0") refuse("it is not SAML 2.0");
    if (text_of(part(assertion, "Issuer")) != expected.issuer)
        refuse("it comes from another provider");
    if (const auto issued = time_in(assertion, "IssueInstant");
        !issued || *issued > expected.now.plus_seconds(expected.clock_skew))
        refuse("it was not issued yet");
    if (expected.request_id.empty() && !expected.unsolicited) refuse("nobody asked for it");
    SamlStatement statement;
    statement.assertion_id = assertion.attribute("ID");
    check_conditions(assertion, expected);
    statement.until = check_subject(assertion, expected);
    const auto logins = parts(assertion, "AuthnStatement");
    if (logins.empty()) refuse("it says of nobody that he logged in");
    for (const Element* login : logins)
        if (const auto until = time_in(*login, "SessionNotOnOrAfter")) {
            if (*until <= expected.now) refuse("the session is over");
            statement.session_until = std::min(statement.session_until.value_or(*until), *until);
        }
    statement.attributes = attributes_of(assertion, expected);
    return statement;
}

const Element* find_saml_response(const Element& root) {
    if (is(root, saml_protocol_space, "Response")) return &root;
    if (!is(root, soap_space, "Envelope")) return nullptr;
    for (const Element& body : root.children)
        if (is(body, soap_space, "Body"))
            for (const Element& one : body.children)
                if (is(one, saml_protocol_space, "Response")) return &one;
    return nullptr;
}

} // namespace nephele::keystone::logic

// SPDX-License-Identifier: Apache-2.0
#include "services/swift/s3/lifecycle.h"

#include "base/strings.h"
#include "platform/json/json.h"
#include "platform/xml/xml.h"

#include <set>

namespace nephele::swift::s3 {
namespace {

constexpr std::size_t most_rules = 1000;
constexpr std::int64_t day_seconds = 86400;

std::int64_t positive(const xml::Element& parent, std::string_view name) {
    const auto* element = parent.child(name);
    if (!element) return 0;
    const auto value = to_int(trim(element->text));
    if (!value || *value <= 0 || *value > 100000)
        throw failure(Code::InvalidArgument, std::string(name) + " must be a positive integer");
    return *value;
}

void take_tag(const xml::Element& tag, LifecycleRule& rule) {
    const auto *key = tag.child("Key"), *value = tag.child("Value");
    if (!key || !value || key->text.empty()) throw failure(Code::MalformedXML);
    rule.tags.emplace_back(key->text, value->text);
}

void take_filter(const xml::Element& filter, LifecycleRule& rule) {
    for (const auto& part : filter.children) {
        if (part.name == "Prefix")
            rule.prefix = part.text;
        else if (part.name == "Tag")
            take_tag(part, rule);
        else if (part.name == "ObjectSizeGreaterThan")
            rule.larger_than = positive(filter, part.name);
        else if (part.name == "ObjectSizeLessThan")
            rule.smaller_than = positive(filter, part.name);
        else if (part.name == "And")
            take_filter(part, rule);
        else
            throw failure(Code::MalformedXML);
    }
}

void take_expiration(const xml::Element& element, LifecycleRule& rule) {
    rule.days = positive(element, "Days");
    if (const auto* date = element.child("Date")) {
        rule.date = parse_time(trim(date->text));
        if (!rule.date) throw failure(Code::MalformedXML);
        if (rule.date->seconds() % day_seconds != 0)
            throw failure(Code::InvalidArgument, "'Date' must be at midnight GMT");
    }
    if (const auto* marker = element.child("ExpiredObjectDeleteMarker"))
        rule.lonely_markers = iequals(trim(marker->text), "true");
    if ((rule.days > 0) + rule.date.has_value() + rule.lonely_markers != 1)
        throw failure(Code::MalformedXML);
}

LifecycleRule read_rule(const xml::Element& element) {
    LifecycleRule rule;
    const auto* status = element.child("Status");
    if (!status || (status->text != "Enabled" && status->text != "Disabled"))
        throw failure(Code::MalformedXML);
    rule.enabled = status->text == "Enabled";
    if (const auto* id = element.child("ID")) rule.id = id->text;
    if (rule.id.size() > 255)
        throw failure(Code::InvalidArgument, "ID length should not exceed allowed limit of 255");
    if (const auto* prefix = element.child("Prefix")) rule.prefix = prefix->text;
    if (const auto* filter = element.child("Filter")) take_filter(*filter, rule);
    for (const char* other : {"Transition", "NoncurrentVersionTransition"})
        if (element.child(other))
            throw failure(Code::NotImplemented, "There is one storage class only.");
    if (const auto* expiration = element.child("Expiration")) take_expiration(*expiration, rule);
    if (const auto* covered = element.child("NoncurrentVersionExpiration")) {
        if (covered->child("NewerNoncurrentVersions"))
            throw failure(Code::NotImplemented, "NewerNoncurrentVersions is not implemented.");
        rule.noncurrent_days = positive(*covered, "NoncurrentDays");
    }
    if (const auto* abort = element.child("AbortIncompleteMultipartUpload"))
        rule.incomplete_days = positive(*abort, "DaysAfterInitiation");
    if (rule.days == 0 && !rule.date && !rule.lonely_markers && rule.noncurrent_days == 0 &&
        rule.incomplete_days == 0)
        throw failure(Code::InvalidRequest, "At least one action needs to be specified in a rule");
    return rule;
}

void write_filter(Xml& xml, const LifecycleRule& rule) {
    const std::size_t parts = !rule.prefix.empty() + rule.tags.size() + (rule.larger_than >= 0) +
                              (rule.smaller_than >= 0);
    xml.open("Filter");
    if (parts > 1) xml.open("And");
    if (!rule.prefix.empty() || parts == 0) xml.text("Prefix", rule.prefix);
    for (const auto& [key, value] : rule.tags)
        xml.open("Tag").text("Key", key).text("Value", value).close();
    if (rule.larger_than >= 0) xml.text("ObjectSizeGreaterThan", std::to_string(rule.larger_than));
    if (rule.smaller_than >= 0) xml.text("ObjectSizeLessThan", std::to_string(rule.smaller_than));
    if (parts > 1) xml.close();
    xml.close();
}
} // namespace

Lifecycle lifecycle_of_xml(std::string_view document) {
    const auto root = xml::parse(document);
    if (!root || root->name != "LifecycleConfiguration") throw failure(Code::MalformedXML);
    Lifecycle rules;
    std::set<std::string> ids;
    for (const auto* element : root->all("Rule")) {
        rules.push_back(read_rule(*element));
        auto& id = rules.back().id;
        if (id.empty()) id = format("rule-{}", rules.size());
        if (!ids.insert(id).second)
            throw failure(Code::InvalidArgument, "Rule ID must be unique. Found same ID for more "
                                                 "than one rule");
    }
    if (rules.empty() || rules.size() > most_rules) throw failure(Code::MalformedXML);
    return rules;
}

std::string lifecycle_xml(const Lifecycle& rules) {
    Xml xml("LifecycleConfiguration");
    for (const auto& rule : rules) {
        xml.open("Rule").text("ID", rule.id);
        write_filter(xml, rule);
        xml.text("Status", rule.enabled ? "Enabled" : "Disabled");
        if (rule.days > 0 || rule.date || rule.lonely_markers) {
            xml.open("Expiration");
            if (rule.days > 0) xml.text("Days", std::to_string(rule.days));
            if (rule.date) xml.text("Date", iso_time(*rule.date, 3));
            if (rule.lonely_markers) xml.boolean("ExpiredObjectDeleteMarker", true);
            xml.close();
        }
        if (rule.noncurrent_days > 0)
            xml.open("NoncurrentVersionExpiration")
                .text("NoncurrentDays", std::to_string(rule.noncurrent_days))
                .close();
        if (rule.incomplete_days > 0)
            xml.open("AbortIncompleteMultipartUpload")
                .text("DaysAfterInitiation", std::to_string(rule.incomplete_days))
                .close();
        xml.close();
    }
    return xml.finish();
}

// The document itself is the one form of it.
std::string lifecycle_text(const Lifecycle& rules) { return base64_encode(lifecycle_xml(rules)); }

Lifecycle parse_lifecycle(std::string_view text) {
    return lifecycle_of_xml(base64_decode(text).value_or(""));
}

Time due(Time from, std::int64_t days) {
    const std::int64_t seconds = from.seconds() + days * day_seconds;
    return {(seconds + day_seconds - 1) / day_seconds * day_seconds * 1'000'000};
}

bool expires(const LifecycleRule& rule, const std::string& key, Time modified, Time now) {
    if (!rule.enabled || !key.starts_with(rule.prefix)) return false;
    if (rule.date) return *rule.date <= now;
    return rule.days > 0 && due(modified, rule.days) <= now;
}

} // namespace nephele::swift::s3

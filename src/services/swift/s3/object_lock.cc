// SPDX-License-Identifier: Apache-2.0
#include "services/swift/s3/object_lock.h"

#include "base/strings.h"
#include "platform/xml/xml.h"
#include "services/swift/s3/error.h"
#include "services/swift/s3/xml_writer.h"

namespace nephele::swift::s3 {
namespace {

std::string of(const Metadata& metadata, const char* name) {
    const auto found = metadata.find(name);
    return found == metadata.end() ? "" : found->second;
}

xml::Element root_of(std::string_view document, std::string_view name) {
    auto root = xml::parse(document);
    if (!root || root->name != name) throw failure(Code::MalformedXML);
    return std::move(*root);
}

std::int64_t count_of(const xml::Element& rule, std::string_view name) {
    const auto* element = rule.child(name);
    if (!element) return 0;
    const auto count = to_int(trim(element->text));
    if (!count || *count <= 0 || *count > (name == "Years" ? 100 : 36500))
        throw failure(Code::InvalidArgument,
                      "Default retention period must be a positive integer value.");
    return *count;
}
} // namespace

void check_lock_mode(const std::string& mode) {
    if (mode != "GOVERNANCE" && mode != "COMPLIANCE")
        throw invalid_argument("x-amz-object-lock-mode", mode, "Unknown wormMode directive.");
}

Time LockRule::until(Time now) const { return now.plus_seconds((days + years * 365) * 86400); }

LockRule lock_rule_of_xml(std::string_view document) {
    const auto root = root_of(document, "ObjectLockConfiguration");
    const auto* enabled = root.child("ObjectLockEnabled");
    if (!enabled || enabled->text != "Enabled") throw failure(Code::MalformedXML);
    LockRule rule;
    const auto* outer = root.child("Rule");
    if (!outer) return rule;
    const auto* inner = outer->child("DefaultRetention");
    if (!inner || !inner->child("Mode")) throw failure(Code::MalformedXML);
    rule.mode = inner->child("Mode")->text;
    check_lock_mode(rule.mode);
    rule.days = count_of(*inner, "Days");
    rule.years = count_of(*inner, "Years");
    if ((rule.days == 0) == (rule.years == 0)) throw failure(Code::MalformedXML);
    return rule;
}

std::string lock_rule_xml(const LockRule& rule) {
    Xml xml("ObjectLockConfiguration");
    xml.text("ObjectLockEnabled", "Enabled");
    if (!rule.mode.empty()) {
        xml.open("Rule").open("DefaultRetention").text("Mode", rule.mode);
        if (rule.days > 0)
            xml.text("Days", std::to_string(rule.days));
        else
            xml.text("Years", std::to_string(rule.years));
    }
    return xml.finish();
}

std::string lock_rule_text(const LockRule& rule) {
    return format("{} {} {}", rule.mode.empty() ? "-" : rule.mode, rule.days, rule.years);
}

LockRule parse_lock_rule(std::string_view text) {
    const auto parts = split(text, ' ');
    if (parts.size() != 3 || parts[0] == "-") return {};
    return {parts[0], to_int(parts[1]).value_or(0), to_int(parts[2]).value_or(0)};
}

Retention retention_of(const Metadata& metadata) {
    return {of(metadata, lock_mode_header), parse_time(of(metadata, lock_until_header))};
}

Retention retention_of_xml(std::string_view document, Time now) {
    const auto root = root_of(document, "Retention");
    const auto *mode = root.child("Mode"), *until = root.child("RetainUntilDate");
    if (!mode && !until) return {};
    if (!mode || !until) throw failure(Code::MalformedXML);
    Retention retention{mode->text, parse_time(until->text)};
    check_lock_mode(retention.mode);
    if (!retention.until) throw failure(Code::MalformedXML);
    if (*retention.until <= now)
        throw invalid_argument("RetainUntilDate", until->text,
                               "The retain until date must be in the future!");
    return retention;
}

std::string retention_xml(const Retention& retention) {
    Xml xml("Retention");
    xml.text("Mode", retention.mode);
    if (retention.until) xml.text("RetainUntilDate", iso_time(*retention.until, 3));
    return xml.finish();
}

bool legal_hold_of_xml(std::string_view document) {
    const auto root = root_of(document, "LegalHold");
    const auto* status = root.child("Status");
    if (!status || (status->text != "ON" && status->text != "OFF"))
        throw failure(Code::MalformedXML);
    return status->text == "ON";
}

bool is_locked(const Metadata& metadata, Time now, bool bypass) {
    if (of(metadata, legal_hold_header) == "ON") return true;
    const auto retention = retention_of(metadata);
    if (!retention.until || *retention.until <= now) return false;
    return retention.mode == "COMPLIANCE" || !bypass;
}

bool may_become(const Retention& now_set, const Retention& wanted, Time now, bool bypass) {
    if (!now_set.until || *now_set.until <= now) return true;
    const bool longer = wanted.until && *wanted.until >= *now_set.until;
    if (now_set.mode == "COMPLIANCE") return longer && wanted.mode == "COMPLIANCE";
    return bypass || longer;
}

} // namespace nephele::swift::s3

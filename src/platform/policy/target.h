// SPDX-License-Identifier: Apache-2.0
// What a policy check is about: the attributes a rule may name as %(key)s. Values are text;
// booleans and null have Python's spelling, since rules written for upstream compare with "True"
// and "None".
#pragma once
#include "platform/json/json.h"

#include <initializer_list>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace nephele::policy {

class Target {
  public:
    Target() = default;
    Target(std::initializer_list<std::pair<std::string_view, std::string_view>> attributes);
    /// The members of `object`, nested ones by dotted keys ("target.user.domain_id"). Kept by
    /// reference: it must outlive the target.
    explicit Target(const Json& object) : object_(&object) {}

    Target& set(std::string_view key, std::string_view value);
    Target& set(std::string_view key, const char* value) {
        return set(key, std::string_view(value));
    }
    Target& set(std::string_view key, bool value);
    /// An attribute that exists and has no value: "None".
    Target& set_null(std::string_view key);

    /// Nothing when the attribute is absent. `tenant_id` and `project_id` stand for each other.
    std::optional<std::string_view> find(std::string_view key, std::string& storage) const;

  private:
    std::optional<std::string_view> find_exact(std::string_view key, std::string& storage) const;

    std::vector<std::pair<std::string, std::string>> attributes_;
    const Json* object_ = nullptr;
};

} // namespace nephele::policy

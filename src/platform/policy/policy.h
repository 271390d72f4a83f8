// SPDX-License-Identifier: Apache-2.0
// Who may do what: the rule language of oslo.policy. A service declares its rules with upstream's
// names and defaults; an operator may override them in a YAML file; both are compiled once into a
// tree that is checked in well under a microsecond and can explain its answer.
#pragma once
#include "platform/auth/principal.h"
#include "platform/json/json.h"
#include "platform/policy/target.h"

#include <memory>
#include <stdexcept>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace nephele::policy {

/// A rule as a service declares it.
struct Rule {
    std::string name;  ///< upstream's: "identity:list_users"
    std::string check; ///< "role:admin or project_id:%(project_id)s"; empty: everybody
    std::string description;
    std::vector<std::pair<std::string, std::string>> operations; ///< method and path guarded
    std::vector<std::string> scope_types; ///< of "system", "domain", "project"; empty: any
};

/// A rule text that cannot be read, or rules that refer to each other in a circle.
class PolicyError : public std::runtime_error {
  public:
    using std::runtime_error::runtime_error;
};

/// Why a check answered as it did: the tree of the rule with the outcome of every part.
struct Explanation {
    bool allowed = false;
    std::string check;  ///< this part as text: "role:admin", "or", "rule:admin_required"
    std::string detail; ///< what was compared: "the token has roles member, reader"
    std::vector<Explanation> parts;
    Json to_json() const;
};

/// The rules of one service. Build it (add, overrides, compile), then check from any thread.
class Policy {
  public:
    Policy();
    ~Policy();
    Policy(Policy&&) noexcept;
    Policy& operator=(Policy&&) noexcept;

    /// Declares rules; a name may be declared once. Throws PolicyError on an unreadable check.
    void add(const std::vector<Rule>& rules);
    /// An operator's file: a mapping from rule name to check text (or the old list form). May name
    /// rules that only other overrides refer to. Throws PolicyError with "file:line: ".
    void load_overrides(std::string_view yaml_text, const std::string& file_name);
    /// A token of the wrong scope is denied when the rule lists scope types (on by default).
    void enforce_scope(bool on);
    /// Resolves references; required before check. Throws PolicyError naming the circle when rules
    /// refer to each other in one. Returns warnings: references to rules that do not exist (they
    /// count as the rule "default", else as denied) and attributes no token has (they never match).
    std::vector<std::string> compile();

    /// An unknown rule is the rule "default" if declared, else denied.
    bool check(std::string_view name, const Principal& principal, const Target& target = {}) const;
    Explanation explain(std::string_view name, const Principal& principal,
                        const Target& target = {}) const;

    bool has(std::string_view name) const;
    /// The declaration with the check in force (after overrides); null when not declared.
    const Rule* find(std::string_view name) const;
    /// All, in the order they were declared.
    std::vector<Rule> rules() const;

  private:
    struct Impl;
    std::unique_ptr<Impl> impl_;
};

} // namespace nephele::policy

// SPDX-License-Identifier: Apache-2.0
// Who may create, read, change and delete which custom properties: the operator's file with a
// section for each expression over names. The first section that matches a name counts; a name
// that none matches is nobody's.
#pragma once
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

namespace nephele::glance::logic {

enum class PropertyAction { create, read, update, remove };

class Protections {
  public:
    Protections(); ///< none: everything is allowed
    /// Of a file's text; what it names is roles, or policy rules. Throws Failure(bad_request) with
    /// file and line.
    static Protections parse(std::string_view text, const std::string& file_name, bool rules);

    bool enforced() const { return sections_ != nullptr; }
    /// `allowed` answers whether the caller passes a policy rule.
    bool permits(PropertyAction action, const std::string& property,
                 const std::vector<std::string>& roles,
                 const std::function<bool(const std::string& rule)>& allowed) const;

  private:
    struct Section;
    std::shared_ptr<const std::vector<Section>> sections_;
    bool rules_ = false;
};

} // namespace nephele::glance::logic

// SPDX-License-Identifier: Apache-2.0
// Writes XML with everything escaped: nothing of a caller's text can become markup.
#pragma once
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace nephele::libvirt {

class XmlWriter {
  public:
    using Attributes = std::vector<std::pair<std::string_view, std::string>>;

    /// Opens an element, calls `inside` for its content, closes it.
    template <class Inside>
    void element(std::string_view name, const Attributes& attributes, Inside inside) {
        open(name, attributes);
        out_ += ">\n";
        ++depth_;
        inside();
        --depth_;
        indent();
        out_ += "</" + std::string(name) + ">\n";
    }
    /// An element without content. Attributes with empty values are left out.
    void empty(std::string_view name, const Attributes& attributes = {});
    void text(std::string_view name, std::string_view content, const Attributes& attributes = {});

    std::string take() { return std::move(out_); }

  private:
    void open(std::string_view name, const Attributes& attributes);
    void indent() { out_.append(static_cast<std::size_t>(depth_) * 2, ' '); }

    std::string out_;
    int depth_ = 0;
};

} // namespace nephele::libvirt

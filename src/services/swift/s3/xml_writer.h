// SPDX-License-Identifier: Apache-2.0
// S3's answers as XML text, written element by element.
#pragma once
#include <string>
#include <string_view>
#include <vector>

namespace nephele::swift::s3 {

class Xml {
  public:
    enum class Space { s3, none };
    explicit Xml(std::string root, Space space = Space::s3);

    Xml& open(const std::string& name, std::string_view attributes = "");
    Xml& close();
    /// Characters that no XML can hold become U+FFFD: keys may hold them, documents may not.
    Xml& text(std::string_view name, std::string_view value);
    Xml& number(std::string_view name, std::uint64_t value);
    Xml& boolean(std::string_view name, bool value) { return text(name, value ? "true" : "false"); }
    /// Closes what is open.
    std::string finish();

  private:
    std::string out_;
    std::vector<std::string> open_;
};

} // namespace nephele::swift::s3

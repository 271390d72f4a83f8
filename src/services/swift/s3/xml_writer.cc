// SPDX-License-Identifier: Apache-2.0
#include "services/swift/s3/xml_writer.h"

#include "base/strings.h"
#include "platform/xml/xml.h"

namespace nephele::swift::s3 {
namespace {

std::string without_controls(std::string_view value) {
    std::string out;
    for (char c : value) {
        const auto byte = static_cast<unsigned char>(c);
        if (byte < 0x20 && c != '\t' && c != '\n' && c != '\r')
            out += "\xef\xbf\xbd";
        else
            out += c;
    }
    // U+FFFE and U+FFFF are no characters either.
    for (const char* bad : {"\xef\xbf\xbe", "\xef\xbf\xbf"})
        for (auto at = out.find(bad); at != out.npos; at = out.find(bad, at))
            out.replace(at, 3, "\xef\xbf\xbd");
    return out;
}
} // namespace

Xml::Xml(std::string root, Space space) {
    out_ = "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n";
    open(root, space == Space::s3 ? "xmlns=\"http://s3.amazonaws.com/doc/2006-03-01/\"" : "");
}

Xml& Xml::open(const std::string& name, std::string_view attributes) {
    out_ += "<" + name;
    if (!attributes.empty()) out_ += " " + std::string(attributes);
    out_ += ">";
    open_.push_back(name);
    return *this;
}

Xml& Xml::close() {
    out_ += "</" + open_.back() + ">";
    open_.pop_back();
    return *this;
}

Xml& Xml::text(std::string_view name, std::string_view value) {
    const std::string tag(name);
    // A line end in text would be read as another one, so it goes by its number.
    std::vector<std::string> lines = split(without_controls(value), '\r');
    for (auto& line : lines) line = xml::escaped(line);
    const std::string written = join(lines, "&#13;");
    out_ += "<" + tag + ">" + written + "</" + tag + ">";
    return *this;
}

Xml& Xml::number(std::string_view name, std::uint64_t value) {
    return text(name, std::to_string(value));
}

std::string Xml::finish() {
    while (!open_.empty()) close();
    return std::move(out_);
}

} // namespace nephele::swift::s3

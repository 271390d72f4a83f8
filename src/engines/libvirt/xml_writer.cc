// SPDX-License-Identifier: Apache-2.0
#include "engines/libvirt/xml_writer.h"

#include "base/strings.h"
#include "platform/fault/fault.h"

namespace nephele::libvirt {
namespace {

void append_escaped(std::string& out, std::string_view text) {
    if (!is_utf8(text))
        throw EngineFailure(EngineFailure::Kind::permanent, "libvirt: text is not UTF-8");
    for (const char c : text) {
        switch (c) {
        case '&':
            out += "&amp;";
            break;
        case '<':
            out += "&lt;";
            break;
        case '>':
            out += "&gt;";
            break;
        case '"':
            out += "&quot;";
            break;
        case '\'':
            out += "&apos;";
            break;
        // As such they would be turned into blanks inside attributes.
        case '\t':
            out += "&#9;";
            break;
        case '\n':
            out += "&#10;";
            break;
        case '\r':
            out += "&#13;";
            break;
        default:
            if (static_cast<unsigned char>(c) < 0x20 || c == 0x7f)
                throw EngineFailure(EngineFailure::Kind::permanent,
                                    format("libvirt: control character {} in \"{}\"",
                                           static_cast<int>(c), hex_encode(text)));
            out += c;
        }
    }
}

} // namespace

void XmlWriter::open(std::string_view name, const Attributes& attributes) {
    indent();
    out_ += '<';
    out_ += name;
    for (const auto& [key, value] : attributes) {
        if (value.empty()) continue;
        out_ += ' ';
        out_ += key;
        out_ += "='";
        append_escaped(out_, value);
        out_ += '\'';
    }
}

void XmlWriter::empty(std::string_view name, const Attributes& attributes) {
    open(name, attributes);
    out_ += "/>\n";
}

void XmlWriter::text(std::string_view name, std::string_view content,
                     const Attributes& attributes) {
    open(name, attributes);
    out_ += '>';
    append_escaped(out_, content);
    out_ += "</" + std::string(name) + ">\n";
}

} // namespace nephele::libvirt

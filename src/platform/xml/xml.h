// SPDX-License-Identifier: Apache-2.0
// XML as far as SAML and S3 need it: text written safely, documents read, elements signed, and
// signed elements read.
// libxml2 and xmlsec stay inside xml.cc. Documents with a DTD are refused: nothing we read has one,
// and all that entities can do to a reader comes with it.
#pragma once
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace nephele::xml {

/// For text and attribute values; fit for HTML as well.
std::string escaped(std::string_view text);

struct Element {
    std::string space, name; ///< namespace address and local name
    std::string text;        ///< all text within, comments left out
    std::vector<std::pair<std::string, std::string>> attributes;
    std::vector<Element> children;

    std::string attribute(std::string_view name) const;
    /// The first child of that name, or null.
    const Element* child(std::string_view name) const;
    std::vector<const Element*> all(std::string_view name) const;
};

/// Nothing when it is not well formed, has a DTD, is nested deeper than 100 elements or longer than
/// so many bytes.
std::optional<Element> parse(std::string_view document, std::size_t longest = 1 << 20);

/// The document with its root signed: an enveloped RSA-SHA256 signature after the root's first
/// child, over the root by its attribute "ID", with the certificate. Throws std::runtime_error when
/// key or certificate do not load.
std::string signed_root(const std::string& document, const std::string& key_pem,
                        const std::string& certificate_pem);

/// The element of that name whose own signature one of the certificates' keys made; only what the
/// signature covers is returned, whatever else the document holds. Nothing when there is no such
/// element, when it is there more than once, when ids are not unique, or when the signature is of a
/// form that could cover something else (other references or transforms, SHA-1).
std::optional<Element> verified_element(std::string_view document, std::string_view space,
                                        std::string_view name,
                                        const std::vector<std::string>& certificates_pem);

} // namespace nephele::xml

// SPDX-License-Identifier: Apache-2.0
#include "platform/xml/xml.h"

#include "base/check.h"

#include <algorithm>
#include <cstring>
#include <libxml/parser.h>
#include <libxml/tree.h>
#include <memory>
#include <set>
#include <stdexcept>
#include <xmlsec/crypto.h>
#include <xmlsec/errors.h>
#include <xmlsec/templates.h>
#include <xmlsec/xmldsig.h>
#include <xmlsec/xmlsec.h>
#include <xmlsec/xmltree.h>

namespace nephele::xml {
namespace {

constexpr int deepest = 100;
constexpr std::size_t longest_signed = 1 << 20;
constexpr const char* signature_space = "http://www.w3.org/2000/09/xmldsig#";

struct FreeDocument {
    void operator()(xmlDoc* document) const { xmlFreeDoc(document); }
};
struct FreeSignature {
    void operator()(xmlSecDSigCtx* context) const { xmlSecDSigCtxDestroy(context); }
};
using Document = std::unique_ptr<xmlDoc, FreeDocument>;
using SignatureContext = std::unique_ptr<xmlSecDSigCtx, FreeSignature>;

void be_silent(void*, const char*, ...) {}
void be_silent_too(const char*, int, const char*, const char*, const char*, int, const char*) {}

// For the life of the process.
void start_libraries() {
    static const bool started = [] {
        xmlInitParser();
        NEPHELE_CHECK(xmlSecInit() == 0);
        NEPHELE_CHECK(xmlSecCryptoAppInit(nullptr) == 0);
        NEPHELE_CHECK(xmlSecCryptoInit() == 0);
        xmlSecErrorsSetCallback(be_silent_too);
        return true;
    }();
    (void)started;
    // Kept by libxml2 for each thread.
    xmlSetGenericErrorFunc(nullptr, be_silent);
}

const xmlChar* chars(const char* text) { return reinterpret_cast<const xmlChar*>(text); }
std::string text_of(const xmlChar* text) {
    return text ? std::string(reinterpret_cast<const char*>(text)) : std::string();
}
std::string owned_text(xmlChar* text) {
    std::string out = text_of(text);
    xmlFree(text);
    return out;
}

bool is_element(const xmlNode* node, std::string_view space, std::string_view name) {
    return node->type == XML_ELEMENT_NODE && text_of(node->name) == name && node->ns &&
           text_of(node->ns->href) == space;
}

Document read(std::string_view text, std::size_t longest = longest_signed) {
    start_libraries();
    if (text.size() > longest || text.size() > (1u << 30)) return nullptr;
    Document document(xmlReadMemory(text.data(), static_cast<int>(text.size()), "document.xml",
                                    nullptr, XML_PARSE_NONET | XML_PARSE_NOCDATA));
    if (!document || document->intSubset || document->extSubset) return nullptr;
    return document;
}

// False when it is nested too deep.
bool take(const xmlNode* node, Element& into, int depth) {
    if (depth > deepest) return false;
    into.name = text_of(node->name);
    if (node->ns) into.space = text_of(node->ns->href);
    into.text = owned_text(xmlNodeGetContent(node));
    for (const xmlAttr* one = node->properties; one; one = one->next)
        into.attributes.emplace_back(text_of(one->name),
                                     owned_text(xmlNodeListGetString(node->doc, one->children, 1)));
    for (const xmlNode* child = node->children; child; child = child->next) {
        if (child->type == XML_ENTITY_REF_NODE) return false;
        if (child->type != XML_ELEMENT_NODE) continue;
        if (!take(child, into.children.emplace_back(), depth + 1)) return false;
    }
    return true;
}

// Every element, depth first.
void collect(xmlNode* node, std::vector<xmlNode*>& all, int depth) {
    if (depth > deepest) return;
    all.push_back(node);
    for (xmlNode* child = node->children; child; child = child->next)
        if (child->type == XML_ELEMENT_NODE) collect(child, all, depth + 1);
}

std::string property(const xmlNode* node, const char* name) {
    return owned_text(xmlGetNoNsProp(node, chars(name)));
}

bool ids_are_unique(const std::vector<xmlNode*>& all) {
    std::set<std::string> seen;
    for (const xmlNode* node : all)
        for (const char* name : {"ID", "Id", "id"}) {
            const std::string id = property(node, name);
            if (!id.empty() && !seen.insert(id).second) return false;
        }
    return true;
}

std::vector<xmlNode*> children_named(xmlNode* parent, std::string_view space,
                                     std::string_view name) {
    std::vector<xmlNode*> found;
    for (xmlNode* child = parent->children; child; child = child->next)
        if (is_element(child, space, name)) found.push_back(child);
    return found;
}

// The signature is the element's own child and refers to that element alone.
xmlNode* own_signature(xmlNode* element, const std::string& id) {
    const auto signatures = children_named(element, signature_space, "Signature");
    if (signatures.size() != 1 || id.empty()) return nullptr;
    const auto infos = children_named(signatures[0], signature_space, "SignedInfo");
    if (infos.size() != 1) return nullptr;
    const auto references = children_named(infos[0], signature_space, "Reference");
    if (references.size() != 1 || property(references[0], "URI") != "#" + id) return nullptr;
    return signatures[0];
}

void allow_only_what_we_know(xmlSecDSigCtx* context) {
    for (xmlSecTransformId transform :
         {xmlSecTransformEnvelopedId, xmlSecTransformExclC14NId, xmlSecTransformSha256Id,
          xmlSecTransformSha384Id, xmlSecTransformSha512Id})
        xmlSecDSigCtxEnableReferenceTransform(context, transform);
    for (xmlSecTransformId transform :
         {xmlSecTransformExclC14NId, xmlSecTransformRsaSha256Id, xmlSecTransformRsaSha384Id,
          xmlSecTransformRsaSha512Id, xmlSecTransformEcdsaSha256Id, xmlSecTransformEcdsaSha384Id,
          xmlSecTransformEcdsaSha512Id})
        xmlSecDSigCtxEnableSignatureTransform(context, transform);
    context->enabledReferenceUris = xmlSecTransformUriTypeSameDocument;
}

xmlSecKey* key_of(const std::string& pem, xmlSecKeyDataFormat format) {
    return xmlSecCryptoAppKeyLoadMemory(chars(pem.data()), pem.size(), format, nullptr, nullptr,
                                        nullptr);
}

bool verifies(xmlNode* signature, const std::string& certificate_pem) {
    SignatureContext context(xmlSecDSigCtxCreate(nullptr));
    NEPHELE_CHECK(context != nullptr);
    // Set beforehand, so that keys within the document count for nothing.
    context->signKey = key_of(certificate_pem, xmlSecKeyDataFormatCertPem);
    if (!context->signKey) return false;
    allow_only_what_we_know(context.get());
    return xmlSecDSigCtxVerify(context.get(), signature) == 0 &&
           context->status == xmlSecDSigStatusSucceeded;
}

xmlNode* signature_template(xmlDoc* document, const std::string& id) {
    xmlNode* signature = xmlSecTmplSignatureCreate(document, xmlSecTransformExclC14NId,
                                                   xmlSecTransformRsaSha256Id, nullptr);
    NEPHELE_CHECK(signature != nullptr);
    xmlNode* reference = xmlSecTmplSignatureAddReference(
        signature, xmlSecTransformSha256Id, nullptr, chars(("#" + id).c_str()), nullptr);
    xmlSecTmplReferenceAddTransform(reference, xmlSecTransformEnvelopedId);
    xmlSecTmplReferenceAddTransform(reference, xmlSecTransformExclC14NId);
    xmlNode* info = xmlSecTmplSignatureEnsureKeyInfo(signature, nullptr);
    xmlSecTmplX509DataAddCertificate(xmlSecTmplKeyInfoAddX509Data(info));
    return signature;
}

} // namespace

std::string escaped(std::string_view text) {
    std::string out;
    for (const char c : text) {
        if (c == '&')
            out += "&amp;";
        else if (c == '<')
            out += "&lt;";
        else if (c == '>')
            out += "&gt;";
        else if (c == '"')
            out += "&quot;";
        else if (c == '\'')
            out += "&#39;";
        else if (static_cast<unsigned char>(c) >= 0x20 || c == '\n' || c == '\t')
            out += c;
    }
    return out;
}

std::string Element::attribute(std::string_view wanted) const {
    for (const auto& [key, value] : attributes)
        if (key == wanted) return value;
    return "";
}
const Element* Element::child(std::string_view wanted) const {
    for (const Element& one : children)
        if (one.name == wanted) return &one;
    return nullptr;
}
std::vector<const Element*> Element::all(std::string_view wanted) const {
    std::vector<const Element*> found;
    for (const Element& one : children)
        if (one.name == wanted) found.push_back(&one);
    return found;
}

std::optional<Element> parse(std::string_view text, std::size_t longest) {
    const Document document = read(text, longest);
    Element root;
    if (!document || !take(xmlDocGetRootElement(document.get()), root, 0)) return std::nullopt;
    return root;
}

std::string signed_root(const std::string& text, const std::string& key_pem,
                        const std::string& certificate_pem) {
    const Document document = read(text);
    NEPHELE_CHECK(document != nullptr);
    xmlNode* root = xmlDocGetRootElement(document.get());
    const std::string id = property(root, "ID");
    xmlAddID(nullptr, document.get(), chars(id.c_str()), xmlHasProp(root, chars("ID")));
    xmlNode* signature = signature_template(document.get(), id);
    xmlAddNextSibling(xmlFirstElementChild(root), signature);
    SignatureContext context(xmlSecDSigCtxCreate(nullptr));
    NEPHELE_CHECK(context != nullptr);
    context->signKey = key_of(key_pem, xmlSecKeyDataFormatPem);
    if (!context->signKey) throw std::runtime_error("the private key does not load");
    if (xmlSecCryptoAppKeyCertLoadMemory(context->signKey, chars(certificate_pem.data()),
                                         certificate_pem.size(), xmlSecKeyDataFormatPem) != 0)
        throw std::runtime_error("the certificate does not load");
    if (xmlSecDSigCtxSign(context.get(), signature) != 0)
        throw std::runtime_error("the signature cannot be made");
    xmlBuffer* buffer = xmlBufferCreate();
    xmlNodeDump(buffer, document.get(), root, 0, 0);
    std::string out = text_of(xmlBufferContent(buffer));
    xmlBufferFree(buffer);
    return out;
}

std::optional<Element> verified_element(std::string_view text, std::string_view space,
                                        std::string_view name,
                                        const std::vector<std::string>& certificates_pem) {
    const Document document = read(text);
    if (!document) return std::nullopt;
    std::vector<xmlNode*> all;
    collect(xmlDocGetRootElement(document.get()), all, 0);
    if (!ids_are_unique(all)) return std::nullopt;
    xmlNode* wanted = nullptr;
    for (xmlNode* node : all) {
        if (!is_element(node, space, name)) continue;
        if (wanted) return std::nullopt;
        wanted = node;
    }
    if (!wanted) return std::nullopt;
    const std::string id = property(wanted, "ID");
    xmlNode* signature = own_signature(wanted, id);
    if (!signature) return std::nullopt;
    // Another attribute has the id already (xml:id): the signature could mean that one.
    if (!xmlAddID(nullptr, document.get(), chars(id.c_str()), xmlHasProp(wanted, chars("ID"))))
        return std::nullopt;
    const bool good = std::any_of(certificates_pem.begin(), certificates_pem.end(),
                                  [&](const std::string& pem) { return verifies(signature, pem); });
    Element element;
    if (!good || !take(wanted, element, 0)) return std::nullopt;
    std::erase_if(element.children, [](const Element& one) { return one.name == "Signature"; });
    return element;
}

} // namespace nephele::xml

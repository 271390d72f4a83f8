// SPDX-License-Identifier: Apache-2.0
// Containers as web sites, for visitors without a login (or who ask so): index pages, listings for
// people, error pages of the owner's.
#include "platform/xml/xml.h"
#include "services/swift/api/core.h"
#include "services/swift/api/steps.h"

#include "base/strings.h"

namespace nephele::swift {
namespace {

struct Web {
    std::string index, error, listings, label, css, directory_type;
    bool any() const { return !index.empty() || !listings.empty(); }
};

Web web_of(const Request& request) {
    Web web;
    auto info = request.backend().container(request.account, request.container);
    if (!info) return web;
    auto text = [&](const char* name) {
        return std::string(
            trim(metadata_value(info->metadata, std::string("X-Container-Meta-Web-") + name)));
    };
    web = {text("Index"),          text("Error"),        text("Listings"),
           text("Listings-Label"), text("Listings-Css"), text("Directory-Type")};
    return web;
}

std::string path_of(const Request& request) {
    return request.head.target.substr(0, request.head.target.find('?'));
}

bool ends_with_slash(const Request& request) {
    auto path = path_of(request);
    return !path.empty() && path.back() == '/';
}

Answer redirect_with_slash(const Request& request) {
    Answer answer = page(301, "<html><h1>Moved Permanently</h1></html>");
    answer.headers.set("Location", path_of(request) + "/");
    return answer;
}

Answer tried_get(const Request& request, const std::string& object, const Next& next) {
    Request get = request.ask(request.method, request.container, object);
    get.headers = request.headers;
    return next.tried(get);
}

// The owner's page for this status, when there is one that this visitor may see.
Answer with_error_page(const Request& request, const Web& web, Answer answer, const Next& next) {
    if (web.error.empty() || answer.good()) return answer;
    Answer own = tried_get(request, std::to_string(answer.status) + web.error, next);
    if (!own.good()) return answer;
    own.status = answer.status;
    own.conditional = false;
    return own;
}

std::string human_size(std::uint64_t bytes) {
    static constexpr const char* units[] = {"", "Ki", "Mi", "Gi", "Ti", "Pi"};
    std::size_t unit = 0;
    auto value = static_cast<double>(bytes);
    while (value >= 1024 && unit + 1 < std::size(units)) value /= 1024, ++unit;
    return std::to_string(static_cast<std::uint64_t>(value + 0.5)) + units[unit];
}

std::string css_path(const Web& web, const std::string& prefix) {
    if (web.css[0] == '/' || web.css.rfind("http://", 0) == 0 || web.css.rfind("https://", 0) == 0)
        return xml::escaped(web.css);
    std::string out;
    for (char c : prefix)
        if (c == '/') out += "../";
    return out + logic::quote_path(web.css);
}

std::string page_head(const Web& web, const std::string& prefix, const std::string& title) {
    std::string style =
        web.css.empty() ? "  <style type=\"text/css\">\n   h1 {font-size: 1em;}\n"
                          "   td, th {padding: 0 1em; text-align: left;}\n  </style>\n"
                        : format("  <link rel=\"stylesheet\" type=\"text/css\" href=\"{}\" />\n",
                                 css_path(web, prefix));
    return format("<!DOCTYPE HTML PUBLIC \"-//W3C//DTD HTML 4.01 Transitional//EN\" "
                  "\"http://www.w3.org/TR/html4/loose.dtd\">\n<html>\n <head>\n"
                  "  <title>Listing of {}</title>\n{} </head>\n <body>\n",
                  title, style);
}

std::string listing_row(const std::string& kind, const std::string& name, const std::string& size,
                        const std::string& date) {
    // A name with a colon in its first segment would be read as a scheme.
    std::string link = logic::quote_path(name);
    return format(
        "   <tr class=\"item {}\">\n    <td class=\"colname\"><a href=\"{}\">{}</a></td>\n"
        "    <td class=\"colsize\">{}</td>\n    <td class=\"coldate\">{}</td>\n   </tr>\n",
        kind, link, xml::escaped(name), size, date);
}

std::string type_classes(const std::string& content_type) {
    std::string out;
    for (auto& part : split(content_type.substr(0, content_type.find(';')), '/'))
        out += (out.empty() ? "type-" : " type-") + xml::escaped(lower(part));
    return out;
}

Answer listing(Request& request, const Web& web, const std::string& prefix, const Next& next) {
    std::string title =
        xml::escaped(web.label.empty() ? percent_decode(request.head.path, false).value_or("")
                                       : web.label + "/" + prefix);
    if (!logic::is_true(web.listings)) {
        Answer none = page(404, page_head(web, prefix, title) +
                                    "  <h1>Web Listing Disabled</h1>\n"
                                    "  <p>The owner of this web site does not show what is in "
                                    "it.</p>\n </body>\n</html>\n");
        return with_error_page(request, web, std::move(none), next);
    }
    Request list = request.ask("GET", request.container, "");
    need_container(list);
    auto rows = request.backend().objects(
        request.account, request.container,
        {.prefix = prefix, .delimiter = "/", .limit = request.limits().container_listing_limit});
    if (!prefix.empty() && rows.empty()) return with_error_page(request, web, page(404), next);
    std::string body = page_head(web, prefix, title);
    body += format("  <h1 id=\"title\">Listing of {}</h1>\n  <table id=\"listing\">\n"
                   "   <tr id=\"heading\">\n    <th class=\"colname\">Name</th>\n"
                   "    <th class=\"colsize\">Size</th>\n    <th class=\"coldate\">Date</th>\n"
                   "   </tr>\n",
                   title);
    if (!prefix.empty()) body += listing_row("parent", "../", "&nbsp;", "&nbsp;");
    for (auto& row : rows)
        if (row.subdir)
            body += listing_row("subdir", row.name.substr(prefix.size()), "&nbsp;", "&nbsp;");
    for (auto& row : rows)
        if (!row.subdir && row.name.find('\0') == std::string::npos)
            body += listing_row(type_classes(row.content_type), row.name.substr(prefix.size()),
                                human_size(row.bytes),
                                replace_all(row.timestamp.iso().substr(0, 19), "T", " "));
    return page(200, body + "  </table>\n </body>\n</html>\n");
}

Answer of_container(Request& request, const Web& web, const Next& next) {
    Request look = request.ask("GET", request.container, "");
    try {
        need_container(look);
    } catch (const Refused& refused) {
        if (refused.status == 404) throw;
        // Who may not list may still see the index.
        if (web.index.empty()) return with_error_page(request, web, refusal(refused), next);
    }
    if (!ends_with_slash(request)) return redirect_with_slash(request);
    if (web.index.empty()) return listing(request, web, "", next);
    Answer index = tried_get(request, web.index, next);
    if (index.status == 404) return listing(request, web, "", next);
    if (!index.good()) return with_error_page(request, web, std::move(index), next);
    return index;
}

Answer of_object(Request& request, const Web& web, const Next& next) {
    Answer found = next.tried(request);
    if (found.good()) {
        std::string type =
            web.directory_type.empty() ? "application/directory" : web.directory_type;
        auto size = found.content ? found.content->size()
                                  : static_cast<std::uint64_t>(
                                        to_int(found.headers.get("Content-Length")).value_or(0));
        if (found.headers.get("Content-Type") != type || size > 1) return found;
    } else if (found.status != 404) {
        return with_error_page(request, web, std::move(found), next);
    }
    if (!web.any()) return found.good() ? page(404) : std::move(found);
    bool slash = ends_with_slash(request);
    if (!web.index.empty()) {
        Answer index = tried_get(request, request.object + (slash ? "" : "/") + web.index, next);
        if (index.good()) return slash ? std::move(index) : redirect_with_slash(request);
    }
    if (slash) return listing(request, web, request.object, next);
    ListQuery below{.prefix = request.object + "/", .limit = 1};
    if (request.backend().objects(request.account, request.container, below).empty())
        return with_error_page(request, web, page(404), next);
    return redirect_with_slash(request);
}

} // namespace

Answer static_web(Request& request, const Next& next) {
    bool visitor = request.caller.kind == Caller::Kind::anonymous ||
                   logic::is_true(request.header("X-Web-Mode"));
    if (!request.reads() || !visitor || request.of_account()) return next(request);
    Web web = web_of(request);
    if (!web.any() && web.error.empty()) return next(request);
    if (request.of_object()) return of_object(request, web, next);
    return web.any() ? of_container(request, web, next) : next(request);
}

} // namespace nephele::swift

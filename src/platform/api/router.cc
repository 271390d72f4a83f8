// SPDX-License-Identifier: Apache-2.0
#include "platform/api/router.h"

#include "base/strings.h"

namespace nephele::api {
namespace {
std::vector<std::string> segments_of(std::string_view path) {
    if (!path.empty() && path.front() == '/') path.remove_prefix(1);
    if (!path.empty() && path.back() == '/') path.remove_suffix(1);
    if (path.empty()) return {};
    return split(path, '/');
}
bool is_parameter(std::string_view segment) {
    return segment.size() > 2 && segment.front() == '{' && segment.back() == '}';
}
bool is_rest(std::string_view segment) {
    return is_parameter(segment) && segment.size() > 5 &&
           segment.substr(segment.size() - 4) == "...}";
}
} // namespace

Router::Router(const Service& service) {
    for (auto& resource : service.resources)
        for (auto& route : resource.routes) add(route);
}

void Router::add(const Route& route) {
    Node* node = &root_;
    for (auto& segment : segments_of(route.path)) {
        std::unique_ptr<Node>* next = is_rest(segment)        ? &node->rest
                                      : is_parameter(segment) ? &node->parameter
                                                              : &node->literals[segment];
        if (!*next) *next = std::make_unique<Node>();
        node = next->get();
    }
    node->methods[route.method].push_back(&route);
}

const Router::Node* Router::walk(const Node& node, const std::vector<std::string>& segments,
                                 std::size_t at, std::vector<std::string>& values) const {
    if (at == segments.size()) return node.methods.empty() ? nullptr : &node;
    if (auto found = node.literals.find(segments[at]); found != node.literals.end())
        if (auto* end = walk(*found->second, segments, at + 1, values)) return end;
    auto kept = values.size();
    if (node.parameter && !segments[at].empty()) {
        values.push_back(segments[at]);
        if (auto* end = walk(*node.parameter, segments, at + 1, values)) return end;
        values.resize(kept);
    }
    if (node.rest) {
        std::string all = segments[at];
        for (std::size_t i = at + 1; i < segments.size(); ++i) all += "/" + segments[i];
        values.push_back(all);
        return node.rest.get();
    }
    return nullptr;
}

Router::Match Router::match(const std::string& method, std::string_view path) const {
    std::vector<std::string> segments;
    for (auto& raw : segments_of(path)) {
        auto decoded = percent_decode(raw, false);
        if (!decoded || !is_utf8(*decoded) || decoded->find('\0') != std::string::npos)
            throw bad_request("InvalidInput",
                              "The path holds a broken percent-escape or bad UTF-8.");
        segments.push_back(std::move(*decoded));
    }
    Match match;
    const Node* node = walk(root_, segments, 0, match.values);
    if (!node) return match;
    match.path_known = true;
    auto found = node->methods.find(method);
    if (found == node->methods.end() && method == "HEAD") found = node->methods.find("GET");
    if (found != node->methods.end())
        match.routes = found->second;
    else
        for (auto& [name, routes] : node->methods) match.allow.push_back(name);
    return match;
}

std::vector<std::pair<std::string, std::string>>
Router::name_values(const Route& route, const std::vector<std::string>& values) {
    std::vector<std::pair<std::string, std::string>> out;
    for (auto& segment : segments_of(route.path)) {
        if (!is_parameter(segment) || out.size() >= values.size()) continue;
        auto name = segment.substr(1, segment.size() - (is_rest(segment) ? 5 : 2));
        out.emplace_back(name, values[out.size()]);
    }
    return out;
}

} // namespace nephele::api

// SPDX-License-Identifier: Apache-2.0
// Finds the route of a method and path. Literal segments win over parameters.
#pragma once
#include "platform/api/service.h"

#include <map>
#include <memory>
#include <string>
#include <vector>

namespace nephele::api {

class Router {
  public:
    explicit Router(const Service& service);

    struct Match {
        /// Routes with this path and method (several for actions and versions).
        std::vector<const Route*> routes;
        std::vector<std::string> values; ///< of the parameters, in path order
        std::vector<std::string> allow;  ///< methods of the path when `routes` is empty
        bool path_known = false;
    };
    Match match(const std::string& method, std::string_view path) const;
    /// Pairs a route's parameter names with matched values.
    static std::vector<std::pair<std::string, std::string>>
    name_values(const Route& route, const std::vector<std::string>& values);

  private:
    struct Node {
        std::map<std::string, std::unique_ptr<Node>, std::less<>> literals;
        std::unique_ptr<Node> parameter;
        std::unique_ptr<Node> rest; ///< "{name...}": the rest of the path, slashes included
        std::map<std::string, std::vector<const Route*>> methods;
    };
    void add(const Route& route);
    const Node* walk(const Node& node, const std::vector<std::string>& segments, std::size_t at,
                     std::vector<std::string>& values) const;
    Node root_;
};

} // namespace nephele::api

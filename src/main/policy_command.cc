// SPDX-License-Identifier: Apache-2.0
// `nephele policy ...`: asks a running cloud, as the user of OS_AUTH_URL, OS_USERNAME and so on.
#include "base/strings.h"
#include "main/api_client.h"
#include "main/commands.h"
#include "platform/fault/fault.h"

#include <cstdio>

namespace nephele::main {
namespace {

// A tree with a mark for every part: + held, - did not.
void print_tree(const Json& part, int depth) {
    std::printf("%*s%s %s%s%s\n", depth * 2, "", part.boolean("allowed") ? "+" : "-",
                part.text("check").c_str(), part.has("detail") ? "  -- " : "",
                part.text("detail").c_str());
    if (const Json* parts = part.find("parts"))
        for (const Json& one : parts->as_array()) print_tree(one, depth + 1);
}

void print_explanation(const Json& answer) {
    std::printf("%s: %s\n", answer.text("rule").c_str(),
                answer.boolean("allowed") ? "allowed" : "denied");
    for (const Json& one : answer.at("because").as_array())
        std::printf("  because %s\n", one.as_string().c_str());
    print_tree(answer.at("explanation"), 0);
}

void print_users(const Json& answer) {
    for (const Json& user : answer.at("users").as_array()) {
        std::vector<std::string> roles;
        for (const Json& role : user.at("roles").as_array()) roles.push_back(role.as_string());
        std::printf("%s %s (%s)\n", user.text("user_id").c_str(), user.text("user_name").c_str(),
                    join(roles, ", ").c_str());
    }
}

void print_rules(const Json& answer) {
    for (const char* kind : {"allowed", "denied"})
        for (const Json& rule : answer.at(kind).as_array())
            std::printf("%-8s %s\n", kind, rule.as_string().c_str());
}

} // namespace

int policy(const Arguments& arguments) {
    const std::string verb = arguments.words.empty() ? "" : arguments.words[0];
    if (verb != "explain" && verb != "who" && verb != "may")
        throw bad_request("BadArgument",
                          "policy explain|who|may service=S [rule=R] [user_id=U] [project_id=P | "
                          "domain_id=D | system=all] [roles=a,b] [target.KEY=V]...");
    std::string path = "/policy/" + verb;
    for (std::size_t i = 1; i < arguments.words.size(); ++i) {
        const auto equals = arguments.words[i].find('=');
        if (equals == std::string::npos)
            throw bad_request("BadArgument", format("'{}' is not KEY=VALUE", arguments.words[i]));
        path += (i == 1 ? "?" : "&") + percent_encode(arguments.words[i].substr(0, equals)) + "=" +
                percent_encode(arguments.words[i].substr(equals + 1));
    }
    ApiClient client(login_of_environment());
    const Json answer = client.call("cloud", "GET", path);
    if (arguments.json)
        std::printf("%s\n", answer.pretty().c_str());
    else if (verb == "explain")
        print_explanation(answer);
    else if (verb == "who")
        print_users(answer);
    else
        print_rules(answer);
    return verb == "explain" && !answer.boolean("allowed") ? 1 : 0;
}

} // namespace nephele::main

// SPDX-License-Identifier: Apache-2.0
// The mapping language: what is well formed, and what a mapping makes of an assertion.
#include "base/strings.h"
#include "platform/fault/fault.h"
#include "services/keystone/logic/mapping_rules.h"
#include "services/keystone/logic/mapping_schema.h"

#include <doctest/doctest.h>

using namespace nephele;
using namespace nephele::keystone::logic;

namespace {

Json mapping_of(const std::string& rules, const std::string& version = "") {
    Json mapping = Json::object({{"rules", Json::parse(rules)}});
    if (!version.empty()) mapping["schema_version"] = version;
    return mapping;
}

// "name=a;b|other=c"
Attributes attributes_of(const std::string& text) {
    Attributes attributes;
    for (const auto& part : split(text, '|')) {
        const auto equals = part.find('=');
        if (equals != part.npos)
            attributes[part.substr(0, equals)] = split_values(part.substr(equals + 1));
    }
    return attributes;
}

std::string shown(const MappedDomain& domain) {
    return domain.given() ? "@" + (domain.id.empty() ? domain.name : "#" + domain.id) : "";
}

// One line that says all of an identity.
std::string shown(const MappedIdentity& identity) {
    std::vector<std::string> parts{identity.local ? "local" : "ephemeral"};
    if (!identity.user_id.empty()) parts.push_back("id:" + identity.user_id);
    if (!identity.user_name.empty())
        parts.push_back("name:" + identity.user_name + shown(identity.user_domain));
    if (!identity.email.empty()) parts.push_back("mail:" + identity.email);
    for (const auto& id : identity.group_ids) parts.push_back("group#" + id);
    for (const auto& group : identity.groups)
        parts.push_back("group:" + group.name + shown(group.domain));
    for (const auto& project : identity.projects) {
        std::vector<std::string> roles;
        for (const auto& role : project.roles) roles.push_back(role.name + shown(role.domain));
        parts.push_back("project:" + project.name + shown(project.domain) + "(" + join(roles, ",") +
                        ")");
    }
    return join(parts, " ");
}

std::string outcome(const Json& mapping, const std::string& attributes) {
    try {
        return shown(apply_mapping(mapping, "m", attributes_of(attributes)));
    } catch (const Failure& failure) {
        return format("{} {}", failure.status(), failure.code());
    }
}

struct Applied {
    const char* what;
    const char* rules;
    const char* attributes;
    const char* expected;
    const char* version = "";
};

const Applied applied[] = {
    {"name from a value", R"([{"local":[{"user":{"name":"{0}"}}],"remote":[{"type":"UID"}]}])",
     "UID=ann", "ephemeral name:ann"},
    {"several placeholders in one text",
     R"([{"local":[{"user":{"name":"{0} {1}","email":"{2}","id":"x-{0}"}}],
         "remote":[{"type":"First"},{"type":"Last"},{"type":"Mail"}]}])",
     "First=Ann|Last=Lee|Mail=ann@example.org",
     "ephemeral id:x-Ann name:Ann Lee mail:ann@example.org"},
    {"placeholders without numbers count up",
     R"([{"local":[{"user":{"name":"{}-{}"}}],"remote":[{"type":"A"},{"type":"B"}]}])", "A=1|B=2",
     "ephemeral name:1-2"},
    {"doubled braces are braces",
     R"([{"local":[{"user":{"name":"{{{0}}}"}}],"remote":[{"type":"A"}]}])", "A=1",
     "ephemeral name:{1}"},
    {"conditions give no placeholder",
     R"([{"local":[{"user":{"name":"{0}"}}],
         "remote":[{"type":"Kind","any_one_of":["staff"]},{"type":"UID"}]}])",
     "Kind=staff|UID=ann", "ephemeral name:ann"},
    {"any_one_of: none", R"([{"local":[{"user":{"name":"{0}"}}],
         "remote":[{"type":"UID"},{"type":"Kind","any_one_of":["staff","boss"]}]}])",
     "Kind=guest|UID=ann", "400 ValidationError"},
    {"any_one_of: one of several values", R"([{"local":[{"user":{"name":"{0}"}}],
         "remote":[{"type":"UID"},{"type":"Kind","any_one_of":["staff","boss"]}]}])",
     "Kind=guest;boss|UID=ann", "ephemeral name:ann"},
    {"any_one_of is whole values", R"([{"local":[{"user":{"name":"{0}"}}],
         "remote":[{"type":"UID"},{"type":"Kind","any_one_of":["sta"]}]}])",
     "Kind=staff|UID=ann", "400 ValidationError"},
    {"any_one_of by pattern, anywhere", R"([{"local":[{"user":{"name":"{0}"}}],
         "remote":[{"type":"UID"},{"type":"Mail","any_one_of":["@example\\.org$"],"regex":true}]}])",
     "Mail=x@example.org|UID=ann", "ephemeral name:ann"},
    {"any_one_of by pattern: none", R"([{"local":[{"user":{"name":"{0}"}}],
         "remote":[{"type":"UID"},{"type":"Mail","any_one_of":["@example\\.org$"],"regex":true}]}])",
     "Mail=x@example.org.evil|UID=ann", "400 ValidationError"},
    {"not_any_of", R"([{"local":[{"user":{"name":"{0}"}}],
         "remote":[{"type":"UID"},{"type":"Kind","not_any_of":["guest"]}]}])",
     "Kind=staff|UID=ann", "ephemeral name:ann"},
    {"not_any_of: one is enough to refuse", R"([{"local":[{"user":{"name":"{0}"}}],
         "remote":[{"type":"UID"},{"type":"Kind","not_any_of":["guest"]}]}])",
     "Kind=staff;guest|UID=ann", "400 ValidationError"},
    {"not_any_of needs the attribute", R"([{"local":[{"user":{"name":"{0}"}}],
         "remote":[{"type":"UID"},{"type":"Kind","not_any_of":["guest"]}]}])",
     "UID=ann", "400 ValidationError"},
    {"not_any_of by pattern", R"([{"local":[{"user":{"name":"{0}"}}],
         "remote":[{"type":"UID"},{"type":"Kind","not_any_of":["^gu"],"regex":true}]}])",
     "Kind=guest|UID=ann", "400 ValidationError"},
    {"an attribute that is missing", R"([{"local":[{"user":{"name":"{0}"}}],
         "remote":[{"type":"UID"},{"type":"Other"}]}])",
     "UID=ann", "400 ValidationError"},
    {"whitelist filters", R"([{"local":[{"user":{"name":"{0}"}},
         {"groups":"{1}","domain":{"name":"D"}}],
         "remote":[{"type":"UID"},{"type":"Groups","whitelist":["a","c"]}]}])",
     "UID=ann|Groups=a;b;c", "ephemeral name:ann group:a@D group:c@D"},
    {"whitelist that leaves one", R"([{"local":[{"user":{"name":"{0}"}},
         {"groups":"{1}","domain":{"id":"d"}}],
         "remote":[{"type":"UID"},{"type":"Groups","whitelist":["c"]}]}])",
     "UID=ann|Groups=a;b;c", "ephemeral name:ann group:c@#d"},
    {"whitelist that leaves none", R"([{"local":[{"user":{"name":"{0}"}},
         {"groups":"{1}","domain":{"id":"d"}}],
         "remote":[{"type":"UID"},{"type":"Groups","whitelist":["z"]}]}])",
     "UID=ann|Groups=a;b", "ephemeral name:ann"},
    {"an empty whitelist lets nothing through", R"([{"local":[{"user":{"name":"{0}"}},
         {"groups":"{1}","domain":{"id":"d"}}],
         "remote":[{"type":"UID"},{"type":"Groups","whitelist":[]}]}])",
     "UID=ann|Groups=a;b", "ephemeral name:ann"},
    {"whitelist by pattern", R"([{"local":[{"user":{"name":"{0}"}},
         {"groups":"{1}","domain":{"id":"d"}}],
         "remote":[{"type":"UID"},{"type":"Groups","whitelist":["^os-"],"regex":true}]}])",
     "UID=ann|Groups=os-a;b;os-c", "ephemeral name:ann group:os-a@#d group:os-c@#d"},
    {"blacklist filters", R"([{"local":[{"user":{"name":"{0}"}},
         {"groups":"{1}","domain":{"id":"d"}}],
         "remote":[{"type":"UID"},{"type":"Groups","blacklist":["b"]}]}])",
     "UID=ann|Groups=a;b;c", "ephemeral name:ann group:a@#d group:c@#d"},
    {"blacklist by pattern", R"([{"local":[{"user":{"name":"{0}"}},
         {"groups":"{1}","domain":{"id":"d"}}],
         "remote":[{"type":"UID"},{"type":"Groups","blacklist":["^[ab]"],"regex":true}]}])",
     "UID=ann|Groups=apple;berry;cat", "ephemeral name:ann group:cat@#d"},
    {"an empty blacklist lets all through", R"([{"local":[{"user":{"name":"{0}"}},
         {"groups":"{1}","domain":{"id":"d"}}],
         "remote":[{"type":"UID"},{"type":"Groups","blacklist":[]}]}])",
     "UID=ann|Groups=a;b", "ephemeral name:ann group:a@#d group:b@#d"},
    {"group by id, twice", R"([{"local":[{"user":{"name":"{0}"}},{"group":{"id":"g1"}},
         {"group":{"id":"g1"}},{"group":{"id":"g-{0}"}}],"remote":[{"type":"UID"}]}])",
     "UID=ann", "ephemeral name:ann group#g1 group#g-ann"},
    {"group by name", R"([{"local":[{"user":{"name":"{0}"}},
         {"group":{"name":"{0}s","domain":{"name":"D"}}}],"remote":[{"type":"UID"}]}])",
     "UID=ann", "ephemeral name:ann group:anns@D"},
    {"group_ids from values", R"([{"local":[{"user":{"name":"{0}"},"group_ids":"{1}"}],
         "remote":[{"type":"UID"},{"type":"G"}]}])",
     "UID=ann|G=g1;g2", "ephemeral name:ann group#g1 group#g2"},
    {"group_ids written out", R"([{"local":[{"user":{"name":"{0}"},"group_ids":"['g1', \"g2\"]"}],
         "remote":[{"type":"UID"}]}])",
     "UID=ann", "ephemeral name:ann group#g1 group#g2"},
    {"one group_id", R"([{"local":[{"user":{"name":"{0}"},"group_ids":"g1"}],
         "remote":[{"type":"UID"}]}])",
     "UID=ann", "ephemeral name:ann group#g1"},
    // Upstream would read the list out of a value that came from outside.
    {"a value that looks like a list is a value",
     R"([{"local":[{"user":{"name":"{0}"}},{"groups":"{1}","domain":{"id":"d"}}],
         "remote":[{"type":"UID"},{"type":"G"}]}])",
     "UID=ann|G=['admins', 'x']", "ephemeral name:ann group:['admins', 'x']@#d"},
    {"several values in other text", R"([{"local":[{"user":{"name":"{0}"}}],
         "remote":[{"type":"UID"}]}])",
     "UID=a;b'c", "ephemeral name:['a', 'b\\'c']"},
    {"the first user counts", R"([{"local":[{"user":{"name":"{0}"}}],"remote":[{"type":"UID"}]},
         {"local":[{"user":{"name":"other"}},{"group":{"id":"g"}}],"remote":[{"type":"UID"}]}])",
     "UID=ann", "ephemeral name:ann group#g"},
    {"rules that do not apply are passed over",
     R"([{"local":[{"user":{"name":"no"}}],"remote":[{"type":"X"}]},
         {"local":[{"user":{"name":"{0}"}}],"remote":[{"type":"UID"}]}])",
     "UID=ann", "ephemeral name:ann"},
    {"an empty attribute does not hold a value",
     R"([{"local":[{"user":{"name":"n{0}"}}],"remote":[{"type":"UID"}]}])",
     "UID=", "ephemeral name:n"},
    {"a local user", R"([{"local":[{"user":{"name":"{0}","type":"local","domain":{"name":"D"}}}],
         "remote":[{"type":"UID"}]}])",
     "UID=ann", "local name:ann@D"},
    {"type ephemeral said", R"([{"local":[{"user":{"name":"{0}","type":"ephemeral"}}],
         "remote":[{"type":"UID"}]}])",
     "UID=ann", "ephemeral name:ann"},
    {"projects with roles", R"([{"local":[{"user":{"name":"{0}"}},{"projects":[
         {"name":"of {0}","roles":[{"name":"member"},{"name":"{1}"}]},
         {"name":"shared","roles":[]}]}],"remote":[{"type":"UID"},{"type":"Role"}]}])",
     "UID=ann|Role=reader", "ephemeral name:ann project:of ann(member,reader) project:shared()"},
    {"a number too high", R"([{"local":[{"user":{"name":"{1}"}}],"remote":[{"type":"UID"}]}])",
     "UID=ann", "500 DirectMappingError"},
    {"a placeholder that is no number",
     R"([{"local":[{"user":{"name":"{0.__class__}"}}],"remote":[{"type":"UID"}]}])", "UID=ann",
     "500 DirectMappingError"},
    {"a brace that does not close",
     R"([{"local":[{"user":{"name":"{0"}}],"remote":[{"type":"UID"}]}])", "UID=ann",
     "500 DirectMappingError"},
    {"a pattern that would explode is matched in linear time",
     R"([{"local":[{"user":{"name":"{0}"}}],
         "remote":[{"type":"UID"},{"type":"K","any_one_of":["(a+)+$"],"regex":true}]}])",
     "UID=ann|K=aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaab", "400 ValidationError"},
    {"1.0 does not know the domain beside a user",
     R"([{"local":[{"user":{"name":"{0}"},"domain":{"name":"D"}}],"remote":[{"type":"UID"}]}])",
     "UID=ann", "ephemeral name:ann"},
    {"2.0: the domain beside is the user's and the projects'",
     R"([{"local":[{"user":{"name":"{0}"},"domain":{"name":"D"},
         "projects":[{"name":"p","roles":[{"name":"r"}]},
                     {"name":"q","domain":{"id":"e"},"roles":[{"name":"r","domain":{"name":"R"}}]}]
         }],"remote":[{"type":"UID"}]}])",
     "UID=ann", "ephemeral name:ann@D project:p@D(r) project:q@#e(r@R)", "2.0"},
    {"2.0: the user's own domain wins",
     R"([{"local":[{"user":{"name":"{0}","domain":{"id":"{1}"}},"domain":{"name":"D"}}],
         "remote":[{"type":"UID"},{"type":"Domain"}]}])",
     "UID=ann|Domain=x", "ephemeral name:ann@#x", "2.0"},
};

struct Refused {
    const char* what;
    const char* rules;
    const char* message; ///< part of it
    const char* version = "";
};

const Refused refused[] = {
    {"no list", "{}", "'rules': expected an array"},
    {"no rules", "[]", "'rules': [] is too short"},
    {"a rule that is none", "[1]", "'rules/0': expected an object"},
    {"no local", R"([{"remote":[{"type":"a"}]}])", "'local' is a required property"},
    {"no remote", R"([{"local":[]}])", "'remote' is a required property"},
    {"remote is empty", R"([{"local":[],"remote":[]}])", "'rules/0/remote': [] is too short"},
    {"something else in a rule", R"([{"local":[],"remote":[{"type":"a"}],"x":1}])",
     "('x' was unexpected)"},
    {"local is no list", R"([{"local":{},"remote":[{"type":"a"}]}])",
     "'rules/0/local': expected an array"},
    {"something else in local", R"([{"local":[{"usr":{}}],"remote":[{"type":"a"}]}])",
     "('usr' was unexpected)"},
    {"something else in a user", R"([{"local":[{"user":{"nam":"x"}}],"remote":[{"type":"a"}]}])",
     "('nam' was unexpected)"},
    {"a name that is no text", R"([{"local":[{"user":{"name":1}}],"remote":[{"type":"a"}]}])",
     "'rules/0/local/0/user/name': expected a string"},
    {"a type of user", R"([{"local":[{"user":{"type":"ghost"}}],"remote":[{"type":"a"}]}])",
     "is not one of ['ephemeral', 'local']"},
    {"a group by nothing", R"([{"local":[{"group":{}}],"remote":[{"type":"a"}]}])",
     "'name' is a required property"},
    {"a group without domain", R"([{"local":[{"group":{"name":"g"}}],"remote":[{"type":"a"}]}])",
     "'domain' is a required property"},
    {"a group by both", R"([{"local":[{"group":{"id":"i","name":"g"}}],"remote":[{"type":"a"}]}])",
     "('name' was unexpected)"},
    {"groups without domain", R"([{"local":[{"groups":"g"}],"remote":[{"type":"a"}]}])",
     "both 'groups' and 'domain' must be specified"},
    {"groups as a list",
     R"([{"local":[{"groups":["g"],"domain":{"id":"d"}}],"remote":[{"type":"a"}]}])",
     "'rules/0/local/0/groups': expected a string"},
    {"a domain by something else",
     R"([{"local":[{"domain":{"uuid":"d"}}],"remote":[{"type":"a"}]}])", "('uuid' was unexpected)"},
    {"a project without roles",
     R"([{"local":[{"projects":[{"name":"p"}]}],"remote":[{"type":"a"}]}])",
     "'roles' is a required property"},
    {"a role without name",
     R"([{"local":[{"projects":[{"name":"p","roles":[{}]}]}],"remote":[{"type":"a"}]}])",
     "'name' is a required property"},
    {"1.0: a project's domain", R"([{"local":[{"projects":[{"name":"p","roles":[],
         "domain":{"id":"d"}}]}],"remote":[{"type":"a"}]}])",
     "('domain' was unexpected)", "1.0"},
    {"2.0: a role by id", R"([{"local":[{"projects":[{"name":"p","roles":[{"id":"r"}]}]}],
         "remote":[{"type":"a"}]}])",
     "('id' was unexpected)", "2.0"},
    {"remote without type", R"([{"local":[],"remote":[{}]}])", "'type' is a required property"},
    {"a type that is no text", R"([{"local":[],"remote":[{"type":1}]}])",
     "'rules/0/remote/0/type': expected a string"},
    {"two conditions", R"([{"local":[],"remote":[{"type":"a","any_one_of":["x"],
         "not_any_of":["y"]}]}])",
     "only one of any_one_of"},
    {"a condition and a filter", R"([{"local":[],"remote":[{"type":"a","whitelist":["x"],
         "blacklist":["y"]}]}])",
     "only one of any_one_of"},
    {"a condition that is no list", R"([{"local":[],"remote":[{"type":"a","any_one_of":"x"}]}])",
     "expected an array"},
    {"a value that is no text", R"([{"local":[],"remote":[{"type":"a","any_one_of":[{}]}]}])",
     "'rules/0/remote/0/any_one_of/0': expected a string"},
    {"regex that is no boolean",
     R"([{"local":[],"remote":[{"type":"a","any_one_of":["x"],"regex":"yes"}]}])",
     "expected a boolean"},
    {"regex alone", R"([{"local":[],"remote":[{"type":"a","regex":true}]}])", "'regex' needs"},
    {"a pattern that is none",
     R"([{"local":[],"remote":[{"type":"a","any_one_of":["("],"regex":true}]}])",
     "is no regular expression"},
    {"something else in remote", R"([{"local":[],"remote":[{"type":"a","all_of":[]}]}])",
     "('all_of' was unexpected)"},
    {"a version", R"([{"local":[],"remote":[{"type":"a"}]}])", "'schema_version'", "3.0"},
};

} // namespace

TEST_CASE("mapping: what a mapping makes of an assertion") {
    for (const auto& one : applied) {
        CAPTURE(one.what);
        const Json mapping = mapping_of(one.rules, one.version);
        CHECK(join(mapping_errors(mapping), " ") == "");
        CHECK(outcome(mapping, one.attributes) == one.expected);
    }
}

TEST_CASE("mapping: what is not well formed is said with its place") {
    for (const auto& one : refused) {
        CAPTURE(one.what);
        const std::string errors = join(mapping_errors(mapping_of(one.rules, one.version)), "\n");
        CAPTURE(errors);
        CHECK(errors.find(one.message) != errors.npos);
    }
    CHECK(mapping_errors(Json()).size() == 1);
    CHECK(mapping_errors(Json::object()).front() == "'rules' is a required property");
    // All at once.
    CHECK(mapping_errors(mapping_of(R"([{"local":[{"x":1},{"y":1}],"remote":[{"type":1}]}])"))
              .size() == 3);
}

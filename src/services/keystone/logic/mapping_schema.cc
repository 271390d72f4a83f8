// SPDX-License-Identifier: Apache-2.0
#include "services/keystone/logic/mapping_schema.h"

#include "base/strings.h"
#include "platform/pattern/pattern.h"

#include <algorithm>

namespace nephele::keystone::logic {
namespace {

constexpr std::size_t most_rules = 500, most_values = 1000;

class Reader {
  public:
    explicit Reader(bool honors_domains) : honors_domains_(honors_domains) {}
    std::vector<std::string> errors;

    void rules(const Json& value) {
        if (!is_list(value, "rules", most_rules)) return;
        for_each(value, "rules", [&](const Json& one, const std::string& at) { rule(one, at); });
    }

  private:
    struct Member {
        const char* name;
        void (Reader::*read)(const Json&, const std::string&);
        bool required = false;
    };

    void wrong(const std::string& at, const std::string& what) {
        errors.push_back(format("Invalid input for field '{}': {}", at, what));
    }
    bool is_list(const Json& value, const std::string& at, std::size_t most, bool filled = true) {
        if (!value.is_array())
            wrong(at, format("expected an array, not {}", value.kind_name()));
        else if (filled && value.size() == 0)
            wrong(at, "[] is too short");
        else if (value.size() > most)
            wrong(at, format("more than {} items", most));
        else
            return true;
        return false;
    }
    template <class F> void for_each(const Json& list, const std::string& at, F&& f) {
        for (std::size_t i = 0; i < list.size(); ++i) f(list.as_array()[i], format("{}/{}", at, i));
    }
    // Each member by its reader; others are not allowed, required ones must be there.
    bool object(const Json& value, const std::string& at, const std::vector<Member>& members) {
        if (!value.is_object()) {
            wrong(at, format("expected an object, not {}", value.kind_name()));
            return false;
        }
        for (const Member& member : members)
            if (member.required && !value.has(member.name))
                wrong(at, format("'{}' is a required property", member.name));
        for (const auto& [name, inner] : value.as_object()) {
            const auto known = std::find_if(members.begin(), members.end(),
                                            [&](const Member& m) { return name == m.name; });
            if (known == members.end())
                wrong(at, format("Additional properties are not allowed ('{}' was unexpected)",
                                 name.substr(0, 100)));
            else
                (this->*known->read)(inner, at + "/" + name);
        }
        return true;
    }

    void text(const Json& value, const std::string& at) {
        if (!value.is_string()) wrong(at, format("expected a string, not {}", value.kind_name()));
    }
    void boolean(const Json& value, const std::string& at) {
        if (!value.is_bool()) wrong(at, format("expected a boolean, not {}", value.kind_name()));
    }
    void user_type(const Json& value, const std::string& at) {
        if (!value.is_string() ||
            (value.as_string() != "ephemeral" && value.as_string() != "local"))
            wrong(at, "is not one of ['ephemeral', 'local']");
    }
    void domain(const Json& value, const std::string& at) {
        object(value, at, {{"id", &Reader::text}, {"name", &Reader::text}});
    }
    void user(const Json& value, const std::string& at) {
        object(value, at,
               {{"id", &Reader::text},
                {"name", &Reader::text},
                {"email", &Reader::text},
                {"domain", &Reader::domain},
                {"type", &Reader::user_type}});
    }
    // By id alone, or by name and domain.
    void group(const Json& value, const std::string& at) {
        if (value.is_object() && value.has("id"))
            object(value, at, {{"id", &Reader::text, true}});
        else
            object(value, at, {{"name", &Reader::text, true}, {"domain", &Reader::domain, true}});
    }
    void role(const Json& value, const std::string& at) {
        std::vector<Member> members{{"name", &Reader::text, true}};
        if (honors_domains_) members.push_back({"domain", &Reader::domain});
        object(value, at, members);
    }
    void roles(const Json& value, const std::string& at) {
        if (is_list(value, at, most_values, false))
            for_each(value, at, [&](const Json& one, const std::string& in) { role(one, in); });
    }
    void project(const Json& value, const std::string& at) {
        std::vector<Member> members{{"name", &Reader::text, true}, {"roles", &Reader::roles, true}};
        if (honors_domains_) members.push_back({"domain", &Reader::domain});
        object(value, at, members);
    }
    void projects(const Json& value, const std::string& at) {
        if (is_list(value, at, most_values, false))
            for_each(value, at, [&](const Json& one, const std::string& in) { project(one, in); });
    }
    void local(const Json& value, const std::string& at) {
        if (!is_list(value, at, most_values, false)) return;
        for_each(value, at, [&](const Json& one, const std::string& in) {
            object(one, in,
                   {{"user", &Reader::user},
                    {"projects", &Reader::projects},
                    {"group", &Reader::group},
                    {"groups", &Reader::text},
                    {"group_ids", &Reader::text},
                    {"domain", &Reader::domain}});
            if (one.is_object() && one.has("groups") && !one.has("domain"))
                wrong(in, "both 'groups' and 'domain' must be specified");
        });
    }
    void values(const Json& value, const std::string& at) {
        if (!is_list(value, at, most_values, false)) return;
        for_each(value, at, [&](const Json& one, const std::string& in) { text(one, in); });
    }
    void remote_one(const Json& value, const std::string& at) {
        const bool fits = object(value, at,
                                 {{"type", &Reader::text, true},
                                  {"any_one_of", &Reader::values},
                                  {"not_any_of", &Reader::values},
                                  {"blacklist", &Reader::values},
                                  {"whitelist", &Reader::values},
                                  {"regex", &Reader::boolean}});
        if (!fits) return;
        const Json* condition = nullptr;
        int conditions = 0;
        for (const char* name : {"any_one_of", "not_any_of", "blacklist", "whitelist"})
            if (const Json* found = value.find(name)) {
                condition = found;
                ++conditions;
            }
        if (conditions > 1)
            wrong(at, "only one of any_one_of, not_any_of, blacklist and whitelist can be given");
        if (conditions == 0 && value.has("regex"))
            wrong(at, "'regex' needs any_one_of, not_any_of, blacklist or whitelist");
        if (conditions == 1 && value.boolean("regex")) patterns(*condition, at);
    }
    void patterns(const Json& list, const std::string& at) {
        if (!list.is_array()) return;
        for (const Json& one : list.as_array()) {
            if (!one.is_string()) continue;
            std::string why;
            if (!Pattern::parse(one.as_string(), &why, Pattern::Syntax::perl))
                wrong(at, format("'{}' is no regular expression: {}",
                                 one.as_string().substr(0, 100), why));
        }
    }
    void remote(const Json& value, const std::string& at) {
        if (is_list(value, at, most_values))
            for_each(value, at,
                     [&](const Json& one, const std::string& in) { remote_one(one, in); });
    }
    void rule(const Json& value, const std::string& at) {
        object(value, at, {{"local", &Reader::local, true}, {"remote", &Reader::remote, true}});
    }

    bool honors_domains_;
};

} // namespace

std::vector<std::string> mapping_errors(const Json& mapping) {
    if (!mapping.is_object()) return {"Invalid input: a mapping is an object"};
    const Json& version = mapping.get("schema_version");
    if (!version.is_null() && version != Json("1.0") && version != Json("2.0"))
        return {"Invalid input for field 'schema_version': is not one of ['1.0', '2.0']"};
    if (!mapping.has("rules")) return {"'rules' is a required property"};
    Reader reader(mapping.text("schema_version") == "2.0");
    reader.rules(mapping.get("rules"));
    return std::move(reader.errors);
}

} // namespace nephele::keystone::logic

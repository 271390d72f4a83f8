// SPDX-License-Identifier: Apache-2.0
#include "platform/config/config.h"

#include "platform/config/toml.h"
#include "platform/fault/fault.h"

#include <cstdio>
#include <doctest/doctest.h>
#include <fstream>
#include <string>
#include <unistd.h>

using namespace nephele;

namespace {

Config example() {
    Config config;
    config.declare({{"http.port", 8774, "Port to listen on."},
                    {"http.address", "::", "Address to listen on."},
                    {"database.url", "sqlite:", "Where the tables are."}});
    config.declare({{"http.tls", false, "Speak TLS."},
                    {"http.names", Json::array({"localhost"}), "Names we\nanswer to."},
                    {"http-extra.x", 1, "Sorts between http.* and http."},
                    {"data_dir", "/var/lib/nephele", "Where files go."},
                    {"nova.ratio", 16.0, "CPU allocation ratio."}});
    return config;
}

/// What loading this text complains about.
std::string complaint(std::string_view toml) {
    Config config = example();
    try {
        config.load_text(toml, "n.toml");
    } catch (const Failure& failure) {
        CHECK(failure.code() == "BadConfig");
        CHECK(failure.kind() == Fault::bad_request);
        return failure.what();
    }
    return "accepted";
}

std::string set_complaint(std::string_view assignment) {
    Config config = example();
    try {
        config.set(assignment);
    } catch (const Failure& failure) {
        return failure.what();
    }
    return "accepted";
}

} // namespace

TEST_CASE("without a file every option has its default") {
    const Config config = example();
    CHECK(config.integer("http.port") == 8774);
    CHECK(config.text("http.address") == "::");
    CHECK_FALSE(config.boolean("http.tls"));
    CHECK(config.real("nova.ratio") == 16.0);
    CHECK(config.list("http.names") == std::vector<std::string>{"localhost"});
}

TEST_CASE("a file overrides what it names") {
    Config config = example();
    config.load_text("# all kinds\n"
                     "data_dir = '/srv/n\\x'   # literal\r\n"
                     "[http]\n"
                     "port=9_000\n"
                     "\taddress = \"a\\tb\\u20AC\\U0001F600\\\"\"\n"
                     "tls = true\n"
                     "names = [ \"a\", # first\n  'b',\n]\n"
                     "[ nova ]\n"
                     "ratio = 2",
                     "n.toml");
    CHECK(config.text("data_dir") == "/srv/n\\x");
    CHECK(config.integer("http.port") == 9000);
    CHECK(config.text("http.address") == "a\tb€😀\"");
    CHECK(config.boolean("http.tls"));
    CHECK(config.list("http.names") == std::vector<std::string>{"a", "b"});
    CHECK(config.real("nova.ratio") == 2.0);
    CHECK(config.text("database.url") == "sqlite:");
    config.load_text("http.port = -1\nnova.ratio = 1.5e-3\nhttp.names = []", "second.toml");
    CHECK(config.integer("http.port") == -1);
    CHECK(config.real("nova.ratio") == 1.5e-3);
    CHECK(config.list("http.names").empty());
}

TEST_CASE("an unknown option or a wrong type names file and line") {
    CHECK(complaint("[http]\n\nprot = 1") ==
          "n.toml:3: unknown option http.prot; did you mean http.port?");
    CHECK(complaint("zzzzzzzzz = 1") ==
          "n.toml:1: unknown option zzzzzzzzz; `nephele config` lists all options");
    CHECK(complaint("[http]\nport = \"80\"") ==
          "n.toml:2: http.port must be an integer, not \"80\"");
    CHECK(complaint("http.port = 1.0") == "n.toml:1: http.port must be an integer, not 1.0");
    CHECK(complaint("http.tls = 1") == "n.toml:1: http.tls must be a boolean, not 1");
    CHECK(complaint("http.names = [1]") ==
          "n.toml:1: http.names must be a list of strings, not [1]");
    CHECK(complaint("http.names = 'a'") ==
          "n.toml:1: http.names must be a list of strings, not \"a\"");
    CHECK(complaint("nova.ratio = true") == "n.toml:1: nova.ratio must be a real, not true");
}

TEST_CASE("malformed text names file and line") {
    CHECK(complaint("\nhttp.port = 1\n[http]\nport = 2") ==
          "n.toml:4: http.port is given twice, first in line 2");
    CHECK(complaint("[http]\n[http]\n") == "n.toml:2: section [http] appears twice");
    CHECK(complaint("a\n") == "n.toml:1: expected = after a");
    CHECK(complaint("http.address = local") == "n.toml:1: 'local' is no value; text needs quotes");
    CHECK(complaint("\nhttp.address = \"x\n") == "n.toml:2: string without closing quote");
    CHECK(complaint("http.names = ['a'\n'b']") == "n.toml:2: expected , or ] in an array");
    CHECK(complaint("http.names = ['a',\n") == "n.toml:2: array without closing bracket");
    CHECK(complaint("http.port = 1 2") == "n.toml:1: unexpected text after the value: 2");
    CHECK(complaint("# \xff") == "n.toml: not UTF-8");
    for (const char* line : {"[http",
                             "[]",
                             "= 1",
                             "http. = 1",
                             "http.port =",
                             "[[http]]",
                             "http.port = 012",
                             "http.port = 1_",
                             "http.port = _1",
                             "http.port = 1__0",
                             "http.port = +",
                             "http.port = 0x10",
                             "http.port = 99999999999999999999",
                             "nova.ratio = .5",
                             "nova.ratio = 5.",
                             "nova.ratio = 1.e3",
                             "nova.ratio = inf",
                             "nova.ratio = 1.2.3",
                             "http.address = \"\"\"x\"\"\"",
                             "http.address = \"\\q\"",
                             "http.address = \"\\ud800\"",
                             "http.address = \"\\u12\"",
                             "http.address = '''x'''",
                             "http.names = ['a' 'b']"})
        CHECK_MESSAGE(complaint(line).starts_with("n.toml:1: "), line);
}

TEST_CASE("--set takes TOML or bare text") {
    Config config = example();
    for (const char* assignment : {"http.port=80", "http.address = 0.0.0.0", "http.tls=true",
                                   "http.names=a,b", "nova.ratio=3", "data_dir=\"quoted = text\""})
        config.set(assignment);
    CHECK(config.integer("http.port") == 80);
    CHECK(config.text("http.address") == "0.0.0.0");
    CHECK(config.boolean("http.tls"));
    CHECK(config.list("http.names") == std::vector<std::string>{"a", "b"});
    CHECK(config.real("nova.ratio") == 3.0);
    CHECK(config.text("data_dir") == "quoted = text");
    config.set("http.names=['x,y']");
    CHECK(config.list("http.names") == std::vector<std::string>{"x,y"});
    CHECK(set_complaint("http.port") == "--set: expected section.key=value, not http.port");
    CHECK(set_complaint("http.port=many") == "--set: 'many' is no value; text needs quotes");
    CHECK(set_complaint("http.port=1 2") == "--set: unexpected text after the value: 2");
    CHECK(set_complaint("http.pott=1") ==
          "--set: unknown option http.pott; did you mean http.port?");
}

TEST_CASE("the description can be loaded and means the same") {
    Config config = example();
    config.load_text("[http]\nport = 1\naddress = \"a\\n\\u007f\\\"\\\\ # no comment\"\n"
                     "names = [\"x\", \"\"]\n[nova]\nratio = 1e300\n",
                     "n.toml");
    const std::string description = config.describe();
    Config copy = example();
    copy.load_text(description, "described.toml");
    CHECK(copy.describe() == description);
    CHECK(copy.text("http.address") == "a\n\x7f\"\\ # no comment");
    CHECK(copy.real("nova.ratio") == 1e300);
    CHECK(description.starts_with("# Where files go. (string, default \"/var/lib/nephele\")\n"
                                  "# data_dir = \"/var/lib/nephele\"\n\n[database]\n"));
    CHECK(
        description.find("[http]\n# Address to listen on. (string, default \"::\")\naddress = ") !=
        std::string::npos);
    CHECK(description.find("# Names we answer to. (list of strings, default [\"localhost\"])\n"
                           "names = [\"x\", \"\"]\n") != std::string::npos);
    CHECK(description.find("# tls = false\n") != std::string::npos);
}

TEST_CASE("files are read, and their absence is told") {
    char path[] = "/tmp/nephele-config-test-XXXXXX";
    ::close(::mkstemp(path));
    std::ofstream(path) << "[http]\nport = 5\n";
    Config config = example();
    config.load_file(path);
    CHECK(config.integer("http.port") == 5);
    std::remove(path);
    CHECK_THROWS_WITH_AS(config.load_file("/nonexistent/n.toml"),
                         "/nonexistent/n.toml: cannot be read: No such file or directory", Failure);
    CHECK_THROWS_WITH_AS(config.load_file("/tmp"), "/tmp: cannot be read: Is a directory", Failure);
}

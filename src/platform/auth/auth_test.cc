// SPDX-License-Identifier: Apache-2.0
#include "platform/auth/authenticator.h"
#include "platform/auth/principal.h"
#include "platform/auth/scope.h"

#include <doctest/doctest.h>

using namespace nephele;

TEST_CASE("a scope made by nobody sees nothing") {
    Scope scope;
    CHECK_FALSE(scope.sees_project(""));
    CHECK_FALSE(scope.sees_project("p"));
    CHECK_FALSE(scope.sees_user(""));
    CHECK(Scope::project("p").sees_project("p"));
    CHECK_FALSE(Scope::project("p").sees_project("q"));
    CHECK_FALSE(Scope::user("p").sees_project("p"));
    CHECK(Scope::all().sees_project("q"));
}

TEST_CASE("the own scope follows the token's scope") {
    Principal principal;
    principal.user_id = "u";
    CHECK(principal.is_unscoped());
    CHECK(principal.own_scope() == Scope::user("u"));
    principal.domain_id = "d";
    CHECK(principal.own_scope() == Scope::domain("d"));
    principal.project_id = "p";
    CHECK(principal.own_scope() == Scope::project("p"));
    CHECK(Principal::internal().own_scope().sees_all());
    CHECK(Principal::internal().has_role("admin"));
    CHECK_FALSE(principal.has_role("admin"));
}

TEST_CASE("access rules limit what may be called") {
    Principal principal;
    CHECK(principal.may_call("compute", "DELETE", "/v2.1/servers/x"));
    principal.access_rules = {{"compute", "GET", "/v2.1/servers"},
                              {"compute", "GET", "/v2.1/servers/{id}/*"},
                              {"image", "GET", "/v2/**/file"}};
    CHECK(principal.may_call("compute", "GET", "/v2.1/servers"));
    CHECK_FALSE(principal.may_call("compute", "POST", "/v2.1/servers"));
    CHECK_FALSE(principal.may_call("network", "GET", "/v2.1/servers"));
    CHECK_FALSE(principal.may_call("compute", "GET", "/v2.1/servers/"));
    CHECK(principal.may_call("compute", "GET", "/v2.1/servers/x/tags"));
    CHECK_FALSE(principal.may_call("compute", "GET", "/v2.1/servers/x/tags/y"));
    CHECK_FALSE(principal.may_call("compute", "GET", "/v2.1/servers//tags"));
    CHECK(principal.may_call("image", "GET", "/v2/images/a/file"));
    CHECK_FALSE(principal.may_call("image", "GET", "/v2/images/a"));
}

// SPDX-License-Identifier: Apache-2.0
#include "platform/http/http.h"
#include <doctest/doctest.h>
TEST_CASE("placeholder") { CHECK(nephele::http::reason_phrase(200) == std::string("OK")); }

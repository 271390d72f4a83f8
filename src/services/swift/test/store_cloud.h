// SPDX-License-Identifier: Apache-2.0
// A private cloud with nothing but the object store, in memory, and short ways to ask it.
#pragma once
#include "services/swift/service.h"
#include "tests/support/test_cloud.h"

namespace nephele::test {

struct StoreCloud : TestCloud {
    explicit StoreCloud(std::vector<std::string> settings = {}, const Clock* clock = nullptr)
        : TestCloud({swift::service()}, with_memory(std::move(settings)), false, {}, clock) {}

    using Fields = std::vector<std::pair<std::string, std::string>>;
    /// `path` from the account's project on: "p1/c/o" is /object-store/v1/AUTH_p1/c/o.
    Answer ask(const std::string& method, const std::string& path, const std::string& token,
               const std::string& body = "", const Fields& fields = {}) {
        return at(method, "/v1/AUTH_" + path, token, body, fields);
    }
    Answer at(const std::string& method, const std::string& path, const std::string& token,
              const std::string& body = "", const Fields& fields = {}) {
        http::Headers headers;
        for (auto& [name, value] : fields) headers.add(name, value);
        return raw(method, "/object-store" + path, token, body, headers);
    }
    std::string member = token("p1", {"member"}, "ann");

  private:
    static std::vector<std::string> with_memory(std::vector<std::string> settings) {
        settings.insert(settings.begin(), {"swift.backend=\"memory\"", "swift.auth=\"keystone\""});
        return settings;
    }
};

} // namespace nephele::test

// SPDX-License-Identifier: Apache-2.0
// An S3 client for tests: signs requests and hands them to the face itself, over objects in memory.
#pragma once
#include "services/swift/proxy/memory_backend.h"
#include "services/swift/s3/face.h"

namespace nephele::swift::s3::test {

struct Answer {
    int status = 0;
    http::Headers headers;
    std::string body;
    std::string code() const;                         ///< of an error
    std::string text(std::string_view element) const; ///< the first of that name
    std::vector<std::string> all(std::string_view element) const;
};

using Fields = std::vector<std::pair<std::string, std::string>>;

class Store {
  public:
    explicit Store(std::uint64_t min_part = 5);

    /// `target`: path and query as sent.
    Answer ask(const std::string& method, const std::string& target, const std::string& body = "",
               const Fields& headers = {}, const std::string& access = "test:tester");
    Answer get(const std::string& target, const Fields& headers = {}) {
        return ask("GET", target, "", headers);
    }
    Answer put(const std::string& target, const std::string& body = "",
               const Fields& headers = {}) {
        return ask("PUT", target, body, headers);
    }
    Answer post(const std::string& target, const std::string& body = "") {
        return ask("POST", target, body);
    }
    Answer del(const std::string& target, const Fields& headers = {}) {
        return ask("DELETE", target, "", headers);
    }
    /// As it is, unsigned.
    Answer send(http::RequestHead head, const std::string& body);
    /// The head of a signed request.
    http::RequestHead head(const std::string& method, const std::string& target,
                           const std::string& body, const Fields& headers,
                           const std::string& access = "test:tester");

    ManualClock clock{Time{1'700'000'000'000'000}};
    SeededIds ids{7};
    std::shared_ptr<Backend> backend;
    Settings settings;
    std::shared_ptr<Face> face;
};

} // namespace nephele::swift::s3::test

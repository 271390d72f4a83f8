// SPDX-License-Identifier: Apache-2.0
#include "platform/crypto/authority.h"

#include "base/process.h"
#include "platform/crypto/certificate.h"

#include <doctest/doctest.h>
#include <fstream>
#include <stdexcept>
#include <unistd.h>

namespace nephele::crypto {
namespace {
struct Folder {
    Folder() {
        char made[] = "/tmp/authority-XXXXXX";
        REQUIRE(::mkdtemp(made));
        path = made;
    }
    ~Folder() { (void)run_process({"rm", "-rf", path}); }
    std::string file(const std::string& name, const std::string& text) const {
        std::ofstream(path + "/" + name) << text;
        return path + "/" + name;
    }
    std::string path;
};
const Time now{1'790'000'000'000'000};
const CertificateOrder host{
    "node-7", {}, CertificateUse::client, now, now.plus_seconds(30 * 86'400)};
} // namespace

TEST_CASE("OpenSSL's own verifier accepts what the authority issues, for its purpose alone") {
    Folder folder;
    const auto authority = Authority::make("nephele-agents", now);
    const auto key = make_certificate_key();
    const auto ca = folder.file("ca.pem", authority.certificate_pem());
    const auto client = folder.file("client.pem", authority.issue(key.public_pem, host).pem);
    auto order = host;
    order.use = CertificateUse::server;
    order.answers_to = {"localhost", "10.0.0.1", "fd00::1"};
    const auto server = folder.file("server.pem", authority.issue(key.public_pem, order).pem);
    auto verifies = [&](const std::string& file, const char* purpose, const char* at,
                        std::vector<std::string> more = {}) {
        std::vector<std::string> command{"openssl",  "verify", "-x509_strict", "-attime", at,
                                         "-purpose", purpose,  "-CAfile",      ca};
        command.insert(command.end(), more.begin(), more.end());
        command.push_back(file);
        const auto result = run_process(command);
        INFO(result.describe());
        return result.ok();
    };
    CHECK(verifies(client, "sslclient", "1790000001"));
    CHECK_FALSE(verifies(client, "sslserver", "1790000001"));
    CHECK_FALSE(verifies(client, "sslclient", "1793000000")); // Over.
    CHECK(verifies(server, "sslserver", "1790000001", {"-verify_hostname", "localhost"}));
    CHECK(verifies(server, "sslserver", "1790000001", {"-verify_ip", "fd00::1"}));
    CHECK_FALSE(verifies(server, "sslserver", "1790000001", {"-verify_ip", "10.0.0.2"}));
    CHECK_FALSE(verifies(server, "sslclient", "1790000001"));
    const auto stranger = folder.file(
        "other.pem", Authority::make("nephele-agents", now).issue(key.public_pem, host).pem);
    CHECK_FALSE(verifies(stranger, "sslclient", "1790000001"));
}

TEST_CASE("an authority is the same after it was loaded") {
    const auto made = Authority::make("nephele-agents", now);
    const auto loaded = Authority::load(made.certificate_pem(), made.key_pem().reveal());
    CHECK(loaded.certificate_pem() == made.certificate_pem());
    const auto key = make_certificate_key();
    const auto first = loaded.issue(key.public_pem, host),
               second = made.issue(key.public_pem, host);
    CHECK(first.thumbprint.size() == 43);
    CHECK(first.thumbprint != second.thumbprint); // Serial numbers are random.
    const auto other = Authority::make("other", now);
    CHECK_THROWS_AS(Authority::load(made.certificate_pem(), other.key_pem().reveal()),
                    std::invalid_argument);
    CHECK_THROWS_AS(Authority::load("", ""), std::invalid_argument);
}

TEST_CASE("what cannot stand in a certificate is refused") {
    const auto authority = Authority::make("nephele-agents", now);
    const auto key = make_certificate_key();
    auto order = host;
    for (const char* name : {"", "a b", "a,DNS:b", "a\nb", "ä"}) {
        order.name = name;
        CHECK_THROWS_AS(authority.issue(key.public_pem, order), std::invalid_argument);
    }
    CHECK_THROWS_AS(authority.issue("", host), std::invalid_argument);
    CHECK_THROWS_AS(authority.issue(authority.certificate_pem(), host), std::invalid_argument);
}

} // namespace nephele::crypto

// SPDX-License-Identifier: Apache-2.0
// Signed images, with keys and signatures made by the openssl program.
#include "services/glance/logic/signature.h"
#include "services/glance/test/world.h"

#include "base/process.h"
#include "base/strings.h"
#include "platform/crypto/certificate.h"
#include "tests/support/temp_dir.h"

#include <doctest/doctest.h>
#include <fstream>
#include <iterator>

using namespace nephele;
using namespace nephele::glance;
using nephele::test::TempDir;

namespace {
constexpr const char* uuid = "6ba7b810-9dad-41d1-80b4-00c04fd430c8";
const std::string disk(300'000, 'd');

std::string content(const std::string& path) {
    std::ifstream in(path, std::ios::binary);
    return {std::istreambuf_iterator<char>(in), {}};
}
void run(const std::vector<std::string>& command) {
    auto result = run_process(command);
    INFO(result.describe());
    REQUIRE(result.ok());
}

/// A key with its self-signed certificate, and signatures over `disk`.
struct Signer {
    explicit Signer(std::vector<std::string> kind) {
        std::vector<std::string> command{"openssl", "req", "-x509", "-nodes",
                                         "-days",   "30",  "-subj", "/CN=signer",
                                         "-keyout", key,   "-out",  certificate};
        command.insert(command.end(), kind.begin(), kind.end());
        run(command);
        std::ofstream(data, std::ios::binary) << disk;
    }
    std::string sign(const std::string& digest, bool pss) const {
        std::vector<std::string> command{
            "openssl", "dgst", "-" + digest, "-sign", key, "-out", folder.file("signature")};
        if (pss) command.insert(command.end(), {"-sigopt", "rsa_padding_mode:pss"});
        command.push_back(data);
        run(command);
        return base64_encode(content(folder.file("signature")));
    }
    TempDir folder;
    std::string key = folder.file("key.pem"), certificate = folder.file("certificate.pem"),
                data = folder.file("data");
};
const std::vector<std::string> rsa{"-newkey", "rsa:2048"};
std::vector<std::string> ec(const char* curve) {
    return {"-newkey", "ec", "-pkeyopt", std::string("ec_paramgen_curve:") + curve};
}

Json properties(const std::string& signature, const char* method, const char* type,
                const char* certificate = uuid) {
    return Json::object({{"img_signature", signature},
                         {"img_signature_hash_method", method},
                         {"img_signature_key_type", type},
                         {"img_signature_certificate_uuid", certificate}});
}
std::string why(const std::function<void()>& work) {
    try {
        work();
    } catch (const Failure& failure) {
        return failure.what();
    }
    return "";
}
bool contains(const std::string& text, const char* words) {
    INFO(text);
    return text.find(words) != std::string::npos;
}

struct SigningWorld : World {
    explicit SigningWorld(const Signer& signer)
        : World({"glance.certificate_directory=\"" + signer.folder.path() + "\""}) {
        run({"cp", signer.certificate, signer.folder.file(std::string(uuid) + ".pem")});
    }
};
} // namespace

TEST_CASE("signed images: accepted when the data is what was signed, by every kind of key") {
    struct Kind {
        std::vector<std::string> key;
        const char *type, *digest, *method;
        bool pss;
    };
    const Kind kinds[] = {{rsa, "RSA-PSS", "sha224", "SHA-224", true},
                          {rsa, "RSA-PSS", "sha256", "SHA-256", true},
                          {rsa, "RSA-PSS", "sha512", "SHA-512", true},
                          {ec("secp384r1"), "ECC_SECP384R1", "sha384", "SHA-384", false},
                          {ec("secp521r1"), "ECC_SECP521R1", "sha256", "SHA-256", false},
                          {ec("sect571k1"), "ECC_SECT571K1", "sha512", "SHA-512", false}};
    for (auto& kind : kinds) {
        CAPTURE(kind.type);
        CAPTURE(kind.method);
        Signer signer(kind.key);
        SigningWorld w(signer);
        auto signed_by = properties(signer.sign(kind.digest, kind.pss), kind.method, kind.type);
        std::string good = w.image(w.one, signed_by);
        auto answer = w.upload(good, w.one, disk);
        INFO(answer.text);
        CHECK(answer.status == 204);
        CHECK(w.show(good).text("status") == "active");
        // One byte changed: refused, nothing kept, and the image can be tried again.
        std::string bad = w.image(w.one, signed_by), other = disk;
        other[200'000] ^= 1;
        answer = w.upload(bad, w.one, other);
        CHECK(answer.status == 400);
        CHECK(contains(answer.text, "not what was signed"));
        CHECK(w.show(bad).text("status") == "queued");
        CHECK(w.store().list().size() == 1);
        CHECK(w.upload(bad, w.one, disk).status == 204);
    }
}

TEST_CASE("signed images: what cannot be verified is refused before it is stored") {
    Signer signer(rsa);
    SigningWorld w(signer);
    std::string signature = signer.sign("sha256", true);
    auto refused = [&](Json wanted, const char* words) {
        std::string id = w.image(w.one, std::move(wanted));
        auto answer = w.upload(id, w.one, disk);
        CHECK(answer.status == 400);
        CHECK(contains(answer.text, words));
        CHECK(w.show(id).text("status") == "queued");
    };
    refused(Json::object({{"img_signature", signature}}), "lacks the properties");
    refused(properties("!", "SHA-256", "RSA-PSS"), "not base64");
    refused(properties(signature, "MD5", "RSA-PSS"), "hash_method");
    refused(properties(signature, "SHA-256", "DSA"), "DSA");
    refused(properties(signature, "SHA-256", "RSA"), "key_type");
    refused(properties(signature, "SHA-256", "ECC_SECP384R1"), "not of img_signature_key_type");
    refused(properties(signature, "SHA-256", "RSA-PSS", "../../etc/passwd"), "not a UUID");
    refused(properties(signature, "SHA-256", "RSA-PSS", "6ba7b810-9dad-41d1-80b4-00c04fd430c9"),
            "no certificate");
    // The right signature under another digest, and one without PSS.
    refused(properties(signature, "SHA-512", "RSA-PSS"), "not what was signed");
    refused(properties(signer.sign("sha256", false), "SHA-256", "RSA-PSS"), "not what was signed");
}

TEST_CASE("signed images: certificates have their time, their curve and their size") {
    Signer signer(ec("secp384r1")), small({"-newkey", "rsa:1024"});
    auto wanted = *logic::wanted_signature(properties("AAAA", "SHA-256", "ECC_SECP384R1"));
    auto certificate = crypto::Certificate::from_pem(content(signer.certificate)).value();
    auto check = [&](std::int64_t at) {
        return why([&] { logic::check_certificate(wanted, certificate, at); });
    };
    CHECK(check(certificate.valid_from() + 1) == "");
    CHECK(contains(check(certificate.valid_from() - 1), "not valid yet"));
    CHECK(contains(check(certificate.valid_until() + 1), "expired"));
    wanted.curve = "secp521r1";
    CHECK(contains(check(certificate.valid_from() + 1), "key_type"));
    wanted = *logic::wanted_signature(properties("AAAA", "SHA-256", "RSA-PSS"));
    certificate = crypto::Certificate::from_pem(content(small.certificate)).value();
    CHECK(contains(check(certificate.valid_from() + 1), "1024 bits"));
    CHECK(!crypto::Certificate::from_pem("no certificate"));
    CHECK(!logic::wanted_signature(Json::object({{"os_distro", "debian"}})));
}

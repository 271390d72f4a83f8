// SPDX-License-Identifier: Apache-2.0
// Known answers come from the RFCs, from Python's cryptography and from ssh-keygen.
#include "platform/crypto/crypto.h"

#include "base/strings.h"
#include "platform/crypto/keys.h"

#include <doctest/doctest.h>

using namespace nephele;
using namespace nephele::crypto;

TEST_CASE("digests of known texts") {
    CHECK(hex_encode(md5("abc")) == "900150983cd24fb0d6963f7d28e17f72");
    CHECK(hex_encode(digest(Digest::sha1, "abc")) == "a9993e364706816aba3e25717850c26c9cd0d89d");
    CHECK(hex_encode(digest(Digest::sha224, "abc")) ==
          "23097d223405d8228642a477bda255b32aadbce4bda0b3f7e36c9da7");
    CHECK(hex_encode(sha256("abc")) ==
          "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
    CHECK(hex_encode(sha512("abc")).substr(0, 32) == "ddaf35a193617abacc417349ae204131");
    Hasher hasher(Digest::sha256);
    hasher.update("a");
    CHECK(hasher.hex() == hex_encode(sha256("a")));
    hasher.update("");
    hasher.update("bc");
    CHECK(hasher.current() == sha256("abc"));
}

TEST_CASE("HMAC of RFC 4231 and RFC 2202, in any order") {
    CHECK(hex_encode(hmac_sha256("Jefe", "what do ya want for nothing?")) ==
          "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843");
    CHECK(hex_encode(hmac(Digest::sha1, "Jefe", "what do ya want for nothing?")) ==
          "effcdf6ae5eb2fa2d27416d5f184df9c259a7c79");
    CHECK(hex_encode(hmac_sha256("", "")) ==
          "b613679a0814d9ec772f95d778c35fc5ff1697c493715653c6c712144292c5ad");
    CHECK(hex_encode(hmac_sha256(std::string(131, '\xaa'),
                                 "Test Using Larger Than Block-Size Key - Hash Key First")) ==
          "60e431591ee0b67f0d8a26aacbf5b77f8e0bc6213728c5140546040f0ee37f54");
}

TEST_CASE("AES-128-CBC pads, and refuses what is not whole") {
    const std::string key(16, 'k'), vector(16, 'i');
    const std::string made = aes_128_cbc_encrypt(key, vector, "0123456789");
    CHECK(hex_encode(made) == "ef1cedf8ac83fb2ccb8dcfc8b2d8beb4");
    CHECK(aes_128_cbc_decrypt(key, vector, made) == "0123456789");
    CHECK_FALSE(aes_128_cbc_decrypt(key, vector, made.substr(1)));
    CHECK_FALSE(aes_128_cbc_decrypt(std::string(16, 'x'), vector, made));
    CHECK_FALSE(aes_128_cbc_decrypt(key, vector, ""));
}

TEST_CASE("sealed texts open with the same key and context only") {
    const std::string key(32, 'k');
    const std::string sealed = seal(key, "plain", "context");
    CHECK(sealed != seal(key, "plain", "context"));
    CHECK(open_sealed(key, sealed, "context") == "plain");
    CHECK_FALSE(open_sealed(key, sealed, "other"));
    CHECK_FALSE(open_sealed(std::string(32, 'x'), sealed, "context"));
    std::string altered = sealed;
    altered[14] ^= 1;
    CHECK_FALSE(open_sealed(key, altered, "context"));
    CHECK_FALSE(open_sealed(key, "short", "context"));
}

TEST_CASE("comparison and randomness") {
    CHECK(equal_constant_time("abc", "abc"));
    CHECK_FALSE(equal_constant_time("abc", "abd"));
    CHECK_FALSE(equal_constant_time("abc", "abcd"));
    CHECK(random_bytes(32) != random_bytes(32));
}

TEST_CASE("key pairs are whole and their public part reads back") {
    for (auto kind : {KeyKind::rsa, KeyKind::ecdsa, KeyKind::ed25519}) {
        const auto pair = make_ssh_key_pair(kind, "made by a test");
        const auto read = parse_ssh_public_key(pair.public_openssh);
        REQUIRE(read);
        CHECK(read->comment == "made by a test");
        CHECK(pair.private_pem.reveal().find("PRIVATE KEY-----\n") != std::string::npos);
    }
}

TEST_CASE("fingerprints are those of ssh-keygen") {
    auto ed25519 = parse_ssh_public_key("ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIOqgZoUVXoHNyECDcVtXOZ"
                                        "XDI6xfbKIYdxM4rRCE5yRz c@h\n");
    REQUIRE(ed25519);
    CHECK(ed25519->md5_fingerprint() == "0a:6e:7f:b1:b0:7c:94:05:20:17:46:60:44:96:43:d4");
    auto ecdsa = parse_ssh_public_key(
        "ecdsa-sha2-nistp256 "
        "AAAAE2VjZHNhLXNoYTItbmlzdHAyNTYAAAAIbmlzdHAyNTYAAABBBIq7WvKwjKPI38YrK3VJJoiYtJv2/"
        "xKiHWtBPQdBCZbwVAPKcZqIUDs1Tq52P8IoeB3gRqzdAitgv22S3aH22K4=");
    REQUIRE(ecdsa);
    CHECK(ecdsa->md5_fingerprint() == "9f:77:e9:83:29:f9:34:bf:28:81:00:47:7c:f0:82:77");
}

TEST_CASE("broken public keys are refused") {
    const std::string good =
        "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIOqgZoUVXoHNyECDcVtXOZXDI6xfbKIYdxM4rRCE5yRz";
    REQUIRE(parse_ssh_public_key(good));
    CHECK_FALSE(parse_ssh_public_key(""));
    CHECK_FALSE(parse_ssh_public_key("ssh-ed25519"));
    CHECK_FALSE(parse_ssh_public_key("ssh-rsa" + good.substr(11)));
    CHECK_FALSE(parse_ssh_public_key(good.substr(0, good.size() - 4)));
    CHECK_FALSE(parse_ssh_public_key(good + "\n" + good));
    CHECK_FALSE(parse_ssh_public_key("ssh-ed25519 not-base64"));
}

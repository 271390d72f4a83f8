// SPDX-License-Identifier: Apache-2.0
#include "platform/crypto/keys.h"

#include "base/check.h"
#include "base/strings.h"
#include "platform/crypto/crypto.h"

#include <memory>
#include <openssl/bio.h>
#include <openssl/bn.h>
#include <openssl/core_names.h>
#include <openssl/ec.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/rsa.h>
#include <vector>

namespace nephele::crypto {
namespace {

struct FreeKey {
    void operator()(EVP_PKEY* key) const { EVP_PKEY_free(key); }
};
using Key = std::unique_ptr<EVP_PKEY, FreeKey>;

void add_u32(std::string& out, std::size_t value) {
    for (int shift = 24; shift >= 0; shift -= 8) out += static_cast<char>((value >> shift) & 0xff);
}
void add_string(std::string& out, std::string_view text) {
    add_u32(out, text.size());
    out += text;
}
// A big number: shortest form, with a leading zero byte when the top bit is set.
void add_number(std::string& out, std::string_view bytes) {
    while (!bytes.empty() && bytes[0] == '\0') bytes.remove_prefix(1);
    const bool high = !bytes.empty() && (static_cast<unsigned char>(bytes[0]) & 0x80);
    add_string(out, (high ? std::string(1, '\0') : std::string()) + std::string(bytes));
}

std::string number_of(const EVP_PKEY* key, const char* name) {
    BIGNUM* number = nullptr;
    NEPHELE_CHECK(EVP_PKEY_get_bn_param(key, name, &number) == 1);
    std::string out(static_cast<std::size_t>(BN_num_bytes(number)), '\0');
    BN_bn2bin(number, reinterpret_cast<unsigned char*>(out.data()));
    BN_free(number);
    return out;
}

std::string raw_key(const EVP_PKEY* key, bool secret) {
    std::string out(32, '\0');
    std::size_t size = out.size();
    auto* into = reinterpret_cast<unsigned char*>(out.data());
    const int result = secret ? EVP_PKEY_get_raw_private_key(key, into, &size)
                              : EVP_PKEY_get_raw_public_key(key, into, &size);
    NEPHELE_CHECK(result == 1 && size == 32);
    return out;
}

std::string public_blob(const EVP_PKEY* key, KeyKind kind) {
    std::string blob;
    if (kind == KeyKind::rsa) {
        add_string(blob, "ssh-rsa");
        add_number(blob, number_of(key, OSSL_PKEY_PARAM_RSA_E));
        add_number(blob, number_of(key, OSSL_PKEY_PARAM_RSA_N));
    } else if (kind == KeyKind::ed25519) {
        add_string(blob, "ssh-ed25519");
        add_string(blob, raw_key(key, false));
    } else {
        std::string point(256, '\0');
        std::size_t size = 0;
        NEPHELE_CHECK(
            EVP_PKEY_get_octet_string_param(key, OSSL_PKEY_PARAM_PUB_KEY,
                                            reinterpret_cast<unsigned char*>(point.data()),
                                            point.size(), &size) == 1);
        point.resize(size);
        add_string(blob, "ecdsa-sha2-nistp256");
        add_string(blob, "nistp256");
        add_string(blob, point);
    }
    return blob;
}

std::string traditional_pem(EVP_PKEY* key) {
    std::unique_ptr<BIO, int (*)(BIO*)> memory(BIO_new(BIO_s_mem()), BIO_free);
    NEPHELE_CHECK(memory && PEM_write_bio_PrivateKey_traditional(
                                memory.get(), key, nullptr, nullptr, 0, nullptr, nullptr) == 1);
    char* data = nullptr;
    const long size = BIO_get_mem_data(memory.get(), &data);
    return std::string(data, static_cast<std::size_t>(size));
}

// OpenSSH's own container, unencrypted: the only form ssh reads Ed25519 keys from everywhere.
std::string openssh_pem(const EVP_PKEY* key, std::string_view blob, std::string_view comment) {
    const std::string check = random_bytes(4), open_key = raw_key(key, false);
    std::string secret = check + check;
    add_string(secret, "ssh-ed25519");
    add_string(secret, open_key);
    add_string(secret, raw_key(key, true) + open_key);
    add_string(secret, comment);
    for (char pad = 1; secret.size() % 8 != 0; ++pad) secret += pad;
    std::string all("openssh-key-v1\0", 15);
    for (const char* name : {"none", "none", ""}) add_string(all, name);
    add_u32(all, 1);
    add_string(all, blob);
    add_string(all, secret);
    const std::string text = base64_encode(all);
    std::string pem = "-----BEGIN OPENSSH PRIVATE KEY-----\n";
    for (std::size_t at = 0; at < text.size(); at += 70) pem += text.substr(at, 70) + "\n";
    return pem + "-----END OPENSSH PRIVATE KEY-----\n";
}

/// Reads the length-prefixed parts of a key blob; nothing when they do not fill it exactly.
std::optional<std::vector<std::string_view>> parts_of(std::string_view blob) {
    std::vector<std::string_view> parts;
    while (!blob.empty()) {
        if (blob.size() < 4) return std::nullopt;
        std::size_t size = 0;
        for (int i = 0; i < 4; ++i) size = size << 8 | static_cast<unsigned char>(blob[i]);
        blob.remove_prefix(4);
        if (size > blob.size()) return std::nullopt;
        parts.push_back(blob.substr(0, size));
        blob.remove_prefix(size);
    }
    return parts;
}

bool is_one_key(const std::string& algorithm, std::string_view blob) {
    const auto parts = parts_of(blob);
    if (!parts || parts->empty() || (*parts)[0] != algorithm) return false;
    const auto& p = *parts;
    if (algorithm == "ssh-rsa") return p.size() == 3 && !p[1].empty() && p[2].size() >= 128;
    if (algorithm == "ssh-dss") return p.size() == 5;
    if (algorithm == "ssh-ed25519") return p.size() == 2 && p[1].size() == 32;
    if (algorithm == "sk-ssh-ed25519@openssh.com") return p.size() == 3 && p[1].size() == 32;
    if (algorithm == "sk-ecdsa-sha2-nistp256@openssh.com")
        return p.size() == 4 && p[1] == "nistp256" && p[2].size() == 65;
    const std::pair<const char*, std::size_t> curves[] = {
        {"nistp256", 65}, {"nistp384", 97}, {"nistp521", 133}};
    for (const auto& [curve, size] : curves)
        if (algorithm == std::string("ecdsa-sha2-") + curve)
            return p.size() == 3 && p[1] == curve && p[2].size() == size && p[2][0] == '\x04';
    return false;
}

} // namespace

KeyPair make_ssh_key_pair(KeyKind kind, std::string_view comment) {
    Key key(kind == KeyKind::rsa     ? EVP_RSA_gen(2048)
            : kind == KeyKind::ecdsa ? EVP_EC_gen("P-256")
                                     : EVP_PKEY_Q_keygen(nullptr, nullptr, "ED25519"));
    NEPHELE_CHECK(key != nullptr);
    const std::string blob = public_blob(key.get(), kind);
    const char* name = kind == KeyKind::rsa     ? "ssh-rsa"
                       : kind == KeyKind::ecdsa ? "ecdsa-sha2-nistp256"
                                                : "ssh-ed25519";
    KeyPair pair;
    pair.public_openssh = std::string(name) + " " + base64_encode(blob);
    if (!comment.empty()) pair.public_openssh += " " + std::string(comment);
    pair.private_pem =
        Secret<std::string>(kind == KeyKind::ed25519 ? openssh_pem(key.get(), blob, comment)
                                                     : traditional_pem(key.get()));
    return pair;
}

std::optional<SshPublicKey> parse_ssh_public_key(std::string_view line) {
    line = trim(line);
    if (line.find('\n') != line.npos) return std::nullopt;
    const auto space = line.find(' ');
    if (space == line.npos) return std::nullopt;
    SshPublicKey key;
    key.algorithm = line.substr(0, space);
    std::string_view rest = trim(line.substr(space));
    const auto end = rest.find(' ');
    const auto blob = base64_decode(rest.substr(0, end));
    if (!blob || !is_one_key(key.algorithm, *blob)) return std::nullopt;
    key.blob = *blob;
    if (end != rest.npos) key.comment = trim(rest.substr(end));
    return key;
}

std::string SshPublicKey::md5_fingerprint() const {
    const std::string hex = hex_encode(md5(blob));
    std::string out;
    for (std::size_t at = 0; at < hex.size(); at += 2)
        out += (at > 0 ? ":" : "") + hex.substr(at, 2);
    return out;
}
std::string SshPublicKey::sha256_fingerprint() const {
    std::string text = base64_encode(sha256(blob));
    while (!text.empty() && text.back() == '=') text.pop_back();
    return "SHA256:" + text;
}

} // namespace nephele::crypto

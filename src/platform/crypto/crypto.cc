// SPDX-License-Identifier: Apache-2.0
#include "platform/crypto/crypto.h"

#include "base/check.h"
#include "base/strings.h"

#include <openssl/core_names.h>
#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <openssl/rand.h>

namespace nephele::crypto {
namespace {

constexpr const char* digest_names[] = {"MD5", "SHA1", "SHA224", "SHA256", "SHA384", "SHA512"};

const EVP_MD* fetched(Digest algorithm) {
    // Kept for the life of the process.
    static EVP_MD* const all[] = {
        EVP_MD_fetch(nullptr, "MD5", nullptr),    EVP_MD_fetch(nullptr, "SHA1", nullptr),
        EVP_MD_fetch(nullptr, "SHA224", nullptr), EVP_MD_fetch(nullptr, "SHA256", nullptr),
        EVP_MD_fetch(nullptr, "SHA384", nullptr), EVP_MD_fetch(nullptr, "SHA512", nullptr)};
    const EVP_MD* found = all[static_cast<int>(algorithm)];
    NEPHELE_CHECK(found != nullptr);
    return found;
}

const EVP_CIPHER* aes_128_cbc() {
    static EVP_CIPHER* const cipher = EVP_CIPHER_fetch(nullptr, "AES-128-CBC", nullptr);
    NEPHELE_CHECK(cipher != nullptr);
    return cipher;
}
const EVP_CIPHER* aes_256_gcm() {
    static EVP_CIPHER* const cipher = EVP_CIPHER_fetch(nullptr, "AES-256-GCM", nullptr);
    NEPHELE_CHECK(cipher != nullptr);
    return cipher;
}

struct FreeDigest {
    void operator()(EVP_MD_CTX* context) const { EVP_MD_CTX_free(context); }
};
struct FreeCipher {
    void operator()(EVP_CIPHER_CTX* context) const { EVP_CIPHER_CTX_free(context); }
};
struct FreeMac {
    void operator()(EVP_MAC_CTX* context) const { EVP_MAC_CTX_free(context); }
};
using DigestContext = std::unique_ptr<EVP_MD_CTX, FreeDigest>;
using CipherContext = std::unique_ptr<EVP_CIPHER_CTX, FreeCipher>;
using MacContext = std::unique_ptr<EVP_MAC_CTX, FreeMac>;

const unsigned char* bytes(std::string_view text) {
    return reinterpret_cast<const unsigned char*>(text.data());
}
unsigned char* bytes(std::string& text) { return reinterpret_cast<unsigned char*>(text.data()); }
int length_of(std::string_view text) {
    NEPHELE_CHECK(text.size() < (1u << 30));
    return static_cast<int>(text.size());
}

// A context a thread and algorithm: making one costs as much as a short digest.
EVP_CIPHER_CTX* cipher_context() {
    thread_local CipherContext context(EVP_CIPHER_CTX_new());
    NEPHELE_CHECK(context != nullptr);
    return context.get();
}
EVP_MAC_CTX* mac_context(Digest algorithm) {
    thread_local MacContext contexts[6];
    MacContext& context = contexts[static_cast<int>(algorithm)];
    if (!context) {
        static EVP_MAC* const mac = EVP_MAC_fetch(nullptr, "HMAC", nullptr);
        NEPHELE_CHECK(mac != nullptr);
        context.reset(EVP_MAC_CTX_new(mac));
        std::string name = digest_names[static_cast<int>(algorithm)];
        const OSSL_PARAM parameters[] = {
            OSSL_PARAM_construct_utf8_string(OSSL_MAC_PARAM_DIGEST, name.data(), 0),
            OSSL_PARAM_construct_end()};
        NEPHELE_CHECK(context && EVP_MAC_CTX_set_params(context.get(), parameters) == 1);
    }
    return context.get();
}

} // namespace

std::string digest(Digest algorithm, std::string_view data) {
    unsigned char out[EVP_MAX_MD_SIZE];
    unsigned size = 0;
    NEPHELE_CHECK(EVP_Digest(data.data(), data.size(), out, &size, fetched(algorithm), nullptr) ==
                  1);
    return std::string(reinterpret_cast<char*>(out), size);
}

struct Hasher::Impl {
    DigestContext context{EVP_MD_CTX_new()};
};

Hasher::Hasher(Digest algorithm) : impl_(std::make_unique<Impl>()) {
    NEPHELE_CHECK(impl_->context &&
                  EVP_DigestInit_ex2(impl_->context.get(), fetched(algorithm), nullptr) == 1);
}
Hasher::~Hasher() = default;
Hasher::Hasher(Hasher&&) noexcept = default;
Hasher& Hasher::operator=(Hasher&&) noexcept = default;

void Hasher::update(std::string_view piece) {
    NEPHELE_CHECK(EVP_DigestUpdate(impl_->context.get(), piece.data(), piece.size()) == 1);
}
std::string Hasher::current() const {
    DigestContext copy(EVP_MD_CTX_new());
    unsigned char out[EVP_MAX_MD_SIZE];
    unsigned size = 0;
    NEPHELE_CHECK(copy && EVP_MD_CTX_copy_ex(copy.get(), impl_->context.get()) == 1 &&
                  EVP_DigestFinal_ex(copy.get(), out, &size) == 1);
    return std::string(reinterpret_cast<char*>(out), size);
}
std::string Hasher::hex() const { return hex_encode(current()); }

std::string hmac(Digest algorithm, std::string_view key, std::string_view data) {
    EVP_MAC_CTX* context = mac_context(algorithm);
    unsigned char out[EVP_MAX_MD_SIZE];
    std::size_t size = 0;
    // A null key would mean "keep the previous one".
    const char* key_data = key.empty() ? "" : key.data();
    NEPHELE_CHECK(EVP_MAC_init(context, reinterpret_cast<const unsigned char*>(key_data),
                               key.size(), nullptr) == 1 &&
                  EVP_MAC_update(context, bytes(data), data.size()) == 1 &&
                  EVP_MAC_final(context, out, &size, sizeof out) == 1);
    return std::string(reinterpret_cast<char*>(out), size);
}

std::string aes_128_cbc_encrypt(std::string_view key, std::string_view vector,
                                std::string_view plain) {
    NEPHELE_CHECK(key.size() == 16 && vector.size() == 16);
    EVP_CIPHER_CTX* context = cipher_context();
    std::string out(plain.size() + 16, '\0');
    int first = 0, last = 0;
    NEPHELE_CHECK(
        EVP_EncryptInit_ex2(context, aes_128_cbc(), bytes(key), bytes(vector), nullptr) == 1 &&
        EVP_EncryptUpdate(context, bytes(out), &first, bytes(plain), length_of(plain)) == 1 &&
        EVP_EncryptFinal_ex(context, bytes(out) + first, &last) == 1);
    out.resize(static_cast<std::size_t>(first + last));
    return out;
}

std::optional<std::string> aes_128_cbc_decrypt(std::string_view key, std::string_view vector,
                                               std::string_view encrypted) {
    NEPHELE_CHECK(key.size() == 16 && vector.size() == 16);
    if (encrypted.empty() || encrypted.size() % 16 != 0) return std::nullopt;
    EVP_CIPHER_CTX* context = cipher_context();
    std::string out(encrypted.size() + 16, '\0');
    int first = 0, last = 0;
    NEPHELE_CHECK(
        EVP_DecryptInit_ex2(context, aes_128_cbc(), bytes(key), bytes(vector), nullptr) == 1 &&
        EVP_DecryptUpdate(context, bytes(out), &first, bytes(encrypted), length_of(encrypted)) ==
            1);
    if (EVP_DecryptFinal_ex(context, bytes(out) + first, &last) != 1) return std::nullopt;
    out.resize(static_cast<std::size_t>(first + last));
    return out;
}

std::string seal(std::string_view key_32, std::string_view plain, std::string_view context) {
    NEPHELE_CHECK(key_32.size() == 32);
    EVP_CIPHER_CTX* cipher = cipher_context();
    std::string out = random_bytes(12);
    out.resize(12 + plain.size() + 16);
    int count = 0, last = 0;
    NEPHELE_CHECK(
        EVP_EncryptInit_ex2(cipher, aes_256_gcm(), bytes(key_32), bytes(out), nullptr) == 1 &&
        EVP_EncryptUpdate(cipher, nullptr, &count, bytes(context), length_of(context)) == 1 &&
        EVP_EncryptUpdate(cipher, bytes(out) + 12, &count, bytes(plain), length_of(plain)) == 1 &&
        EVP_EncryptFinal_ex(cipher, bytes(out) + 12 + count, &last) == 1 &&
        EVP_CIPHER_CTX_ctrl(cipher, EVP_CTRL_AEAD_GET_TAG, 16, bytes(out) + 12 + plain.size()) ==
            1);
    return out;
}

std::optional<std::string> open_sealed(std::string_view key_32, std::string_view sealed,
                                       std::string_view context) {
    NEPHELE_CHECK(key_32.size() == 32);
    if (sealed.size() < 28) return std::nullopt;
    const std::string_view body = sealed.substr(12, sealed.size() - 28);
    std::string tag(sealed.substr(sealed.size() - 16)), out(body.size(), '\0');
    EVP_CIPHER_CTX* cipher = cipher_context();
    int count = 0, last = 0;
    NEPHELE_CHECK(
        EVP_DecryptInit_ex2(cipher, aes_256_gcm(), bytes(key_32), bytes(sealed), nullptr) == 1 &&
        EVP_CIPHER_CTX_ctrl(cipher, EVP_CTRL_AEAD_SET_TAG, 16, tag.data()) == 1 &&
        EVP_DecryptUpdate(cipher, nullptr, &count, bytes(context), length_of(context)) == 1 &&
        EVP_DecryptUpdate(cipher, bytes(out), &count, bytes(body), length_of(body)) == 1);
    if (EVP_DecryptFinal_ex(cipher, bytes(out) + count, &last) != 1) return std::nullopt;
    return out;
}

bool equal_constant_time(std::string_view a, std::string_view b) {
    return a.size() == b.size() && CRYPTO_memcmp(a.data(), b.data(), a.size()) == 0;
}

std::string random_bytes(std::size_t count) {
    std::string out(count, '\0');
    NEPHELE_CHECK(RAND_bytes(bytes(out), static_cast<int>(count)) == 1);
    return out;
}

} // namespace nephele::crypto

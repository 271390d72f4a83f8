// SPDX-License-Identifier: Apache-2.0
// The one file that includes libcrypt and libargon2.
#include "platform/crypto/password.h"

#include "base/check.h"
#include "base/strings.h"
#include "platform/crypto/crypto.h"
#include "platform/fault/fault.h"

#include <argon2.h>
#include <condition_variable>
#include <crypt.h>
#include <ctime>
#include <exception>
#include <memory>
#include <mutex>
#include <openssl/core_names.h>
#include <openssl/evp.h>
#include <openssl/kdf.h>
#include <vector>

namespace nephele::password {
namespace {

constexpr std::size_t bcrypt_max_length = 72;
constexpr int argon2_memory_kib = 64 * 1024, argon2_lanes = 1;

int rounds_of(const Options& options) {
    if (options.rounds > 0) return options.rounds;
    switch (options.algorithm) {
    case Algorithm::bcrypt:
    case Algorithm::bcrypt_sha256:
        return 12;
    case Algorithm::scrypt:
        return 16;
    case Algorithm::pbkdf2_sha512:
        return 25000;
    case Algorithm::argon2id:
        return 3;
    }
    return 12;
}

// Standard base64 without padding; PBKDF2's form writes '.' for '+'.
std::string unpadded(std::string_view bytes, bool dots) {
    std::string text = base64_encode(bytes);
    while (!text.empty() && text.back() == '=') text.pop_back();
    return dots ? replace_all(text, "+", ".") : text;
}
std::optional<std::string> from_unpadded(std::string_view text, bool dots) {
    std::string padded = dots ? replace_all(std::string(text), ".", "+") : std::string(text);
    while (padded.size() % 4 != 0) padded += '=';
    return base64_decode(padded);
}

std::string scrypt(std::string_view password, std::string_view salt, std::uint64_t n,
                   std::uint32_t block, std::uint32_t lanes) {
    struct Free {
        void operator()(EVP_KDF_CTX* context) const { EVP_KDF_CTX_free(context); }
    };
    static EVP_KDF* const kdf = EVP_KDF_fetch(nullptr, "SCRYPT", nullptr);
    std::unique_ptr<EVP_KDF_CTX, Free> context(EVP_KDF_CTX_new(kdf));
    std::string out(32, '\0'), secret(password), seed(salt);
    std::uint64_t memory = std::uint64_t(1) << 31;
    const OSSL_PARAM parameters[] = {
        OSSL_PARAM_construct_octet_string(OSSL_KDF_PARAM_PASSWORD, secret.data(), secret.size()),
        OSSL_PARAM_construct_octet_string(OSSL_KDF_PARAM_SALT, seed.data(), seed.size()),
        OSSL_PARAM_construct_uint64(OSSL_KDF_PARAM_SCRYPT_N, &n),
        OSSL_PARAM_construct_uint32(OSSL_KDF_PARAM_SCRYPT_R, &block),
        OSSL_PARAM_construct_uint32(OSSL_KDF_PARAM_SCRYPT_P, &lanes),
        OSSL_PARAM_construct_uint64(OSSL_KDF_PARAM_SCRYPT_MAXMEM, &memory),
        OSSL_PARAM_construct_end()};
    if (!context || EVP_KDF_derive(context.get(), reinterpret_cast<unsigned char*>(out.data()),
                                   out.size(), parameters) != 1)
        return {};
    return out;
}

std::string pbkdf2_sha512(std::string_view password, std::string_view salt, int rounds) {
    std::string out(64, '\0');
    NEPHELE_CHECK(PKCS5_PBKDF2_HMAC(password.data(), static_cast<int>(password.size()),
                                    reinterpret_cast<const unsigned char*>(salt.data()),
                                    static_cast<int>(salt.size()), rounds, EVP_sha512(), 64,
                                    reinterpret_cast<unsigned char*>(out.data())) == 1);
    return out;
}

// The hash libcrypt makes for a setting; empty when it does not know the form.
std::string crypted(std::string_view password, const std::string& setting) {
    auto data = std::make_unique<crypt_data>();
    const std::string secret(password);
    const char* made = crypt_rn(secret.c_str(), setting.c_str(), data.get(), sizeof(crypt_data));
    std::string out = made ? made : "";
    explicit_bzero(data.get(), sizeof(crypt_data));
    return out;
}

std::string bcrypt_setting(int rounds) {
    const std::string seed = crypto::random_bytes(16);
    char setting[CRYPT_GENSALT_OUTPUT_SIZE];
    NEPHELE_CHECK(crypt_gensalt_rn("$2b$", static_cast<unsigned long>(rounds), seed.data(),
                                   static_cast<int>(seed.size()), setting, sizeof setting));
    return setting;
}

std::string_view cut(std::string_view password, std::size_t max) {
    return password.substr(0, std::min(password.size(), max));
}

// What bcrypt_sha256 gives to bcrypt: base64 of a digest (version 1) or of a keyed one (2).
std::string condensed(std::string_view password, std::string_view salt, int version) {
    return base64_encode(version == 1 ? crypto::sha256(password)
                                      : crypto::hmac_sha256(salt, password));
}

// "$bcrypt-sha256$v=2,t=2b,r=12$salt$digest", or version 1 with "2b,12" in the second place.
bool verify_bcrypt_sha256(std::string_view password, const std::vector<std::string>& parts) {
    if (parts.size() != 5 || parts[3].size() != 22) return false;
    const auto settings = split(parts[2], ',');
    int version = 1;
    std::string type, rounds;
    if (settings.size() == 3 && settings[0] == "v=2" && settings[1].starts_with("t=") &&
        settings[2].starts_with("r=")) {
        version = 2;
        type = settings[1].substr(2);
        rounds = settings[2].substr(2);
    } else if (settings.size() == 2) {
        type = settings[0];
        rounds = settings[1];
    }
    const auto cost = to_int(rounds);
    if (!cost || *cost < 4 || *cost > 31 || (type != "2b" && type != "2a")) return false;
    const std::string setting = format("${}${}{}${}", type, *cost < 10 ? "0" : "", *cost, parts[3]);
    const std::string made = crypted(condensed(password, parts[3], version), setting);
    return made.size() == 60 && crypto::equal_constant_time(made.substr(29), parts[4]);
}

// "$scrypt$ln=16,r=8,p=1$salt$checksum"
bool verify_scrypt(std::string_view password, const std::vector<std::string>& parts) {
    if (parts.size() != 5) return false;
    std::int64_t ln = 0, block = 0, lanes = 0;
    for (const auto& setting : split(parts[2], ',')) {
        const auto equals = setting.find('=');
        if (equals == setting.npos) return false;
        const auto value = to_int(std::string_view(setting).substr(equals + 1));
        if (!value || *value < 1 || *value > 1 << 20) return false;
        const std::string name = setting.substr(0, equals);
        (name == "ln" ? ln : name == "r" ? block : lanes) = *value;
    }
    const auto salt = from_unpadded(parts[3], false), sum = from_unpadded(parts[4], false);
    if (ln < 1 || ln > 24 || block < 1 || lanes < 1 || !salt || !sum) return false;
    return crypto::equal_constant_time(scrypt(password, *salt, std::uint64_t(1) << ln,
                                              static_cast<std::uint32_t>(block),
                                              static_cast<std::uint32_t>(lanes)),
                                       *sum);
}

// "$pbkdf2-sha512$25000$salt$checksum"
bool verify_pbkdf2(std::string_view password, const std::vector<std::string>& parts) {
    if (parts.size() != 5) return false;
    const auto rounds = to_int(parts[2]);
    const auto salt = from_unpadded(parts[3], true), sum = from_unpadded(parts[4], true);
    if (!rounds || *rounds < 1 || *rounds > 100'000'000 || !salt || !sum) return false;
    return crypto::equal_constant_time(pbkdf2_sha512(password, *salt, static_cast<int>(*rounds)),
                                       *sum);
}

bool is_bcrypt(std::string_view stored) {
    return stored.starts_with("$2a$") || stored.starts_with("$2b$") || stored.starts_with("$2y$");
}

std::string hash_argon2(std::string_view secret, std::string_view salt, int rounds) {
    std::string out(512, '\0');
    const int result = argon2id_hash_encoded(static_cast<std::uint32_t>(rounds), argon2_memory_kib,
                                             argon2_lanes, secret.data(), secret.size(),
                                             salt.data(), salt.size(), 32, out.data(), out.size());
    NEPHELE_CHECK(result == ARGON2_OK);
    return out.c_str();
}

std::int64_t thread_cpu_ns() {
    timespec spent{};
    clock_gettime(CLOCK_THREAD_CPUTIME_ID, &spent);
    return spent.tv_sec * 1'000'000'000LL + spent.tv_nsec;
}

} // namespace

Algorithm algorithm_named(std::string_view name) {
    if (name == "bcrypt") return Algorithm::bcrypt;
    if (name == "bcrypt_sha256") return Algorithm::bcrypt_sha256;
    if (name == "scrypt") return Algorithm::scrypt;
    if (name == "pbkdf2_sha512") return Algorithm::pbkdf2_sha512;
    if (name == "argon2id" || name == "argon2") return Algorithm::argon2id;
    throw std::invalid_argument("unknown password hash algorithm: " + std::string(name));
}

std::string hash(const Password& password, const Options& options) {
    const std::string_view secret = cut(password.reveal(), options.max_length);
    if (secret.find('\0') != secret.npos)
        throw bad_request("ValidationError", "The password must not hold a NUL character.");
    const int rounds = rounds_of(options);
    const std::string salt = crypto::random_bytes(static_cast<std::size_t>(options.salt_bytes));
    switch (options.algorithm) {
    case Algorithm::bcrypt: {
        const std::string made = crypted(cut(secret, bcrypt_max_length), bcrypt_setting(rounds));
        NEPHELE_CHECK(made.size() == 60);
        // A copy: GCC 12 thinks that moving a text of a known length reads past its short buffer
        // (-Warray-bounds, wrongly).
        return made;
    }
    case Algorithm::bcrypt_sha256: {
        const std::string setting = bcrypt_setting(rounds);
        const std::string seed = setting.substr(7, 22);
        const std::string made = crypted(condensed(secret, seed, 2), setting);
        NEPHELE_CHECK(made.size() == 60);
        return format("$bcrypt-sha256$v=2,t=2b,r={}${}${}", rounds, seed, made.substr(29));
    }
    case Algorithm::scrypt:
        return format("$scrypt$ln={},r=8,p=1${}${}", rounds, unpadded(salt, false),
                      unpadded(scrypt(secret, salt, std::uint64_t(1) << rounds, 8, 1), false));
    case Algorithm::pbkdf2_sha512:
        return format("$pbkdf2-sha512${}${}${}", rounds, unpadded(salt, true),
                      unpadded(pbkdf2_sha512(secret, salt, rounds), true));
    case Algorithm::argon2id:
        return hash_argon2(secret, salt, rounds);
    }
    return {};
}

bool verify(const Password& password, std::string_view stored, const Options& options) {
    const std::string_view secret = cut(password.reveal(), options.max_length);
    if (stored.empty() || secret.find('\0') != secret.npos) return false;
    if (stored.starts_with("$argon2"))
        return argon2_verify(std::string(stored).c_str(), secret.data(), secret.size(),
                             stored.starts_with("$argon2id$")  ? Argon2_id
                             : stored.starts_with("$argon2i$") ? Argon2_i
                                                               : Argon2_d) == ARGON2_OK;
    if (stored.starts_with("$scrypt$")) return verify_scrypt(secret, split(stored, '$'));
    if (stored.starts_with("$pbkdf2-sha512$")) return verify_pbkdf2(secret, split(stored, '$'));
    if (stored.starts_with("$bcrypt-sha256$"))
        return verify_bcrypt_sha256(secret, split(stored, '$'));
    if (stored[0] != '$') return false;
    const std::string made =
        crypted(is_bcrypt(stored) ? cut(secret, bcrypt_max_length) : secret, std::string(stored));
    return !made.empty() && made[0] == '$' && crypto::equal_constant_time(made, stored);
}

bool needs_rehash(std::string_view stored, const Options& options) {
    const int rounds = rounds_of(options);
    switch (options.algorithm) {
    case Algorithm::bcrypt:
        return !stored.starts_with(format("$2b${}{}$", rounds < 10 ? "0" : "", rounds));
    case Algorithm::bcrypt_sha256:
        return !stored.starts_with(format("$bcrypt-sha256$v=2,t=2b,r={}$", rounds));
    case Algorithm::scrypt:
        return !stored.starts_with(format("$scrypt$ln={},r=8,p=1$", rounds));
    case Algorithm::pbkdf2_sha512:
        return !stored.starts_with(format("$pbkdf2-sha512${}$", rounds));
    case Algorithm::argon2id:
        return !stored.starts_with(
            format("$argon2id$v=19$m={},t={},p={}$", argon2_memory_kib, rounds, argon2_lanes));
    }
    return true;
}

PasswordPool::PasswordPool(Options options, std::size_t threads, std::size_t queue_limit,
                           std::size_t remembered)
    : options_(options), remembered_(remembered), memo_key_(crypto::random_bytes(32)),
      pool_("password", threads, queue_limit) {}

// Bound to the stored hash: a changed password is another memo.
std::string PasswordPool::memo_of(const Password& password, std::string_view stored) const {
    return crypto::hmac_sha256(memo_key_, std::string(stored) + '\n' + password.reveal());
}

void PasswordPool::run(const std::function<void()>& job) {
    struct Wait {
        std::mutex mutex;
        std::condition_variable changed;
        bool done = false;
        std::exception_ptr failure;
    } wait;
    const bool taken = pool_.submit([&] {
        std::exception_ptr failure;
        const std::int64_t began = thread_cpu_ns();
        try {
            job();
        } catch (const std::exception&) {
            failure = std::current_exception(); // rethrown on the caller's thread
        }
        ++hashes_;
        cpu_ns_ += thread_cpu_ns() - began;
        std::lock_guard lock(wait.mutex);
        wait.failure = failure;
        wait.done = true;
        wait.changed.notify_one();
    });
    if (!taken)
        throw Failure(Fault::unavailable, "Busy",
                      "Too many passwords are being checked; try again in a moment.")
            .header("Retry-After", "1");
    std::unique_lock lock(wait.mutex);
    wait.changed.wait(lock, [&] { return wait.done; });
    if (wait.failure) std::rethrow_exception(wait.failure);
}

std::string PasswordPool::hash(const Password& password) {
    std::string made;
    run([&] { made = password::hash(password, options_); });
    return made;
}
bool PasswordPool::verify(const Password& password, std::string_view stored) {
    const std::string memo = memo_of(password, stored);
    {
        std::lock_guard lock(memo_mutex_);
        if (memos_.count(memo)) return true;
    }
    bool right = false;
    run([&] { right = password::verify(password, stored, options_); });
    if (right && remembered_ > 0) {
        std::lock_guard lock(memo_mutex_);
        if (memos_.size() >= remembered_) memos_.clear();
        memos_.insert(memo);
    }
    return right;
}
void PasswordPool::verify_nobody(const Password& password) {
    std::string stored;
    {
        std::lock_guard lock(memo_mutex_);
        stored = nobody_;
    }
    if (!stored.empty()) {
        verify(password, stored);
        return;
    }
    // Made at the first use, which takes as long as a verification, and not at every start.
    stored = hash(Password(hex_encode(crypto::random_bytes(16))));
    std::lock_guard lock(memo_mutex_);
    nobody_ = stored;
}

} // namespace nephele::password

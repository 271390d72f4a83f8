// SPDX-License-Identifier: Apache-2.0
// Password hashes in the forms keystone stores, so that a migrated database keeps working. Hashing
// is slow on purpose: PasswordPool keeps it on a few threads of its own, so that logins never
// starve other work.
#pragma once
#include "base/pool.h"
#include "base/secret.h"

#include <atomic>
#include <cstdint>
#include <functional>
#include <mutex>
#include <string>
#include <string_view>
#include <unordered_set>

namespace nephele::password {

using Password = Secret<std::string>;

enum class Algorithm { bcrypt, bcrypt_sha256, scrypt, pbkdf2_sha512, argon2id };

struct Options {
    Algorithm algorithm = Algorithm::bcrypt;
    /// Cost: bcrypt's power of two, scrypt's power of two (ln), PBKDF2's iterations, Argon2's
    /// passes. 0: upstream's default of the algorithm.
    int rounds = 0;
    int salt_bytes = 16;
    /// Longer passwords are cut to this many bytes (bcrypt: to 72 at most).
    std::size_t max_length = 4096;
};

/// "bcrypt", "bcrypt_sha256", "scrypt", "pbkdf2_sha512", "argon2id"; throws std::invalid_argument.
Algorithm algorithm_named(std::string_view name);

/// The hash as text. Throws Failure(bad_request) when the password holds a NUL byte.
std::string hash(const Password& password, const Options& options);
/// Understands every form hash() makes, $2a$, $2y$ and what libcrypt knows ($6$, $y$ ...). False
/// for a form it does not know.
bool verify(const Password& password, std::string_view stored, const Options& options = {});
/// True when the hash has another algorithm or cost than `options`.
bool needs_rehash(std::string_view stored, const Options& options);

/// A small pool for hashing. The caller blocks until its own password is done. A password that was
/// right before is recognised at once by a digest with a key only this process has (decision 0011).
class PasswordPool {
  public:
    PasswordPool(Options options, std::size_t threads, std::size_t queue_limit = 256,
                 std::size_t remembered = 1024);
    /// Throws Failure(unavailable) when too many are waiting already.
    std::string hash(const Password& password);
    bool verify(const Password& password, std::string_view stored);
    /// Spends the time of a verification, so that an unknown user answers no faster than a known
    /// one.
    void verify_nobody(const Password& password);
    const Options& options() const { return options_; }
    /// What hashing cost so far, in processor time: measured, not guessed from the clock.
    struct Work {
        std::int64_t hashes = 0, cpu_ns = 0;
    };
    Work work() const { return {hashes_.load(), cpu_ns_.load()}; }

  private:
    void run(const std::function<void()>& job);
    std::string memo_of(const Password& password, std::string_view stored) const;

    std::atomic<std::int64_t> hashes_{0}, cpu_ns_{0};
    Options options_;
    std::string nobody_; ///< hash of a password nobody has, made at the first use
    std::size_t remembered_;
    std::string memo_key_;
    std::mutex memo_mutex_;
    std::unordered_set<std::string> memos_;
    Pool pool_;
};

} // namespace nephele::password

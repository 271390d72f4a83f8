// SPDX-License-Identifier: Apache-2.0
#include "services/keystone/ops/state.h"

namespace nephele::keystone {
namespace {

password::Options hash_options(const Config& config) {
    return {.algorithm = password::algorithm_named(config.text("keystone.password_hash_algorithm")),
            .rounds = static_cast<int>(config.integer("keystone.password_hash_rounds")),
            .max_length = static_cast<std::size_t>(config.integer("keystone.max_password_length"))};
}

logic::PasswordRules rules_of(const Config& config) {
    return {.lockout_failures = config.integer("keystone.lockout_failure_attempts"),
            .lockout_seconds = config.integer("keystone.lockout_duration"),
            .expires_days = config.integer("keystone.password_expires_days"),
            .minimum_age_days = config.integer("keystone.minimum_password_age"),
            .unique_last = config.integer("keystone.unique_last_password_count"),
            .pattern = config.text("keystone.password_regex"),
            .pattern_description = config.text("keystone.password_regex_description"),
            .change_upon_first_use = config.boolean("keystone.change_password_upon_first_use")};
}

} // namespace

std::string key_directory(const Config& config) {
    if (auto directory = config.text("keystone.key_repository"); !directory.empty())
        return directory;
    // A database in memory is a test: it leaves nothing behind.
    if (config.text("database.url") == "sqlite::memory:") return "";
    return config.text("data.directory") + "/fernet-keys";
}

std::string credential_key_directory(const Config& config) {
    return key_directory(config).empty() ? "" : config.text("data.directory") + "/credential-keys";
}

State::State(Cloud& cloud)
    : keys(key_directory(cloud.config()),
           static_cast<int>(cloud.config().integer("keystone.max_active_keys")), cloud.ids()),
      credential_keys(credential_key_directory(cloud.config()), 3, cloud.ids()),
      passwords(hash_options(cloud.config()),
                static_cast<std::size_t>(cloud.config().integer("keystone.password_threads"))),
      rules(rules_of(cloud.config())),
      token_seconds(cloud.config().integer("keystone.token_expiration")),
      expired_window_seconds(cloud.config().integer("keystone.allow_expired_window")),
      max_project_depth(cloud.config().integer("keystone.max_project_tree_depth")) {}

std::vector<Option> options() {
    return {
        {"keystone.admin_password", "",
         "password of admin at the first start; empty: NEPHELE_ADMIN_PASSWORD, else made up and "
         "written to clouds.yaml in data.directory"},
        {"keystone.region", "RegionOne", "name of this region"},
        {"keystone.key_repository", "",
         "directory of the Fernet keys; empty: fernet-keys in data.directory"},
        {"keystone.max_active_keys", 3, "how many Fernet keys are kept when rotating"},
        {"keystone.token_expiration", 3600, "seconds a token is valid"},
        {"keystone.allow_expired_window", 172800,
         "seconds after expiry in which services may still validate a token"},
        {"keystone.password_hash_algorithm", "bcrypt",
         "bcrypt, bcrypt_sha256, scrypt, pbkdf2_sha512 or argon2id"},
        {"keystone.password_hash_rounds", 0, "cost of a password hash; 0: the algorithm's default"},
        {"keystone.password_threads", 2, "threads that hash passwords"},
        {"keystone.max_password_length", 4096, "longer passwords are cut"},
        {"keystone.lockout_failure_attempts", 0, "failed logins that lock an account; 0: never"},
        {"keystone.lockout_duration", 1800, "seconds a locked account stays locked"},
        {"keystone.password_expires_days", 0, "days a password is valid; 0: for ever"},
        {"keystone.minimum_password_age", 0, "days before an own password may be changed again"},
        {"keystone.unique_last_password_count", 0,
         "how many former passwords may not be used again"},
        {"keystone.password_regex", "", "POSIX extended pattern new passwords must match"},
        {"keystone.password_regex_description", "", "the pattern in words, for messages"},
        {"keystone.change_password_upon_first_use", false,
         "a password set by an administrator must be changed before it is used"},
        {"keystone.max_project_tree_depth", 5, "levels of projects below a domain"},
    };
}

} // namespace nephele::keystone

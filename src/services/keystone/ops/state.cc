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
            .change_upon_first_use = config.boolean("keystone.change_password_upon_first_use"),
            .inactive_days = config.integer("keystone.disable_user_account_days_inactive")};
}

logic::ThrottleLimits throttle_of(const Config& config) {
    return {.account_failures = config.integer("keystone.throttle_account_failures"),
            .source_failures = config.integer("keystone.throttle_source_failures"),
            .window_seconds = config.integer("keystone.throttle_window"),
            .most_entries = 65'536};
}

} // namespace

static std::unique_ptr<store::JwsKeys> jws_keys_of(const Config& config) {
    const std::string provider = config.text("keystone.token_provider");
    if (provider == "fernet") return nullptr;
    if (provider != "jws")
        throw bad_request("BadConfig", "keystone.token_provider is fernet or jws, not " + provider);
    return std::make_unique<store::JwsKeys>(
        jws_key_directory(config), static_cast<int>(config.integer("keystone.max_active_keys")));
}

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

std::string receipt_key_directory(const Config& config) {
    return key_directory(config).empty() ? "" : config.text("data.directory") + "/receipt-keys";
}

std::string jws_key_directory(const Config& config) {
    return key_directory(config).empty() ? "" : config.text("data.directory") + "/jws-keys";
}

State::State(Cloud& cloud)
    : keys(key_directory(cloud.config()),
           static_cast<int>(cloud.config().integer("keystone.max_active_keys")), cloud.ids()),
      credential_keys(credential_key_directory(cloud.config()), 3, cloud.ids()),
      jws(jws_keys_of(cloud.config())),
      receipt_keys(receipt_key_directory(cloud.config()), 3, cloud.ids()),
      passwords(hash_options(cloud.config()),
                static_cast<std::size_t>(cloud.config().integer("keystone.password_threads"))),
      rules(rules_of(cloud.config())), throttle(throttle_of(cloud.config())),
      auth_methods(cloud.config().list("keystone.auth_methods")),
      allow_rescope(cloud.config().boolean("keystone.allow_rescope_scoped_token")),
      receipt_seconds(cloud.config().integer("keystone.receipt_expiration")),
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
        {"keystone.token_provider", "fernet",
         "fernet, or jws: tokens signed with ES256 that others can verify (longer)"},
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
        {"keystone.disable_user_account_days_inactive", 0,
         "days without a login after which an account counts as disabled; 0: never"},
        {"keystone.auth_methods",
         Json::array({"external", "password", "token", "oauth1", "mapped", "saml2", "openid",
                      "application_credential", "totp"}),
         "methods by which a token can be got"},
        {"keystone.allow_rescope_scoped_token", true,
         "a scoped token may be exchanged for one of another scope"},
        {"keystone.receipt_expiration", 300, "seconds an auth receipt is valid"},
        {"keystone.totp_included_previous_windows", 1,
         "how many 30-second steps a one-time passcode may be late, 0 to 10"},
        {"keystone.throttle_account_failures", 20,
         "failed logins of one account in throttle_window that close it to new sources; 0: never"},
        {"keystone.throttle_source_failures", 200,
         "failed logins from one address in throttle_window that close it; 0: never"},
        {"keystone.throttle_window", 60, "seconds in which failed logins are forgotten"},
        {"keystone.trusted_proxies", Json::array(),
         "addresses of proxies whose X-Forwarded-For and external_header are believed"},
        {"keystone.external_certificate", false,
         "method external: the common name of a client certificate (http.tls_client_ca) is a user"},
        {"keystone.external_header", "",
         "method external: header in which a trusted proxy names the user; empty: none"},
        {"keystone.external_domain_header", "",
         "header in which a trusted proxy names the user's domain; empty: external_domain"},
        {"keystone.external_domain", "default", "id of the domain of external users"},
        {"keystone.external_domain_attribute", "",
         "attribute of the certificate's subject that names the domain, for example O"},
        {"keystone.oauth2_authn_methods", Json::array({"client_secret_basic"}),
         "how OAuth 2.0 clients may say who they are; tls_client_auth believes the authority of "
         "http.tls_client_ca in what certificates say of users"},
        {"keystone.oauth1_request_token_duration", 28800,
         "seconds an OAuth 1 request token is valid; 0: for ever"},
        {"keystone.oauth1_access_token_duration", 86400,
         "seconds an OAuth 1 access token is valid; 0: for ever"},
        {"keystone.max_project_tree_depth", 5, "levels of projects below a domain"},
    };
}

} // namespace nephele::keystone

// SPDX-License-Identifier: Apache-2.0
// The schema of delegated and second-factor logins: passcodes that were used, OAuth 1, activity.
#include "services/keystone/store/migrations.h"

namespace nephele::keystone {

std::vector<db::Migration> delegation_migrations() {
    return {
        {.name = "keystone.010_second_factors",
         .statements =
             {
                 "CREATE TABLE keystone_totp_uses (credential_id TEXT PRIMARY KEY"
                 " REFERENCES keystone_credentials (id) ON DELETE CASCADE,"
                 " last_step BIGINT NOT NULL)",
                 "ALTER TABLE keystone_users ADD COLUMN last_active_at BIGINT",
             }},
        {.name = "keystone.011_oauth1",
         .statements =
             {
                 "CREATE TABLE keystone_consumers (id TEXT PRIMARY KEY, description TEXT,"
                 " secret TEXT NOT NULL, extra TEXT)",
                 "CREATE TABLE keystone_request_tokens (id TEXT PRIMARY KEY, secret TEXT NOT NULL,"
                 " consumer_id TEXT NOT NULL REFERENCES keystone_consumers (id),"
                 " requested_project_id TEXT NOT NULL, verifier TEXT NOT NULL,"
                 " authorizing_user_id TEXT NOT NULL, role_ids TEXT NOT NULL, expires_at BIGINT)",
                 "CREATE INDEX keystone_request_tokens_consumer"
                 " ON keystone_request_tokens (consumer_id)",
                 "CREATE TABLE keystone_access_tokens (id TEXT PRIMARY KEY, secret TEXT NOT NULL,"
                 " consumer_id TEXT NOT NULL REFERENCES keystone_consumers (id),"
                 " authorizing_user_id TEXT NOT NULL, project_id TEXT NOT NULL,"
                 " role_ids TEXT NOT NULL, expires_at BIGINT)",
                 "CREATE INDEX keystone_access_tokens_consumer ON keystone_access_tokens "
                 "(consumer_id)",
                 "CREATE INDEX keystone_access_tokens_user"
                 " ON keystone_access_tokens (authorizing_user_id)",
                 "CREATE INDEX keystone_access_tokens_project ON keystone_access_tokens "
                 "(project_id)",
             }},
        {.name = "keystone.012_credential_sources",
         .statements = {
             "ALTER TABLE keystone_application_credentials ADD COLUMN source_id TEXT",
             "CREATE INDEX keystone_application_credentials_source"
             " ON keystone_application_credentials (source_id)",
         }}};
}

} // namespace nephele::keystone

// SPDX-License-Identifier: Apache-2.0
#include "services/keystone/model/oauth1.h"

#include "services/keystone/model/project.h"

namespace nephele::keystone {
namespace {

Json access_token_links(const AccessToken& token, const View& view) {
    const std::string self = view.base_url + "/v3/users/" + token.authorizing_user_id +
                             "/OS-OAUTH1/access_tokens/" + token.id;
    return Json::object({{"roles", self + "/roles"}, {"self", self}});
}

} // namespace

const Shape<Consumer>& Consumer::shape() {
    static const auto made =
        Shape<Consumer>("consumer", "consumers")
            .field("id", &Consumer::id, {read_only})
            .field("description", &Consumer::description)
            .field("secret", &Consumer::secret, {nephele::shape::secret, read_only})
            .computed("links",
                      [](const Consumer& consumer, const View& view) {
                          return self_link(view, "/v3/OS-OAUTH1/consumers/", consumer.id);
                      })
            .extras("extra", &Consumer::extra, {read_only});
    return made;
}

const Shape<RequestToken>& RequestToken::shape() {
    using Self = RequestToken;
    static const auto made = Shape<Self>("request_token", "request_tokens")
                                 .field("id", &Self::id)
                                 .field("secret", &Self::secret, {nephele::shape::secret})
                                 .field("consumer_id", &Self::consumer_id)
                                 .field("requested_project_id", &Self::requested_project_id)
                                 .field("verifier", &Self::verifier, {nephele::shape::secret})
                                 .field("authorizing_user_id", &Self::authorizing_user_id)
                                 .field("role_ids", &Self::role_ids)
                                 .field("expires_at", &Self::expires_at, {time_format(6, "Z")});
    return made;
}

const Shape<AccessToken>& AccessToken::shape() {
    using Self = AccessToken;
    static const auto made = Shape<Self>("access_token", "access_tokens")
                                 .field("id", &Self::id)
                                 .field("secret", &Self::secret, {nephele::shape::secret})
                                 .field("consumer_id", &Self::consumer_id)
                                 .field("authorizing_user_id", &Self::authorizing_user_id)
                                 .field("project_id", &Self::project_id)
                                 .field("role_ids", &Self::role_ids, {hidden})
                                 .field("expires_at", &Self::expires_at, {time_format(6, "Z")})
                                 .computed("links", access_token_links);
    return made;
}

const Table<Consumer>& table::consumers() {
    static const Table<Consumer> made({.name = "keystone_consumers",
                                       .service = "keystone",
                                       .kind = "consumer",
                                       .not_found_code = "NotFound",
                                       .not_found_message = "Consumer not found: {}."});
    return made;
}
const Table<RequestToken>& table::request_tokens() {
    static const Table<RequestToken> made({.name = "keystone_request_tokens",
                                           .service = "keystone",
                                           .kind = "request_token",
                                           .not_found_code = "NotFound",
                                           .not_found_message = "Request token not found: {}."});
    return made;
}
const Table<AccessToken>& table::access_tokens() {
    static const Table<AccessToken> made({.name = "keystone_access_tokens",
                                          .service = "keystone",
                                          .kind = "access_token",
                                          .user_column = "authorizing_user_id",
                                          .not_found_code = "NotFound",
                                          .not_found_message = "Access token not found: {}."});
    return made;
}

} // namespace nephele::keystone

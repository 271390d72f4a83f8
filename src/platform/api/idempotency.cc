// SPDX-License-Identifier: Apache-2.0
#include "platform/api/idempotency.h"

#include "base/strings.h"
#include "platform/crypto/crypto.h"

namespace nephele::api {

const std::vector<db::Migration>& idempotency_migrations() {
    static const std::vector<db::Migration> all{
        {"api.001_idempotency",
         {"CREATE TABLE idempotency (owner TEXT NOT NULL, key TEXT NOT NULL, "
          "fingerprint TEXT NOT NULL, status BIGINT NOT NULL, headers TEXT NOT NULL, "
          "body TEXT NOT NULL, created_at BIGINT NOT NULL, PRIMARY KEY (owner, key))",
          "CREATE INDEX idempotency_created ON idempotency (created_at)"}}};
    return all;
}

std::optional<KeyedRequest> keyed_request(const Incoming& in) {
    auto* key = in.head.headers.find("Idempotency-Key");
    if (!key || in.head.method == "GET" || in.head.method == "HEAD") return std::nullopt;
    bool visible = !key->empty() && key->size() <= 255;
    for (unsigned char c : *key) visible = visible && c > 0x20 && c < 0x7F;
    if (!visible)
        throw bad_request("InvalidIdempotencyKey",
                          "Idempotency-Key must be 1 to 255 visible ASCII characters.");
    return KeyedRequest{*key,
                        in.who.user_id + "/" + in.who.project_id + "/" + in.who.domain_id + "/" +
                            in.service.name,
                        hex_encode(crypto::sha256(in.head.method + "\n" + in.service_path + "?" +
                                                  in.head.query + "\n" + in.raw_body))};
}

std::optional<http::Response> kept_answer(db::Tx& tx, const KeyedRequest& request) {
    std::optional<http::Response> answer;
    tx.first(
        "SELECT fingerprint, status, headers, body FROM idempotency WHERE owner = ? AND key = ?",
        {request.owner, request.key}, [&](const db::Row& row) {
            if (row.text(0) != request.fingerprint)
                throw Failure(Fault::unprocessable, "IdempotencyKeyReused",
                              "This Idempotency-Key came before with another request. Use a new "
                              "key for a new request.");
            answer.emplace();
            answer->status = static_cast<int>(row.integer(1));
            Json headers = Json::parse(row.text(2));
            for (auto& [name, value] : headers.as_object())
                answer->headers.add(name, value.as_string());
            answer->headers.set("Idempotency-Replayed", "true");
            answer->body = row.str(3);
        });
    return answer;
}

void keep_answer(db::Tx& tx, const KeyedRequest& request, const http::Response& answer, Time now) {
    Json headers = Json::object();
    for (auto& [name, value] : answer.headers.all()) headers[name] = value;
    tx.exec("INSERT INTO idempotency (owner, key, fingerprint, status, headers, body, created_at) "
            "VALUES (?, ?, ?, ?, ?, ?, ?)",
            db::Params{request.owner, request.key, request.fingerprint, std::int64_t(answer.status),
                       headers.dump(), answer.body, now.us});
}

task::Task forget_answers() {
    return {.name = "api.forget_answers", .every_ms = 600'000, .run = [](Cloud& cloud) {
                auto before = cloud.now().plus_seconds(-86400);
                cloud.db().write([&](db::Tx& tx) {
                    tx.exec("DELETE FROM idempotency WHERE created_at < ?", {before.us});
                });
            }};
}

} // namespace nephele::api

// SPDX-License-Identifier: Apache-2.0
#include "platform/api/idempotency.h"

#include "base/strings.h"
#include "platform/crypto/crypto.h"

namespace nephele::api {
namespace {

std::string owner_of(const Incoming& in) {
    const Principal& who = in.who;
    return who.user_id + "/" + who.project_id + "/" + who.domain_id + "/" +
           (who.system_all ? "system/" : "/") + in.service.name;
}

// What makes two requests the same.
std::string content_of(const Incoming& in) {
    std::string text = in.head.method + "\n" + in.service_path + "?" + in.head.query + "\n";
    if (!in.route.options.streamed) return text + in.raw_body;
    return text + in.head.headers.get("Content-Type") + "\n" +
           in.head.headers.get("Content-Length");
}

} // namespace

Failure key_reused() {
    return Failure(Fault::unprocessable, "IdempotencyKeyReused",
                   "This Idempotency-Key came before with another request. Use a new key for a new "
                   "request.");
}

std::string sealed(const KeyedRequest& request, const http::Response& answer) {
    if (answer.file || answer.stream || answer.upgrade)
        throw Failure(Fault::unprocessable, "IdempotencyKeyUnsupported",
                      "The answer to this call is a stream, which cannot be kept: call it without "
                      "Idempotency-Key.");
    Json headers = Json::object();
    for (auto& [name, value] : answer.headers.all()) headers[name] = value;
    std::string text = headers.dump();
    return crypto::seal(request.seal, std::to_string(text.size()) + "\n" + text + answer.body,
                        request.owner);
}

http::Response opened(const KeyedRequest& request, int status, std::string_view text) {
    auto plain = crypto::open_sealed(request.seal, text, request.owner);
    if (!plain) throw key_reused();
    auto line = plain->find('\n');
    auto length = static_cast<std::size_t>(to_int(plain->substr(0, line)).value_or(0));
    http::Response answer;
    answer.status = status;
    Json headers = Json::parse(plain->substr(line + 1, length));
    for (auto& [name, value] : headers.as_object()) answer.headers.add(name, value.as_string());
    answer.headers.set("Idempotency-Replayed", "true");
    answer.body = plain->substr(line + 1 + length);
    return answer;
}

const std::vector<db::Migration>& idempotency_migrations() {
    static const std::vector<db::Migration> all{
        {"api.001_idempotency",
         {"CREATE TABLE idempotency (owner TEXT NOT NULL, key TEXT NOT NULL, "
          "fingerprint TEXT NOT NULL, status BIGINT NOT NULL, headers TEXT NOT NULL, "
          "body TEXT NOT NULL, created_at BIGINT NOT NULL, PRIMARY KEY (owner, key))",
          "CREATE INDEX idempotency_created ON idempotency (created_at)"}},
        // Answers were readable; they are worth a day at most, so they are not carried over.
        {"api.002_sealed_answers",
         {"DROP TABLE idempotency",
          "CREATE TABLE idempotency (owner TEXT NOT NULL, key TEXT NOT NULL, "
          "fingerprint TEXT NOT NULL, status BIGINT NOT NULL, answer BLOB, "
          "holder TEXT NOT NULL, held_until BIGINT NOT NULL, created_at BIGINT NOT NULL, "
          "PRIMARY KEY (owner, key))",
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
    // A verb that only reads has no effect that a repeat could double.
    if (in.route.options.read_only) return std::nullopt;
    KeyedRequest request;
    request.owner = owner_of(in);
    request.fingerprint = hex_encode(crypto::hmac_sha256(*key, content_of(in)));
    if (in.who.user_id.empty()) request.owner += "/" + request.fingerprint;
    request.key = hex_encode(crypto::hmac_sha256(*key, "key\n" + request.owner));
    request.seal = crypto::hmac_sha256(*key, "answer\n" + request.owner + content_of(in));
    return request;
}

std::optional<http::Response> kept_answer(db::Tx& tx, const KeyedRequest& request) {
    std::optional<http::Response> answer;
    tx.first("SELECT fingerprint, status, answer FROM idempotency WHERE owner = ? AND key = ?",
             {request.owner, request.key}, [&](const db::Row& row) {
                 if (row.text(0) != request.fingerprint) throw key_reused();
                 answer = opened(request, static_cast<int>(row.integer(1)), row.text(2));
             });
    return answer;
}

void keep_answer(db::Tx& tx, const KeyedRequest& request, const http::Response& answer, Time now) {
    tx.exec("INSERT INTO idempotency (owner, key, fingerprint, status, answer, holder, held_until, "
            "created_at) VALUES (?, ?, ?, ?, ?, '', 0, ?)",
            db::Params{request.owner, request.key, request.fingerprint, std::int64_t(answer.status),
                       db::Blob{sealed(request, answer)}, now.us});
}

task::Task forget_answers() {
    return {.name = "api.forget_answers", .every_ms = 600'000, .run = [](Cloud& cloud) {
                auto now = cloud.now();
                cloud.db().write([&](db::Tx& tx) {
                    tx.exec("DELETE FROM idempotency WHERE created_at < ? AND held_until < ?",
                            {now.plus_seconds(-86400).us, now.us});
                });
            }};
}

} // namespace nephele::api

// SPDX-License-Identifier: Apache-2.0
// Objects: read, stored, given other metadata, removed.
#include "services/swift/api/core.h"

#include "base/strings.h"
#include "services/swift/logic/conditions.h"
#include "services/swift/logic/metadata.h"

namespace nephele::swift {
namespace {

constexpr std::size_t piece_bytes = 256 * 1024;

class StoredContent final : public Content {
  public:
    explicit StoredContent(std::unique_ptr<ObjectReader> reader) : reader_(std::move(reader)) {}
    std::uint64_t size() const override { return reader_->info().bytes; }
    std::size_t read(std::uint64_t offset, char* into, std::size_t size) override {
        return reader_->read(offset, into, size);
    }
    std::optional<http::FileBody> file(std::uint64_t offset, std::uint64_t length) override {
        return reader_->file(offset, length);
    }

  private:
    std::unique_ptr<ObjectReader> reader_;
};

Answer read_object(Request& request) {
    need_container(request);
    Answer answer;
    if (request.method == "HEAD") {
        auto info = find_object(request, request.name());
        if (!info) throw Refused(404);
        describe_object(answer, *info);
        answer.headers.set("Content-Length", std::to_string(info->bytes));
        return answer;
    }
    auto reader = request.backend().open(request.name());
    if (!reader || logic::is_expired(reader->info().metadata, request.site.cloud.now()))
        throw Refused(404);
    describe_object(answer, reader->info());
    answer.content = std::make_shared<StoredContent>(std::move(reader));
    return answer;
}

void take_expiry(Request& request, Metadata& metadata) {
    Time now = request.site.cloud.now();
    auto expiry =
        logic::expiry_of(request.header("X-Delete-At"), request.header("X-Delete-After"), now);
    // What another cloud sent may be past its time here: it goes away like any other.
    if (!expiry.fault.empty() && !request.when) throw Refused(400, expiry.fault, true);
    if (expiry.at) metadata["X-Delete-At"] = std::to_string(*expiry.at);
}

std::string content_type_of(const Request& request) {
    std::string given = request.header("Content-Type");
    if (given.empty() || logic::is_true(request.header("X-Detect-Content-Type")))
        return logic::guess_content_type(request.object);
    if (!is_utf8(given)) throw Refused(400, "Invalid Content-Type", true);
    if (given.find(";swift_") != std::string::npos || given.find("; swift_") != std::string::npos)
        throw Refused(400, "Invalid Content-Type, swift_* is not a valid parameter name.");
    return given;
}

// What is wrong with a PUT is told before a byte of it is read.
ObjectInfo checked_new_object(Request& request) {
    const auto& limits = request.limits();
    if (request.length && *request.length > limits.max_file_size)
        throw Refused(413, "Your request is too large.", true);
    if (!request.length && !iequals(request.header("Transfer-Encoding"), "chunked"))
        throw Refused(411, "Missing Content-Length header.", true);
    if (request.object.size() > limits.max_object_name_length && !request.internal)
        throw Refused(400,
                      format("Object name length of {} longer than {}", request.object.size(),
                             limits.max_object_name_length),
                      true);
    auto fault = logic::metadata_fault(request.headers.all(), "object", limits);
    if (!fault.empty()) throw Refused(400, fault, true);
    ObjectInfo info;
    info.content_type = content_type_of(request);
    info.metadata = logic::object_metadata(request.headers.all());
    take_expiry(request, info.metadata);
    for (auto& [name, value] : request.system) info.metadata[name] = value;
    info.listed_etag = request.listed_etag;
    info.listed_bytes = request.listed_bytes;
    return info;
}

void receive(Request& request, ObjectWriter& writer) {
    if (!request.body) return;
    std::string piece(request.length ? std::min<std::uint64_t>(*request.length + 1, piece_bytes)
                                     : piece_bytes,
                      '\0');
    while (auto count = request.body->read(piece.data(), piece.size())) {
        if (writer.bytes() + count > request.limits().max_file_size)
            throw Refused(413, "Your request is too large.", true);
        writer.write(std::string_view(piece).substr(0, count));
    }
    if (request.length && writer.bytes() != *request.length) throw Refused(499);
}

Answer store_object(Request& request) {
    std::string none_match = request.header("If-None-Match");
    if (!none_match.empty() && none_match.find('*') == std::string::npos)
        throw Refused(400, "If-None-Match only supports *", true);
    ContainerInfo container = need_container(request);
    ObjectInfo info = checked_new_object(request);
    if (!none_match.empty() && find_object(request, request.name())) throw Refused(412);
    auto writer = request.backend().put(request.name(), container.policy, request.length);
    receive(request, *writer);
    std::string claimed = lower(trim(request.header("Etag")));
    if (claimed.size() > 1 && claimed.front() == '"' && claimed.back() == '"')
        claimed = claimed.substr(1, claimed.size() - 2);
    std::string etag = writer->etag();
    if (!claimed.empty() && claimed != etag) throw Refused(422);
    info.timestamp = info.data_timestamp = request.when.value_or(request.backend().now());
    auto outcome = writer->commit(info);
    if (outcome == Outcome::absent) throw Refused(404); // The container went while bytes came.
    Answer answer = page(outcome == Outcome::stale ? 202 : 201);
    answer.headers.set("Etag", etag);
    answer.headers.set("Last-Modified", http_date(logic::last_modified(info.timestamp)));
    answer.headers.set("X-Timestamp", info.timestamp.text());
    return answer;
}

Answer change_object(Request& request) {
    need_container(request);
    auto fault = logic::metadata_fault(request.headers.all(), "object", request.limits());
    if (!fault.empty()) throw Refused(400, fault, true);
    auto kept = find_object(request, request.name());
    if (!kept) throw Refused(404);
    ObjectInfo info = *kept;
    info.metadata = logic::object_metadata(request.headers.all());
    info.metadata.erase("X-Static-Large-Object");
    take_expiry(request, info.metadata);
    for (auto& [name, value] : kept->metadata)
        if (logic::is_system_metadata(name) || name == "X-Static-Large-Object")
            info.metadata[name] = value;
    if (auto* type = request.headers.find("Content-Type"); type && !type->empty()) {
        if (!is_utf8(*type)) throw Refused(400, "Invalid Content-Type", true);
        info.content_type = *type;
    }
    info.timestamp = request.when.value_or(request.backend().now());
    if (request.backend().save_metadata(request.name(), info) == Outcome::absent)
        throw Refused(404);
    Answer answer = page(202);
    answer.headers.set("X-Timestamp", info.timestamp.text());
    return answer;
}

Answer remove_object(Request& request) {
    need_container(request);
    // One past its time is gone already for everybody who asks.
    bool visible = find_object(request, request.name()).has_value();
    auto when = request.when.value_or(request.backend().now());
    auto outcome = request.backend().remove(request.name(), when);
    if (outcome == Outcome::stale) throw Refused(409);
    if (outcome == Outcome::absent || !visible) throw Refused(404);
    Answer answer = page(204);
    answer.headers.set("X-Timestamp", when.text());
    return answer;
}

} // namespace

std::optional<ObjectInfo> find_object(Request& request, const ObjectName& name) {
    auto info = request.backend().head(name);
    if (info && logic::is_expired(info->metadata, request.site.cloud.now())) return std::nullopt;
    return info;
}

void describe_object(Answer& answer, const ObjectInfo& info) {
    Time modified = logic::last_modified(info.timestamp);
    answer.headers.add("Content-Type", info.content_type);
    answer.headers.add("Etag", info.etag);
    answer.headers.add("Last-Modified", http_date(modified));
    answer.headers.add("X-Timestamp", info.timestamp.text());
    answer.headers.add("Accept-Ranges", "bytes");
    for (auto& [name, value] : info.metadata) answer.headers.add(name, value);
    answer.conditional = true;
    answer.etag = info.etag;
    answer.modified = modified;
}

Answer of_object(Request& request) {
    if (request.reads()) return read_object(request);
    if (request.method == "PUT") return store_object(request);
    if (request.method == "POST") return change_object(request);
    if (request.method == "DELETE") return remove_object(request);
    throw Refused(405).with("Allow", "GET, HEAD, OPTIONS, PUT, POST, DELETE, COPY");
}

Answer core(Request& request, const Next&) {
    if (request.of_account()) return of_account(request);
    if (request.of_container()) return of_container(request);
    return of_object(request);
}

} // namespace nephele::swift

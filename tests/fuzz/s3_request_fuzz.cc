// SPDX-License-Identifier: Apache-2.0
// libFuzzer target of what S3 reads before it knows who asks: request line, signature, chunked
// body. Whatever the bytes: an answer or an error of S3's, the same for a body in other pieces, and
// never a body longer than promised.
#include "base/strings.h"
#include "services/swift/s3/error.h"
#include "services/swift/s3/payload.h"
#include "services/swift/s3/signature.h"

#include <algorithm>
#include <cstdio>
#include <cstdlib>

using namespace nephele;
using namespace nephele::swift::s3;

namespace {
void require(bool condition, const char* what) {
    if (condition) return;
    std::fprintf(stderr, "broken promise: %s\n", what);
    std::abort();
}

class Wire final : public http::BodyReader {
  public:
    Wire(std::string_view text, std::size_t step) : text_(text), step_(step) {}
    std::size_t read(char* into, std::size_t size) override {
        const std::size_t count = std::min({size, step_, text_.size() - at_});
        std::copy_n(text_.data() + at_, count, into);
        at_ += count;
        return count;
    }
    std::optional<std::uint64_t> length() const override { return text_.size(); }

  private:
    std::string_view text_;
    std::size_t step_, at_ = 0;
};

// "GET /path?query HTTP/1.1", header lines, an empty line; then the body.
http::RequestHead read_head(std::string_view text) {
    http::RequestHead head;
    bool first = true;
    for (const auto& line : split(text, '\n')) {
        if (first) {
            const auto words = split(line, ' ');
            head.method = words[0];
            head.target = words.size() > 1 ? words[1] : "/";
            head.path = head.target.substr(0, head.target.find('?'));
            if (const auto mark = head.target.find('?'); mark != head.target.npos)
                head.query = head.target.substr(mark + 1);
            first = false;
            continue;
        }
        const auto colon = line.find(':');
        if (colon != line.npos)
            head.headers.add(line.substr(0, colon), std::string(trim(line.substr(colon + 1))));
    }
    return head;
}

std::string outcome(const http::RequestHead& head, std::string_view body, std::size_t step) {
    try {
        const Query query(head.query);
        const Target target = read_target(head, {"s3.test"});
        require(target.key.size() <= 1024, "keys are bounded");
        const auto authorization = read_authorization(head, query);
        if (!authorization) return "unsigned";
        require(is_signed(head), "what is read as signed is known to be signed");
        signature_fits(*authorization, "secret", head, query, target);
        check_scope(*authorization, "us-east-1");
        check_time(*authorization, Time{1'700'000'000'000'000});
        check_signed_headers(*authorization, head);
    } catch (const Failure& failure) {
        // The body is read all the same: by itself it must be safe.
        require(error_status(failure) < 500 || error_status(failure) == 501, "the client's fault");
        require(error_xml(failure, head.path, "tx").size() > 50, "an error has words");
    }
    try {
        auto plan =
            plan_payload(head, head.headers.get("x-amz-content-sha256", "UNSIGNED-PAYLOAD"));
        const auto promised = plan.length;
        Wire wire(body, step);
        Payload payload(wire, std::move(plan),
                        {"key", "20230101T000000Z", "00", {"20230101", "us-east-1", "s3"}});
        std::string out(4096, '\0'), all;
        while (const std::size_t count = payload.read(out.data(), out.size()))
            all.append(out, 0, count);
        require(!promised || all.size() == *promised, "as long as promised");
        return "body " + hex_encode(crypto::sha256(all));
    } catch (const Failure& failure) {
        require(error_status(failure) < 500 || error_status(failure) == 501, "the client's fault");
        // Which of several faults is met first depends on the pieces.
        return "refused";
    }
}
} // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    const std::string_view input(reinterpret_cast<const char*>(data), size);
    const auto end = input.find("\n\n");
    const auto head = read_head(input.substr(0, end));
    const auto body = end == input.npos ? std::string_view() : input.substr(end + 2);
    require(outcome(head, body, 100000) == outcome(head, body, 3), "the same in other pieces");
    return 0;
}

// SPDX-License-Identifier: Apache-2.0
#include "services/swift/api/segments.h"

#include <algorithm>
#include <cstring>

namespace nephele::swift {
namespace {

const http::RequestHead& no_head() {
    static const http::RequestHead head;
    return head;
}

class SegmentedContent final : public Content {
  public:
    SegmentedContent(const Request& request, const Next& next, std::vector<logic::Segment> segments)
        : caller_{request.site, no_head()}, next_(next), segments_(std::move(segments)) {
        // The answer may be sent after the request is gone: what it needs is kept here.
        caller_.account = request.account;
        caller_.trans_id = request.trans_id;
        caller_.caller = request.caller;
        caller_.internal = request.internal;
        for (auto& segment : segments_) {
            starts_.push_back(size_);
            size_ += segment.length;
        }
        if (!segments_.empty() && size_ > 0) open(index_of(0));
    }
    std::uint64_t size() const override { return size_; }

    std::size_t read(std::uint64_t offset, char* into, std::size_t size) override {
        if (offset >= size_) return 0;
        auto index = index_of(offset);
        const auto& segment = segments_[index];
        auto inside = offset - starts_[index];
        auto count = std::min<std::uint64_t>(size, segment.length - inside);
        if (!segment.data.empty()) {
            std::memcpy(into, segment.data.data() + inside, count);
            return count;
        }
        if (open_ != index) open(index);
        return content_->read(segment.first + inside, into, count);
    }

  private:
    // The segment that holds this byte; empty ones hold none.
    std::size_t index_of(std::uint64_t offset) const {
        auto after = std::upper_bound(starts_.begin(), starts_.end(), offset);
        return static_cast<std::size_t>(after - starts_.begin()) - 1;
    }

    void open(std::size_t index) {
        const auto& segment = segments_[index];
        if (!segment.data.empty()) return;
        Request get = caller_.ask("GET", segment.container, segment.object);
        if (segment.is_manifest) get.query.emplace_back("multipart-manifest", "get");
        Answer answer = next_.tried(get);
        bool same = answer.good() && (segment.etag.empty() || answer.etag == segment.etag);
        if (!answer.content && same) {
            struct Text final : Content {
                std::string text;
                std::uint64_t size() const override { return text.size(); }
                std::size_t read(std::uint64_t offset, char* into, std::size_t size) override {
                    if (offset >= text.size()) return 0;
                    return text.copy(into, size, offset);
                }
            };
            auto text = std::make_shared<Text>();
            text->text = std::move(answer.body);
            answer.content = text;
        }
        if (!same || answer.content->size() < segment.first + segment.length) throw Refused(409);
        content_ = answer.content;
        open_ = index;
    }

    Request caller_;
    Next next_;
    std::vector<logic::Segment> segments_;
    std::vector<std::uint64_t> starts_;
    std::uint64_t size_ = 0;
    std::size_t open_ = static_cast<std::size_t>(-1);
    std::shared_ptr<Content> content_;
};

} // namespace

std::shared_ptr<Content> segmented_content(const Request& request, const Next& next,
                                           std::vector<logic::Segment> segments) {
    return std::make_shared<SegmentedContent>(request, next, std::move(segments));
}

} // namespace nephele::swift

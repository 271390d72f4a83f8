// SPDX-License-Identifier: Apache-2.0
#include "services/glance/drivers/remote.h"

#include "base/strings.h"
#include "platform/fault/fault.h"

#include <algorithm>

namespace nephele::glance {
namespace {
constexpr int parts_of_one_length = 1000;
constexpr std::size_t longest_part = 64 << 20;
} // namespace

http::ClientResponse exchange(const http::ClientRequest& request, http::Egress& egress) {
    try {
        return http::fetch(request, egress);
    } catch (const EngineFailure& failure) {
        throw StoreError(StoreError::Kind::failed, failure.what());
    } catch (const Failure& failure) {
        throw StoreError(StoreError::Kind::denied, failure.what());
    }
}

void check_status(const http::ClientResponse& response, const std::string& what, int also) {
    if (response.status / 100 == 2 || (also && response.status == also)) return;
    auto kind = response.status == 401 || response.status == 403   ? StoreError::Kind::denied
                : response.status == 413 || response.status == 507 ? StoreError::Kind::full
                                                                   : StoreError::Kind::failed;
    throw StoreError(kind, format("{}: {} {}", what, response.status,
                                  std::string_view(response.body).substr(0, 300)));
}

void Parts::add(std::string_view piece, const std::function<void(const std::string&)>& full) {
    while (!piece.empty()) {
        auto taken = piece.substr(0, part_bytes_ - buffer_.size());
        buffer_.append(taken);
        piece.remove_prefix(taken.size());
        if (buffer_.size() < part_bytes_) return;
        ++count_;
        full(buffer_);
        buffer_.clear();
        if (count_ % parts_of_one_length == 0 && part_bytes_ < longest_part) part_bytes_ *= 2;
    }
}

std::vector<std::string> xml_texts(const std::string& xml, const std::string& tag) {
    std::string open = "<" + tag + ">", close = "</" + tag + ">";
    std::vector<std::string> out;
    for (std::size_t at = 0; (at = xml.find(open, at)) != std::string::npos;) {
        at += open.size();
        auto end = xml.find(close, at);
        if (end == std::string::npos) break;
        out.push_back(xml.substr(at, end - at));
        at = end;
    }
    return out;
}

void RangeReader::read(std::uint64_t offset, std::uint64_t length, const Sink& sink) {
    if (length == 0) return;
    std::uint64_t seen = 0, skip = ranges_ ? 0 : offset;
    bool stopped = false;
    http::ClientRequest request;
    request.timeout_ms = 0;
    request.stall_timeout_ms = 60'000;
    if (ranges_) request.headers.set("Range", format("bytes={}-{}", offset, offset + length - 1));
    request.sink = [&](std::string_view piece) {
        auto before = std::min<std::uint64_t>(skip, piece.size());
        skip -= before;
        piece.remove_prefix(static_cast<std::size_t>(before));
        piece = piece.substr(
            0, static_cast<std::size_t>(std::min<std::uint64_t>(piece.size(), length - seen)));
        seen += piece.size();
        if (!piece.empty() && !sink(piece)) stopped = true;
        return !stopped && seen < length;
    };
    auto response = get_(request);
    if (stopped || seen == length) return;
    check_status(response, "reading an object");
    throw StoreError(StoreError::Kind::failed,
                     format("an object ends after {} of {} bytes", seen, length));
}

} // namespace nephele::glance

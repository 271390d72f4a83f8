// SPDX-License-Identifier: Apache-2.0
// Tar archives read as they come: plain, gzip or bzip2; ustar, GNU and pax names. In bounded
// memory.
#pragma once
#include "platform/http/http.h"

#include <map>

namespace nephele::swift {

/// The body of another one, decompressed. "" is plain; throws Refused(400) for a kind that is none.
std::unique_ptr<http::BodyReader> decompressed(http::BodyReader& body, const std::string& kind);

class TarReader {
  public:
    explicit TarReader(http::BodyReader& body) : body_(body) {}
    struct Member {
        std::string name;
        bool is_file = false;
        std::uint64_t size = 0;
        std::map<std::string, std::string> attributes; ///< of pax: "SCHILY.xattr.user.mime_type"
    };
    /// The next member, past what is left of the one before. Throws Refused(400) on damage.
    std::optional<Member> next();
    std::size_t read(char* into, std::size_t size);

  private:
    bool block(char* into);
    void skip(std::uint64_t bytes);
    std::string text(std::uint64_t size);
    http::BodyReader& body_;
    std::uint64_t left_ = 0, padding_ = 0;
};

} // namespace nephele::swift

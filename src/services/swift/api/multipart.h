// SPDX-License-Identifier: Apache-2.0
// multipart/form-data read piece by piece: the parts one after the other, in bounded memory.
#pragma once
#include "platform/http/http.h"

#include <map>

namespace nephele::swift {

class MultipartReader {
  public:
    MultipartReader(http::BodyReader& body, const std::string& boundary);
    struct Part {
        std::map<std::string, std::string> headers; ///< names in lower case
        std::string name, file_name;                ///< of Content-Disposition
    };
    /// The next part, past what is left of the one before; nothing at the end. Throws Refused(400).
    std::optional<Part> next();
    /// Bytes of the part; 0 at its end.
    std::size_t read(char* into, std::size_t size);

  private:
    bool fill();
    std::string line();
    http::BodyReader& body_;
    std::string delimiter_; ///< "\r\n--boundary"
    std::string buffer_;
    bool ended_ = false; ///< the body
    bool part_over_ = true;
    bool first_ = true;
};

/// `name="value"` of a header like Content-Disposition or Content-Type; empty when it is not there.
std::string parameter_of(const std::string& header, std::string_view name);

} // namespace nephele::swift

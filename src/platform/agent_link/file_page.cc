// SPDX-License-Identifier: Apache-2.0
#include "platform/agent_link/file_page.h"

#include "base/strings.h"
#include "platform/fault/fault.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

namespace nephele::agent {

http::Response file_answer(const http::RequestHead& head, const std::string& path) {
    const int file = ::open(path.c_str(), O_RDONLY | O_CLOEXEC);
    std::shared_ptr<int> descriptor(new int(file), [](int* fd) {
        if (*fd >= 0) ::close(*fd);
        delete fd;
    });
    struct stat about {};
    if (file < 0 || ::fstat(file, &about) != 0)
        throw not_found("NotHere", "This control node does not have the file; another may.");
    const auto size = static_cast<std::uint64_t>(about.st_size);
    http::Response response;
    response.headers.set("Content-Type", "application/octet-stream");
    std::uint64_t from = 0;
    const std::string range = head.headers.get("Range");
    if (range.rfind("bytes=", 0) == 0 && range.back() == '-') {
        const auto asked = to_int(std::string_view(range).substr(6, range.size() - 7));
        if (asked && *asked >= 0) from = static_cast<std::uint64_t>(*asked);
        if (from >= size) {
            response.status = 416;
            response.headers.set("Content-Range", format("bytes */{}", size));
            return response;
        }
        response.status = 206;
        response.headers.set("Content-Range", format("bytes {}-{}/{}", from, size - 1, size));
    }
    response.file = http::FileBody{descriptor, from, size - from};
    return response;
}

} // namespace nephele::agent

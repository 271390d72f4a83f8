// SPDX-License-Identifier: Apache-2.0
// The report inside an answer about many things: bulk requests, manifests with faults.
#pragma once
#include "services/swift/api/exchange.h"

namespace nephele::swift {

struct Report {
    std::vector<std::pair<std::string, std::string>> facts;  ///< "Number Deleted": "3"
    std::vector<std::pair<std::string, std::string>> errors; ///< name and status
};
/// In the form the Accept header wants: text, JSON or XML.
Answer write_report(const Request& request, int status, const Report& report,
                    const std::string& root);
/// "404 Not Found", in upstream's words.
std::string status_line(int status);

} // namespace nephele::swift

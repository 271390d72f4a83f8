// SPDX-License-Identifier: Apache-2.0
#include "platform/fault/fault.h"

namespace nephele {

Failure bad_request(std::string code, const std::string& message) {
    return {Fault::bad_request, std::move(code), message};
}
Failure not_found(std::string code, const std::string& message) {
    return {Fault::not_found, std::move(code), message};
}
Failure forbidden(std::string code, const std::string& message) {
    return {Fault::forbidden, std::move(code), message};
}
Failure conflict(std::string code, const std::string& message) {
    return {Fault::conflict, std::move(code), message};
}
Failure unauthorized(const std::string& message) {
    return {Fault::unauthorized, "Unauthorized", message};
}

} // namespace nephele

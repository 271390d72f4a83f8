// SPDX-License-Identifier: Apache-2.0
// Principals as they would be with a token of this moment, for explaining policy.
#pragma once
#include "platform/auth/people.h"

namespace nephele::keystone {
People people();
}

// SPDX-License-Identifier: Apache-2.0
// What the console proxy needs of nova.
#pragma once
#include "services/nova/ops/consoles.h"

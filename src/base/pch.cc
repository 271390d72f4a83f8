// SPDX-License-Identifier: Apache-2.0
// Exists only so that the precompiled header has a target.
#include "base/pch.h"

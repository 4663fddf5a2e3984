// This source file is part of the FunctionHost project.
// SPDX-License-Identifier: Apache-2.0

#pragma once

#include <stdbool.h>
#include <stdint.h>

/// Whether allocations can be counted here: with the GNU C library, and without a sanitizer, which brings its own.
bool allocation_count_is_available(void);

/// How often memory has been allocated by any thread of the process while counting was on.
uint64_t allocation_count(void);

/// Begins or ends counting; off, an allocation pays for one look at a flag.
void allocation_count_set(bool isOn);

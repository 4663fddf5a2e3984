// This source file is part of the FunctionHost project.
// SPDX-License-Identifier: Apache-2.0

#include "AllocationCount.h"

#include <stdatomic.h>
#include <stdlib.h>

#if defined(__has_feature)
#if __has_feature(address_sanitizer) || __has_feature(thread_sanitizer)
#define SANITIZED 1
#endif
#endif

static atomic_bool counting;
static _Atomic uint64_t count;

uint64_t allocation_count(void) { return atomic_load(&count); }
void allocation_count_set(bool isOn) { atomic_store(&counting, isOn); }

#if defined(__GLIBC__) && !defined(SANITIZED)

bool allocation_count_is_available(void) { return true; }

// The executable's own definitions come before the library's, for the Swift runtime too; the library's do the work.
extern void *__libc_malloc(size_t);
extern void *__libc_calloc(size_t, size_t);
extern void *__libc_realloc(void *, size_t);
extern void *__libc_memalign(size_t, size_t);

static void note(void) {
  if (atomic_load_explicit(&counting, memory_order_relaxed))
    atomic_fetch_add_explicit(&count, 1, memory_order_relaxed);
}

void *malloc(size_t size) {
  note();
  return __libc_malloc(size);
}

void *calloc(size_t number, size_t size) {
  note();
  return __libc_calloc(number, size);
}

void *realloc(void *memory, size_t size) {
  note();
  return __libc_realloc(memory, size);
}

void *aligned_alloc(size_t alignment, size_t size) {
  note();
  return __libc_memalign(alignment, size);
}

int posix_memalign(void **memory, size_t alignment, size_t size) {
  note();
  *memory = __libc_memalign(alignment, size);
  return *memory ? 0 : 12;
}

#else

bool allocation_count_is_available(void) { return false; }

#endif

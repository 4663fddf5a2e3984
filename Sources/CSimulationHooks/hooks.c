// This source file is part of the FunctionHost project.
// SPDX-License-Identifier: Apache-2.0

#include "CSimulationHooks.h"

#include <pthread.h>
#include <time.h>

#define SWIFT_CC __attribute__((swiftcall))

typedef SWIFT_CC void (*enqueue)(void *job);
typedef SWIFT_CC void (*enqueue_with_delay)(unsigned long long delay, void *job);
typedef SWIFT_CC void (*enqueue_with_deadline)(long long seconds, long long nanoseconds, long long toleranceSeconds,
                                               long long toleranceNanoseconds, int clock, void *job);

extern SWIFT_CC void (*swift_task_enqueueGlobal_hook)(void *job, enqueue original);
extern SWIFT_CC void (*swift_task_enqueueGlobalWithDelay_hook)(unsigned long long delay, void *job,
                                                               enqueue_with_delay original);
extern SWIFT_CC void (*swift_task_enqueueGlobalWithDeadline_hook)(long long seconds, long long nanoseconds,
                                                                  long long toleranceSeconds,
                                                                  long long toleranceNanoseconds, int clock, void *job,
                                                                  enqueue_with_deadline original);
extern SWIFT_CC uint64_t swift_task_getJobTaskId(void *job);

static _Thread_local simulation_capture currentCapture;
static _Thread_local void *currentContext;

static SWIFT_CC void captureNow(void *job, enqueue original) {
  if (currentCapture) currentCapture(currentContext, job, 0);
  else original(job);
}

static SWIFT_CC void captureDelayed(unsigned long long delay, void *job, enqueue_with_delay original) {
  if (currentCapture) currentCapture(currentContext, job, delay);
  else original(delay, job);
}

static SWIFT_CC void captureUntil(long long seconds, long long nanoseconds, long long toleranceSeconds,
                                  long long toleranceNanoseconds, int clock, void *job,
                                  enqueue_with_deadline original) {
  if (!currentCapture) {
    original(seconds, nanoseconds, toleranceSeconds, toleranceNanoseconds, clock, job);
    return;
  }
  struct timespec now;
  // The runtime's clock 1 is continuous; both kinds tell the same difference to a sleep that has just begun.
#if defined(__linux__)
  clock_gettime(clock == 1 ? CLOCK_BOOTTIME : CLOCK_MONOTONIC, &now);
#else
  clock_gettime(clock == 1 ? CLOCK_MONOTONIC_RAW : CLOCK_UPTIME_RAW, &now);
#endif
  long long delay = (seconds - now.tv_sec) * 1000000000LL + (nanoseconds - now.tv_nsec);
  // Rounded to the millisecond, so that how long the call took does not change the order of wakers.
  long long rounded = delay <= 0 ? 1 : (delay + 999999LL) / 1000000LL * 1000000LL;
  currentCapture(currentContext, job, (uint64_t)rounded);
}

static pthread_once_t once = PTHREAD_ONCE_INIT;

static void install(void) {
  swift_task_enqueueGlobal_hook = captureNow;
  swift_task_enqueueGlobalWithDelay_hook = captureDelayed;
  swift_task_enqueueGlobalWithDeadline_hook = captureUntil;
}

void simulation_capture_on_this_thread(simulation_capture capture, void *context) {
  pthread_once(&once, install);
  currentCapture = capture;
  currentContext = context;
}

bool simulation_is_on_this_thread(void *context) { return currentContext == context; }

uint64_t simulation_task_id(void *job) { return swift_task_getJobTaskId(job); }

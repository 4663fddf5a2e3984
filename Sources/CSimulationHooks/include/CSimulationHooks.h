// This source file is part of the FunctionHost project.
// SPDX-License-Identifier: Apache-2.0

// What Swift's concurrency runtime exports for schedulers and Swift itself does not show: the hook that sees tasks which
// chose no executor, and the id of a job's task. Not source-stable, so it is used by the test kit only.

#ifndef C_SIMULATION_HOOKS_H
#define C_SIMULATION_HOOKS_H

#include <stdbool.h>
#include <stdint.h>

/// Told of a job that some code on this thread handed to the global executor; takes it over.
/// `delayNanoseconds` is 0 for a job that can run at once.
typedef void (*simulation_capture)(void *_Nonnull context, void *_Nonnull job, uint64_t delayNanoseconds);

/// Captures the jobs that code on the calling thread hands to the global executor; a null capture ends it.
void simulation_capture_on_this_thread(simulation_capture _Nullable capture, void *_Nullable context);

/// Whether the calling thread is the one whose jobs `context` captures.
bool simulation_is_on_this_thread(void *_Nonnull context);

/// The id of the task that a job belongs to, unique in the process.
uint64_t simulation_task_id(void *_Nonnull job);

#endif

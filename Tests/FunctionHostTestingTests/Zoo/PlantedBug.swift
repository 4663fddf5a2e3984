// This source file is part of the FunctionHost project.
// SPDX-License-Identifier: Apache-2.0

import Testing

/// A mistake as people make it, in a small kernel that is otherwise correct.
///
/// The kernels are the zoo's own, shaped like the host's parts: what is tested here is whether the simulation sees bugs of
/// these kinds at all, and how soon.
enum PlantedBug: String, CaseIterable, Sendable, CustomTestStringConvertible {
    // A limiter with waiters
    case permitLostOnCancel
    case permitReturnedTwice
    case limitCheckedBeforeAwait
    case waiterOvertaken
    case waiterServedLastFirst
    case wakeUpLost

    // One answer for a call
    case answeredTwice
    case lateAnswerAccepted

    // Deadlines of attempts
    case deadlineCancelsNextAttempt

    // A pool of environments
    case environmentLentTwice
    case joinersForgottenOnFailedInit
    case environmentLostOnError

    // A drain
    case drainReturnsTooEarly
    case drainNeverReturns

    // A stream of chunks
    case chunkLostOnCancelledRead
    case errorOvertakesChunks
    case writerLeftBesideEmptyBuffer

    // Counters
    case countedOutTwice
    case updateLost

    // Who is whose child
    case cancelNotPropagated
    case unstructuredTask

    // What needs somebody to be held up for long
    case generationWraps
    case leaseStolenFromSlowWorker
    case ringOverwritesSlowReader

    var testDescription: String { rawValue }

    var kernel: Kernel {
        switch self {
        case .permitLostOnCancel, .permitReturnedTwice, .limitCheckedBeforeAwait, .waiterOvertaken,
            .waiterServedLastFirst, .wakeUpLost:
            .limiter
        case .answeredTwice, .lateAnswerAccepted: .answer
        case .deadlineCancelsNextAttempt: .deadlines
        case .environmentLentTwice, .joinersForgottenOnFailedInit, .environmentLostOnError: .pool
        case .drainReturnsTooEarly, .drainNeverReturns: .drain
        case .chunkLostOnCancelledRead, .errorOvertakesChunks, .writerLeftBesideEmptyBuffer: .stream
        case .countedOutTwice, .updateLost: .counter
        case .cancelNotPropagated, .unstructuredTask: .supervisor
        case .generationWraps: .slots
        case .leaseStolenFromSlowWorker: .lease
        case .ringOverwritesSlowReader: .ring
        }
    }

    /// Those that need one task to be held up for dozens of steps while others go on.
    static let ofStarvation: [Self] = [.generationWraps, .leaseStolenFromSlowWorker, .ringOverwritesSlowReader]
}

/// A small piece of concurrent code, with a scenario that throws if it sees it broken.
enum Kernel: String, CaseIterable, Sendable, CustomTestStringConvertible {
    case limiter, answer, deadlines, pool, drain, stream, counter, supervisor, slots, lease, ring

    var testDescription: String { rawValue }

    func run(_ bug: PlantedBug?) async throws {
        switch self {
        case .limiter: try await ZooLimiter.scenario(bug)
        case .answer: try await ZooAnswer.scenario(bug)
        case .deadlines: try await ZooDeadlines.scenario(bug)
        case .pool: try await ZooPool.scenario(bug)
        case .drain: try await ZooDrain.scenario(bug)
        case .stream: try await ZooStream.scenario(bug)
        case .counter: try await ZooCounter.scenario(bug)
        case .supervisor: try await ZooSupervisor.scenario(bug)
        case .slots: try await ZooSlots.scenario(bug)
        case .lease: try await ZooLease.scenario(bug)
        case .ring: try await ZooRing.scenario(bug)
        }
    }
}

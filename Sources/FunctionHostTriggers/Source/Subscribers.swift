// This source file is part of the FunctionHost project.
// SPDX-License-Identifier: Apache-2.0

import Synchronization

/// Who is to be called when something of a source changes, by what they listen to.
final class Subscribers<Subject: Hashable & Sendable>: Sendable {
    private struct State {
        var calls: [Subject: [(number: Int, call: @Sendable () -> Void)]] = [:]
        var count = 0
    }

    private let state = Mutex(State())
    /// Most sources have none, and are written to all the time.
    private let isAnybodyThere = Atomic(false)

    func add(_ subject: Subject, _ call: @escaping @Sendable () -> Void) -> SourceSubscription {
        let number = state.withLock { state in
            state.count += 1
            state.calls[subject, default: []].append((state.count, call))
            isAnybodyThere.store(true, ordering: .sequentiallyConsistent)
            return state.count
        }
        return SourceSubscription { [self] in
            state.withLock { state in
                state.calls[subject]?.removeAll { $0.number == number }
                if state.calls[subject]?.isEmpty ?? false { state.calls[subject] = nil }
                if state.calls.isEmpty { isAnybodyThere.store(false, ordering: .sequentiallyConsistent) }
            }
        }
    }

    /// Calls those who listen to a subject, those first who came first.
    func tell(_ subject: Subject) {
        guard isAnybodyThere.load(ordering: .sequentiallyConsistent) else { return }
        for (_, call) in state.withLock({ $0.calls[subject] ?? [] }) { call() }
    }
}

/// What those listen to who are told of everything.
enum EverySubscriber: Hashable, Sendable {
    case all
}

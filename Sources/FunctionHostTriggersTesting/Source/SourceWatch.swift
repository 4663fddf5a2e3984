// This source file is part of the FunctionHost project.
// SPDX-License-Identifier: Apache-2.0

import FunctionHostTriggers

/// Counts what a source tells of, and lets checks wait for it.
final class SourceWatch: Sendable {
    private let signal: ChangeSignal
    private let subscriptions: [SourceSubscription]

    /// - Parameter subscribe: Has the call made whenever something changes.
    init(_ subscribe: (@escaping @Sendable () -> Void) -> [SourceSubscription]) {
        let signal = ChangeSignal()
        self.signal = signal
        subscriptions = subscribe { signal.announce() }
    }

    deinit { for subscription in subscriptions { subscription.cancel() } }

    var count: UInt64 { signal.count }
    func wait(since count: UInt64) async { await signal.wait(since: count) }
}

extension StreamSubject {
    /// Watches the list of shards, and all shards that there are.
    func watch() async throws -> SourceWatch {
        let shards = try await source.shards().map(\.id)
        return SourceWatch { call in ([nil] + shards).map { source.subscribe(to: $0, call) } }
    }
}

extension QueueSubject {
    func watch() -> SourceWatch { SourceWatch { [source.subscribe($0)] } }
}

// This source file is part of the FunctionHost project.
// SPDX-License-Identifier: Apache-2.0

package import FunctionHostTriggers
import Synchronization

/// Counts what a source tells of, and lets checks and tests wait for it.
package final class SourceWatch: Sendable {
    private let signal = ChangeSignal()
    private let subscriptions = Mutex<[SourceSubscription]>([])

    /// - Parameter subscribe: Has the call made whenever something changes.
    package init(_ subscribe: (@escaping @Sendable () -> Void) -> [SourceSubscription]) { add(subscribe) }

    deinit { for subscription in subscriptions.withLock({ $0 }) { subscription.cancel() } }

    /// Watches something else as well.
    package func add(_ subscribe: (@escaping @Sendable () -> Void) -> [SourceSubscription]) {
        let new = subscribe { [signal] in signal.announce() }
        subscriptions.withLock { $0 += new }
    }

    /// How often something was told so far.
    package var count: UInt64 { signal.count }
    /// How many wait.
    package var waiting: Int { signal.waiting }
    /// Returns once something was told since `count` was read so, or the task is cancelled.
    package func wait(since count: UInt64) async { await signal.wait(since: count) }
}

extension StreamSource {
    /// Watches the list of shards, and all shards that there are.
    package func watch() async throws -> SourceWatch {
        let shards = try await shards().map(\.id)
        return SourceWatch { call in ([nil] + shards).map { subscribe(to: $0, call) } }
    }
}

extension QueueSource {
    /// Watches its messages.
    package func watch() -> SourceWatch { SourceWatch { [subscribe($0)] } }
}

extension StreamSubject {
    func watch() async throws -> SourceWatch { try await source.watch() }
}

extension QueueSubject {
    func watch() -> SourceWatch { source.watch() }
}

// This source file is part of the FunctionHost project.
// SPDX-License-Identifier: Apache-2.0

import FunctionHost
import FunctionHostTesting
import FunctionHostTriggers
import Synchronization
import Testing

/// A queue as plain as can be, for tests of what receives from it; it is asked often instead of telling of anything.
final class TestQueue: QueueSource {
    private struct Item {
        let number: Int
        let group: String?
        var visibleAt: Timestamp
        var count = 0
    }

    private struct State {
        var items: [Item] = []
        var failures = 0
        var latency = Duration.zero
    }

    let arn = "arn:aws:sqs:local:000000000000:test"
    let isFIFO: Bool
    let visibilityTimeout: Duration
    let pollInterval: Duration? = .milliseconds(250)
    private let state = Mutex(State())
    private let clock: SimulatedClock

    init(isFIFO: Bool = false, visibilityTimeout: Duration = .seconds(30)) throws {
        self.isFIFO = isFIFO
        self.visibilityTimeout = visibilityTimeout
        clock = try #require(Simulation.current).clock
    }

    func send(_ numbers: some Sequence<Int>, group: (Int) -> String? = { _ in nil }) {
        let now = clock.now
        state.withLock { $0.items += numbers.map { Item(number: $0, group: group($0), visibleAt: now) } }
    }

    /// The next deletions fail.
    func failDeletions(_ count: Int) { state.withLock { $0.failures = count } }

    /// From now on it takes so long to receive.
    func slow(by latency: Duration) { state.withLock { $0.latency = latency } }

    /// What has not been deleted.
    var left: [Int] { state.withLock { $0.items.map(\.number) } }

    /// How often what has not been deleted was received.
    func receiveCount(of number: Int) -> Int? {
        state.withLock { $0.items.first { $0.number == number }?.count }
    }

    func receive(_ limit: Int, visibility: Duration) async throws -> [QueueMessage] {
        let latency = state.withLock { $0.latency }
        if latency > .zero { try await clock.sleep(for: latency) }
        let (now, wall) = (clock.now, clock.wallTime)
        return state.withLock { state in
            let busy = Set(state.items.filter { isFIFO && $0.visibleAt > now }.compactMap(\.group))
            var messages: [QueueMessage] = []
            for index in state.items.indices where state.items[index].visibleAt <= now && messages.count < limit {
                if let group = state.items[index].group, busy.contains(group) { continue }
                state.items[index].visibleAt = now.advanced(by: visibility)
                state.items[index].count += 1
                let item = state.items[index]
                messages.append(
                    QueueMessage(
                        id: "\(item.number)", receipt: Receipt("\(item.number)/\(item.count)"), body: "\(item.number)",
                        receiveCount: item.count, sentAt: wall, firstReceivedAt: wall, groupID: item.group))
            }
            return messages
        }
    }

    private func index(of receipt: Receipt, _ state: borrowing State) -> Int? {
        state.items.firstIndex { "\($0.number)/\($0.count)" == receipt.description }
    }

    func delete(_ receipts: [Receipt]) async throws -> [Bool] {
        try state.withLock { state in
            if state.failures > 0 {
                state.failures -= 1
                throw SourceError(.other, reason: "planted")
            }
            return receipts.map { receipt in
                guard let index = index(of: receipt, state) else { return false }
                state.items.remove(at: index)
                return true
            }
        }
    }

    func changeVisibility(of receipts: [Receipt], to duration: Duration) async throws -> [Bool] {
        let now = clock.now
        return state.withLock { state in
            receipts.map { receipt in
                guard let index = index(of: receipt, state) else { return false }
                state.items[index].visibleAt = now.advanced(by: duration)
                return true
            }
        }
    }

    func subscribe(_ changed: @escaping @Sendable () -> Void) -> SourceSubscription { SourceSubscription {} }

    func event(of messages: [QueueMessage]) -> [UInt8] {
        let parts = messages.map { #"{"messageId":"\#($0.id)","body":"\#($0.body)"}"# }
        return Array(#"{"Records":[\#(parts.joined(separator: ","))]}"#.utf8)
    }
}

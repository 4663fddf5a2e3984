// This source file is part of the FunctionHost project.
// SPDX-License-Identifier: Apache-2.0

import FunctionHostTesting
import Synchronization

/// Slots that are used again, each use with another generation, so that an old handle is known as such.
final class ZooSlots: Sendable {
    private let mask: Int
    private let generation = Mutex(0)

    init(_ bug: PlantedBug?) { mask = bug == .generationWraps ? 15 : .max }

    var handle: Int { generation.withLock { $0 & mask } }

    func reuse() { generation.withLock { $0 += 1 } }

    static func scenario(_ bug: PlantedBug?) async throws {
        let slots = ZooSlots(bug)
        let uses = Cell(0)
        try await withThrowingDiscardingTaskGroup { group in
            group.addTask {
                for _ in 0..<4 {
                    let (handle, before) = (slots.handle, uses.value)
                    await Task.yield()
                    if slots.handle == handle, uses.value != before {
                        throw ZooFault("an old handle passed for a new one")
                    }
                }
            }
            group.addTask {
                for _ in 0..<32 {
                    uses.value += 1
                    slots.reuse()
                    await Task.yield()
                }
            }
        }
    }
}

/// A worker that keeps its lease by renewing it, and somebody who takes over from workers that do not.
final class ZooLease: Sendable {
    private struct State {
        var owner = 0
        var renewals = 0
        var completions = 0
    }

    private let bug: PlantedBug?
    private let state = Mutex(State())

    init(_ bug: PlantedBug?) { self.bug = bug }

    var completions: Int { state.withLock { $0.completions } }
    var renewals: Int { state.withLock { $0.renewals } }
    func renew() { state.withLock { $0.renewals += 1 } }
    func takeOver() { state.withLock { $0.owner += 1 } }

    /// Completes for the owner only: whoever has lost the lease is refused.
    func complete(as owner: Int) {
        state.withLock { state in
            let isOwner = state.completions == 0 && state.owner == owner
            // Without a look at the token the one who was only slow completes a second time.
            if isOwner || bug == .leaseStolenFromSlowWorker { state.completions += 1 }
        }
    }

    static func scenario(_ bug: PlantedBug?) async throws {
        let lease = ZooLease(bug)
        await withTaskGroup(of: Void.self) { group in
            group.addTask {
                for _ in 0..<5 {
                    lease.renew()
                    await Task.yield()
                }
                lease.complete(as: 0)
            }
            group.addTask {
                var (seen, unchanged) = (-1, 0)
                while unchanged < 40, lease.completions == 0 {
                    unchanged = lease.renewals == seen ? unchanged + 1 : 0
                    seen = lease.renewals
                    await Task.yield()
                }
                guard lease.completions == 0 else { return }
                lease.takeOver()
                lease.complete(as: 1)
            }
        }
        if lease.completions != 1 { throw ZooFault("completed \(lease.completions) times") }
    }
}

/// Passes numbers on through a ring, from a writer that does not wait.
final class ZooRing: Sendable {
    private let capacity: Int
    private let state = Mutex<(items: [Int], isFinished: Bool)>(([], false))

    init(_ bug: PlantedBug?) { capacity = bug == .ringOverwritesSlowReader ? 32 : .max }

    func write(_ item: Int) {
        state.withLock { state in
            if state.items.count == capacity { state.items.removeFirst() }
            state.items.append(item)
        }
    }

    func finish() { state.withLock { $0.isFinished = true } }

    /// What there is; nil at the end.
    func read() -> [Int]? {
        state.withLock { state in
            defer { state.items = [] }
            return state.items.isEmpty && state.isFinished ? nil : state.items
        }
    }

    static func scenario(_ bug: PlantedBug?) async throws {
        let ring = ZooRing(bug)
        let read = Cell(0)
        await withTaskGroup(of: Void.self) { group in
            group.addTask {
                for item in 0..<48 {
                    ring.write(item)
                    await Task.yield()
                }
                ring.finish()
            }
            group.addTask {
                // It looks a limited number of times, and comes back for the rest.
                for _ in 0..<48 {
                    guard let items = ring.read() else { return }
                    read.value += items.count
                    await Task.yield()
                }
            }
        }
        while let items = ring.read() { read.value += items.count }
        if read.value != 48 { throw ZooFault("\(read.value) of 48 arrived") }
    }
}

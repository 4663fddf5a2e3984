// This source file is part of the FunctionHost project.
// SPDX-License-Identifier: Apache-2.0

import FunctionHost

/// Calls that share a transaction, by kind.
///
/// All of them are under way at the same time, so that any order among them is right. This one makes the most of the room that
/// there is: what ends goes before what comes, and what comes before what is lent.
struct Batch {
    private(set) var settles: [SettleCall] = []
    private(set) var turns: [TurnCall] = []
    private(set) var extends: [ExtendCall] = []
    private(set) var appends: [AppendCall] = []
    private(set) var leases: [LeaseCall] = []
    private(set) var others: [any OtherCall] = []
    private(set) var cares: [any CareCall] = []
    private(set) var load = Load()

    var isEmpty: Bool { count == 0 }

    var count: Int { transactionCount + cares.count }

    /// How many calls are done in the transaction.
    var transactionCount: Int {
        settles.count + turns.count + extends.count + appends.count + leases.count + others.count
    }

    /// Whether the transaction may change something, and must be the only one.
    var changes: Bool {
        !(settles.isEmpty && turns.isEmpty && extends.isEmpty && appends.isEmpty && leases.isEmpty)
            || others.contains { $0.changes }
    }

    /// What those want who lease alone, and then those who lease in their turn.
    var wishes: [LeaseWish] { leases.map(\.wish) + turns.map(\.wish) }

    /// Whether it appends, and nothing else.
    var onlyAppends: Bool { !appends.isEmpty && appends.count == transactionCount }

    mutating func add(_ call: Call, load more: Load) {
        load = load + more
        switch call {
        case .append(let call): appends.append(call)
        case .lease(let call): leases.append(call)
        case .extend(let call): extends.append(call)
        case .settle(let call): settles.append(call)
        case .turn(let call): turns.append(call)
        case .other(let call): others.append(call)
        case .care(let call): cares.append(call)
        }
    }

    /// Each call of the transaction in a batch of its own.
    func apart() -> [Batch] {
        let calls: [Call] =
            settles.map(Call.settle) + turns.map(Call.turn) + extends.map(Call.extend) + appends.map(Call.append)
            + leases.map(Call.lease) + others.map(Call.other)
        return calls.map { call in
            var batch = Batch()
            batch.add(call, load: call.load)
            return batch
        }
    }

    /// Answers every call of the transaction with an error.
    func fail(_ error: any Error) {
        for call in settles { call.continuation.resume(throwing: error) }
        for call in turns { call.continuation.resume(throwing: error) }
        for call in extends { call.continuation.resume(throwing: error) }
        for call in appends { call.continuation.resume(throwing: error) }
        for call in leases { call.continuation.resume(throwing: error) }
        for call in others { call.fail(error) }
    }

    /// Forgets the calls, and keeps the memory they lay in.
    mutating func removeAll() {
        settles.removeAll(keepingCapacity: true)
        turns.removeAll(keepingCapacity: true)
        extends.removeAll(keepingCapacity: true)
        appends.removeAll(keepingCapacity: true)
        leases.removeAll(keepingCapacity: true)
        others.removeAll(keepingCapacity: true)
        cares.removeAll(keepingCapacity: true)
        load = Load()
    }
}

/// What became of the calls of a batch; they hear of it once the transaction is safe.
struct Answers {
    var settles: [Bool] = []
    var turns: [Bool] = []
    var extends: [[LeaseState]] = []
    var appends: [AppendOutcome] = []
    /// In the order of ``Batch/wishes``.
    var leases: [LeaseAnswer] = []
    var others: [@Sendable () -> Void] = []

    func give(to batch: borrowing Batch) {
        for (index, answer) in settles.enumerated() { batch.settles[index].continuation.resume(returning: answer) }
        for (index, answer) in extends.enumerated() { batch.extends[index].continuation.resume(returning: answer) }
        for (index, answer) in appends.enumerated() {
            let continuation = batch.appends[index].continuation
            switch answer {
            case .accepted(let acceptances): continuation.resume(returning: acceptances)
            case .refused(let error): continuation.resume(throwing: error)
            }
        }
        for (index, call) in batch.leases.enumerated() { call.continuation.resume(returning: leases[index]) }
        for (index, call) in batch.turns.enumerated() {
            call.continuation.resume(returning: (turns[index], leases[batch.leases.count + index]))
        }
        for answer in others { answer() }
    }

    mutating func removeAll() {
        settles.removeAll(keepingCapacity: true)
        turns.removeAll(keepingCapacity: true)
        extends.removeAll(keepingCapacity: true)
        appends.removeAll(keepingCapacity: true)
        leases.removeAll(keepingCapacity: true)
        others.removeAll(keepingCapacity: true)
    }
}

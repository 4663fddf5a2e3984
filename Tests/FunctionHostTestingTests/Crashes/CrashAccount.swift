// This source file is part of the FunctionHost project.
// SPDX-License-Identifier: Apache-2.0

import FunctionHost
import FunctionHostTesting
import Synchronization

/// What happens to numbered events over the lives of a program, kept by somebody who does not crash.
final class CrashAccount: Sendable {
    /// What a handler does with an event.
    enum Plan: Int {
        case succeed, fail, failOnce, ordered, tooOld

        init(_ number: Int) { self = Plan(rawValue: number % 5) ?? .succeed }
    }

    private struct State {
        var ids: [Int: InvocationID] = [:]
        /// How often an attempt has failed.
        var failures: [Int: Int] = [:]
        /// Which life an event is being tried in.
        var inside: [Int: Int] = [:]
        /// Whether the process has ended, in good order.
        var isInOrder = true
        /// Whether leases have run out although their process lived.
        var wasLame = false
        var succeeded: Set<Int> = []
        var failedAt: [Int: Timestamp] = [:]
        /// The events that brought the record of an invocation.
        var records: [String: Set<InvocationID>] = [:]
        /// The latest lease of each event.
        var fences: [InvocationID: UInt64] = [:]
        var fault: String?
        var crashes = 0
    }

    private let state = Mutex(State())

    /// The first thing that could not be.
    var fault: String? { state.withLock { $0.fault } }
    var crashes: Int { state.withLock { $0.crashes } }
    var acknowledged: [Int: InvocationID] { state.withLock { $0.ids } }

    private func expect(_ isTrue: Bool, _ text: @autoclosure () -> String, in state: inout State) {
        if !isTrue, state.fault == nil { state.fault = text() }
    }

    func accepted(_ number: Int, _ id: InvocationID) {
        state.withLock { state in
            let known = state.ids[number]
            expect(known == nil || known == id, "event \(number) was accepted under two ids", in: &state)
            state.ids[number] = id
        }
    }

    /// A process begins; if the one before did not end in good order, it crashed.
    func lifeBegins() {
        state.withLock { state in
            if !state.isInOrder { state.crashes += 1 }
            state.isInOrder = false
            state.inside = [:]
        }
    }

    /// A process has ended in good order.
    func lifeEnded() { state.withLock { $0.isInOrder = true } }

    func begin(_ number: Int, _ context: InvocationContext, life: Int, isLame: Bool) {
        state.withLock { state in
            if isLame { state.wasLame = true }
            expect(isLame || state.inside[number] == nil, "event \(number) is tried twice at once", in: &state)
            expect(context.attempt <= 3, "event \(number) is in attempt \(context.attempt) of 3", in: &state)
            // A crash may cut an attempt off before it is seen here.
            let most = 1 + state.failures[number, default: 0] + state.crashes
            expect(
                state.wasLame || context.attempt <= most,
                "event \(number) is in attempt \(context.attempt), after \(most - 1) failures and crashes", in: &state)
            if let time = state.failedAt[number] {
                expect(
                    state.wasLame || time.advanced(by: .seconds(1)) <= context.startedAt,
                    "event \(number) is tried again before its delay", in: &state)
            }
            if Plan(number) == .ordered {
                let before = state.ids.keys.filter { Plan($0) == .ordered && $0 < number }
                expect(
                    before.allSatisfy { state.succeeded.contains($0) || state.crashes >= 3 || state.wasLame },
                    "event \(number) goes before another one of its key", in: &state)
            }
            state.inside[number] = life
        }
    }

    /// The handler is about to return, or to throw what is not charged.
    func leave(_ number: Int, succeeded: Bool) {
        state.withLock { state in
            state.inside[number] = nil
            if succeeded { state.succeeded.insert(number) }
        }
    }

    /// The handler is about to fail.
    func fail(_ number: Int, at time: Timestamp) {
        state.withLock { state in
            state.inside[number] = nil
            state.failures[number, default: 0] += 1
            state.failedAt[number] = time
        }
    }

    func lent(_ token: LeaseToken) { state.withLock { $0.fences[token.id] = token.fence } }

    /// Whether somebody else has been lent the event since.
    func hasLost(_ token: LeaseToken) -> Bool { state.withLock { $0.fences[token.id] != token.fence } }

    /// The store has let somebody settle an event who had lost it.
    func settledByStranger(_ id: InvocationID) {
        state.withLock { expect(false, "invocation \(id) was settled by somebody who had lost it", in: &$0) }
    }

    /// A record has arrived, by an event of its own.
    func record(_ text: String, by id: InvocationID) {
        guard let range = text.firstRange(of: "\"requestId\":\"") else { return }
        let origin = String(text[range.upperBound...].prefix(36))
        state.withLock { state in
            state.records[origin, default: []].insert(id)
            expect(state.records[origin]?.count == 1, "invocation \(origin) ended twice", in: &state)
        }
    }

    /// Nothing is left to be done: everything that was accepted has ended, once.
    func close(_ disk: SimulatedDisk) throws {
        let dead = Set(disk.deadLetters.map(\.id))
        state.withLock { state in
            for (number, id) in state.ids {
                let isDead = dead.contains(id)
                expect(disk.status(of: id) == nil || isDead, "event \(number) has not ended", in: &state)
                expect(isDead || state.succeeded.contains(number), "event \(number) is lost", in: &state)
                expect(state.records["\(id)"] != nil, "the record of event \(number) is lost", in: &state)
                switch Plan(number) {
                case .fail, .tooOld: expect(isDead, "event \(number) failed and is no dead letter", in: &state)
                case .succeed, .ordered, .failOnce: break
                }
            }
        }
        if let fault { throw ZooFault(fault) }
    }
}

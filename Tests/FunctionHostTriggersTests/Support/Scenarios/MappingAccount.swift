// This source file is part of the FunctionHost project.
// SPDX-License-Identifier: Apache-2.0

import Synchronization
import Testing

/// What is promised of mappings; a scenario tells which promises were broken.
enum MappingRule: String, Sendable, Hashable, CustomTestStringConvertible {
    // Order
    case keyOrder = "items of a key run in order, one batch at a time"
    case parentsFirst = "a shard begins when its parents are done with"
    case onceAtATime = "nothing is in two handlers at once"

    // Ends
    case everythingEnds = "everything is done or given up in the end"
    case checkpointBehind = "a checkpoint passes nothing that is neither"
    case checkpointsReachTheEnd = "checkpoints pass everything in the end, what is filtered out included"
    case notAgain = "what is done for good is not given again"
    case reckonedOnce = "each record is reckoned once in its window"
    case queueEmpties = "a queue is empty in the end"
    case nothingLeftBehind = "nobody listens in the end"

    // Giving up
    case onlyPoison = "what can be done is not given up"
    case poisonGivenUp = "what cannot be done is given up"
    case asOftenAsMayBe = "what fails is received as often as it may be"
    case notTooEarly = "nothing is given up before it is too old"
    case neverTooOld = "nothing runs that is too old"

    // Whose turn it is
    case filtered = "what is filtered out is not given"
    case limit = "no more run at once than may"
    case quietWhenPaused = "nothing begins while it is paused"
    case undisturbed = "a mapping that blocks holds up no other one"
    case returned = "what is in hand is given back at the end, and nothing is invisible for longer than the timeout"

    var testDescription: String { rawValue }
}

/// What was done with each item, by its number, and which rules were broken.
final class MappingAccount: Sendable {
    private struct State {
        var ofKey: [Int: [Int]] = [:]
        var announced: Set<Int> = []
        var done: Set<Int> = []
        var givenUp: Set<Int> = []
        var passed: Set<Int> = []
        var runs: [Int: Int] = [:]
        var running: Set<Int> = []
        var runningKeys: Set<Int> = []
        var inside = 0
        var isQuiet = false
        var broken: Set<MappingRule> = []

        mutating func expect(_ isTrue: Bool, _ rule: MappingRule) { if !isTrue { broken.insert(rule) } }

        func isSettled(_ number: Int) -> Bool { done.contains(number) || givenUp.contains(number) }
    }

    /// An item's key is its number modulo this; nil where there is no order.
    private let keys: Int?
    /// How many handlers may be inside at once.
    private let limit: Int
    private let wanted: @Sendable (Int) -> Bool
    private let state = Mutex(State())

    init(keys: Int?, limit: Int = .max, wanted: @escaping @Sendable (Int) -> Bool = { _ in true }) {
        self.keys = keys
        self.limit = limit
        self.wanted = wanted
    }

    var broken: Set<MappingRule> { state.withLock { $0.broken } }
    var done: Set<Int> { state.withLock { $0.done } }
    var ended: Set<Int> { state.withLock { $0.done.union($0.givenUp) } }
    var givenUp: Set<Int> { state.withLock { $0.givenUp } }
    var passed: Set<Int> { state.withLock { $0.passed } }

    /// Whether everything that was announced has ended, if it is wanted at all.
    var isSettled: Bool {
        state.withLock { state in state.announced.allSatisfy { state.isSettled($0) || !wanted($0) } }
    }

    /// Whether these have ended, or are not wanted.
    func areSettled(_ numbers: some Sequence<Int>) -> Bool {
        state.withLock { state in numbers.allSatisfy { state.isSettled($0) || !wanted($0) } }
    }

    /// Whether the filter lets an item through.
    func wants(_ number: Int) -> Bool { wanted(number) }

    func expect(_ isTrue: Bool, _ rule: MappingRule) { state.withLock { $0.expect(isTrue, rule) } }

    /// How often a handler was given an item.
    func runs(of number: Int) -> Int { state.withLock { $0.runs[number, default: 0] } }

    /// Whether nothing may begin.
    func be(quiet: Bool) { state.withLock { $0.isQuiet = quiet } }

    // MARK: - What happens

    /// An item is there, behind all others of its key.
    func announce(_ number: Int) {
        state.withLock { state in
            state.announced.insert(number)
            if let keys { state.ofKey[number % keys, default: []].append(number) }
        }
    }

    /// A handler begins with items: nobody else has any of their keys, and of each key those before have ended.
    func begin(_ numbers: [Int]) {
        state.withLock { state in
            state.inside += 1
            state.expect(state.inside <= limit, .limit)
            state.expect(!state.isQuiet, .quietWhenPaused)
            for number in numbers {
                state.runs[number, default: 0] += 1
                state.expect(state.running.insert(number).inserted, .onceAtATime)
                state.expect(wanted(number), .filtered)
                state.expect(!state.passed.contains(number), .notAgain)
            }
            guard let keys else { return }
            for key in Set(numbers.map({ $0 % keys })) {
                let ofKey = numbers.filter { $0 % keys == key }
                state.expect(state.runningKeys.insert(key).inserted, .keyOrder)
                state.expect(ofKey == ofKey.sorted(), .keyOrder)
                let before = state.ofKey[key, default: []].prefix { $0 < ofKey[0] }
                state.expect(before.allSatisfy { state.isSettled($0) || !wanted($0) }, .keyOrder)
            }
        }
    }

    /// A handler ends; what it has done will not be given again if that is `forGood`.
    func end(_ numbers: [Int], done: some Sequence<Int>, forGood: Bool = false) {
        state.withLock { state in
            state.inside -= 1
            state.running.subtract(numbers)
            if let keys { state.runningKeys.subtract(numbers.map { $0 % keys }) }
            state.done.formUnion(done)
            if forGood { state.passed.formUnion(done) }
        }
    }

    func giveUp(_ numbers: some Sequence<Int>) { state.withLock { $0.givenUp.formUnion(numbers) } }

    /// A checkpoint is about to pass these.
    func mayPass(_ numbers: [Int]) { expect(areSettled(numbers), .checkpointBehind) }

    /// A checkpoint that is safe has passed these.
    func pass(_ numbers: [Int]) { state.withLock { $0.passed.formUnion(numbers) } }
}

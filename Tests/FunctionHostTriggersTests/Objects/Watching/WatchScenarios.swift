// This source file is part of the FunctionHost project.
// SPDX-License-Identifier: Apache-2.0

import FunctionHost
import FunctionHostTesting
import Synchronization
import Testing

@testable import FunctionHostTriggers

/// A directory that others write to, move and delete in, under hosts that end at any moment, in many interleavings.
@Suite("Watch scenarios") struct WatchScenarios {
    /// Keeps what is announced, and fails now and then, before or after its work.
    private final class Memory: ProgressStore {
        private let kept = Mutex<[String: [String: String]]>([:])
        private let simulation: Simulation
        private let forgets: Bool

        init(_ simulation: Simulation, forgets: Bool) { (self.simulation, self.forgets) = (simulation, forgets) }

        func progress(of owner: String) async throws -> [String: String] {
            if simulation.chance(0.1) { throw HandlerFailure() }
            return kept.withLock { forgets ? [:] : $0[owner] ?? [:] }
        }

        func keep(_ text: String, for key: String, of owner: String) async throws {
            if simulation.chance(0.05) { throw HandlerFailure() }
            kept.withLock { $0[owner, default: [:]][key] = text }
            if simulation.chance(0.05) { throw HandlerFailure() }
        }

        func forgetProgress(of owner: String) async throws { kept.withLock { $0[owner] = nil } }
    }

    /// What functions were told, and what is wrong with it.
    private final class Account: Sendable {
        /// Whether others have done what they wanted to.
        let isOver = Atomic(false)
        private let state = Mutex((records: [ObjectEvent.Record](), faults: Set<String>()))

        var faults: Set<String> { state.withLock { $0.faults } }
        func fault(_ what: String) { state.withLock { _ = $0.faults.insert(what) } }

        func add(_ record: ObjectEvent.Record, _ tree: FakeTree) {
            state.withLock { state in
                if let size = record.size {
                    if state.records.contains(where: { $0.key == record.key && $0.size == size }) {
                        state.faults.insert("a version is processed twice")
                    }
                    if !tree.isComplete(size) { state.faults.insert("a file is told of while it is written") }
                }
                state.records.append(record)
            }
        }

        /// What the last event of each key says: a size, or that it is not there.
        var last: [String: Int64?] {
            let records = state.withLock { $0.records }
            return Dictionary(grouping: records, by: \.key).mapValues { records in
                records.max { $0.sequencer < $1.sequencer }.flatMap(\.size)
            }
        }
    }

    /// Does things in a directory for a while. Names are never used twice for what is moved.
    private static func trouble(_ tree: FakeTree, _ simulation: Simulation) async throws {
        let places = ["", "a/", "a/b/", "c/"]
        for number in 0..<simulation.random(in: 20...60) {
            let file = places[simulation.random(in: 0...3)] + "f\(simulation.random(in: 0...5))"
            switch simulation.random(in: 0...11) {
            case 0: for directory in ["a", "a/b", "c"] { tree.makeDirectory(directory) }
            case 1...3: if isPlace(file, tree) { tree.moveIn(file) }
            case 4...5: if isPlace(file, tree), !tree.openFiles.contains(file) { tree.begin(file) }
            case 6...8:
                for path in tree.openFiles { if simulation.chance(0.5) { tree.close(path) } else { tree.write(path) } }
            case 9: tree.delete(file)
            case 10: if tree.files[file] != nil { tree.rename(file, to: "moved\(number)") }
            default:
                if let directory = tree.directories.randomElement(simulation) {
                    tree.rename(directory, to: "d\(number)")
                }
            }
            // Who writes does not pause as long as a file takes to settle.
            for path in tree.openFiles { tree.write(path) }
            if simulation.chance(0.6) {
                try await simulation.advance(by: .milliseconds(simulation.random(in: 0...1_500)))
            }
        }
        for path in tree.openFiles { tree.close(path) }
    }

    private static func isPlace(_ file: String, _ tree: FakeTree) -> Bool {
        !file.contains("/") || tree.directories.contains(String(file[..<file.lastIndex(of: "/")!]))
    }

    /// One host after another, until everything has come to rest.
    private static func run(_ bug: FakeTree.Bug?, forgets: Bool = false) async throws -> Set<String> {
        let simulation = try #require(Simulation.current)
        let tree = try FakeTree(bug: bug, limit: simulation.random(in: 3...30))
        let (account, memory) = (Account(), Memory(simulation, forgets: forgets))
        let playground = Playground()
        let (store, queue) = (try playground.store(), InMemoryStore())
        var configuration = WatchConfiguration()
        configuration.rescanInterval = .seconds(86_400)
        configuration.maximumSettling = simulation.random(in: 1...10)
        configuration.batchSize = simulation.random(in: 1...8)
        try await withThrowingTaskGroup(of: Void.self) { [configuration] group in
            group.addTask {
                try await trouble(tree, simulation)
                account.isOver.store(true, ordering: .relaxed)
            }
            group.addTask {
                // What comes while nobody is there is found by the scan at the start; what comes while somebody is may be missed.
                let isOneHost = simulation.chance(0.5)
                var isLast = false
                while !isLast {
                    isLast = isOneHost || account.isOver.load(ordering: .relaxed)
                    let host = FunctionHost(store: queue, system: .simulated(by: simulation))
                    try host.register("count") { (event: ObjectEvent, _) in
                        for record in event.records { account.add(record, tree) }
                    }
                    let notification = ObjectNotification(
                        id: "all", events: [.created, .removed], target: .function("count"))
                    _ = try host.watch(
                        store, [notification], configuration: configuration, memory: memory, name: nil, tree: tree)
                    if simulation.chance(0.2) { tree.fail(simulation.random(in: 1...3)) }
                    let isLast = isLast
                    await withTaskGroup(of: Void.self) { life in
                        life.addTask { _ = try? await host.run() }
                        while isOneHost, !account.isOver.load(ordering: .relaxed) {
                            try? await simulation.advance(by: .seconds(1))
                        }
                        let rest = isLast ? 60_000 : simulation.random(in: 1...20_000)
                        try? await simulation.advance(by: .milliseconds(rest))
                        if simulation.chance(0.5) { host.triggerGracefulShutdown() } else { life.cancelAll() }
                    }
                }
            }
            try await group.waitForAll()
        }
        for (key, size) in tree.files where account.last[key] != .some(size) {
            account.fault("the last version of a file was not told")
        }
        for (key, size) in account.last where size != nil && tree.files[key] == nil {
            account.fault("nobody was told that a file has gone")
        }
        return account.faults
    }

    @Test(
        "Whatever others do, and whenever hosts end: each version that stays is processed once, none early, and what has gone is told",
        .everySeed)
    func everything() async throws {
        let faults = try await Self.run(nil)
        #expect(faults == [])
    }

    @Test("A mistake of who tells of changes would be found", arguments: FakeTree.Bug.allCases)
    func mistakes(bug: FakeTree.Bug) async throws {
        try await Self.isFound { try await Self.run(bug) }
    }

    @Test("A memory that forgets would be found") func forgetful() async throws {
        try await Self.isFound { try await Self.run(nil, forgets: true) }
    }

    /// Some seed of a few finds it.
    private static func isFound(_ run: @escaping @Sendable () async throws -> Set<String>) async throws {
        for seed in 0..<300 {
            let faults = Notes<Set<String>>()
            try Simulation(seed: seed).run { faults.add(try await run()) }
            if faults.all.contains(where: { !$0.isEmpty }) { return }
        }
        Issue.record("300 seeds find nothing")
    }
}

extension Array {
    fileprivate func randomElement(_ simulation: Simulation) -> Element? {
        isEmpty ? nil : self[simulation.random(in: 0...count - 1)]
    }
}

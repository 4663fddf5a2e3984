// This source file is part of the FunctionHost project.
// SPDX-License-Identifier: Apache-2.0

import FunctionHost
import FunctionHostSQLite
import FunctionHostTriggers
import FunctionHostTriggersSQLite

/// Kills processes in the middle of polling a stream and a queue of one file, which several of them use one after another.
struct SourceDriver {
    private static let roundsPerFile = 10

    private let rounds: Int
    private let seed: Int
    /// Whether the processes have a bug that has to be found.
    private let isForgetful: Bool
    private var sums = [Int](repeating: 0, count: 6)

    init(_ words: Words) {
        rounds = words.number("rounds", or: 50)
        seed = words.number("seed", or: 1)
        isForgetful = words.text("checkpoints") == "forgotten"
    }

    consuming func run() async throws -> Bool {
        var random = SplitMix64(seed: UInt64(seed) &+ 77)
        var round = 0
        while round < rounds {
            let file = StoreFile()
            var record = SourceRecord()
            for _ in 0..<min(Self.roundsPerFile, rounds - round) {
                let tasks = [1, 4, 16][Int(random.next() % 3)]
                // Some die at once, most after some thousands of lines.
                let end = Int(random.next() % (tasks == 1 ? 10_000 : 40_000))
                guard try run(file, round, random.next() % 1_000_000, tasks, end, &record) else { return false }
                round += 1
            }
            let faults = try await judge(file, &record)
            guard faults.isEmpty || isForgetful else {
                print("sources: by round \(round), seed \(seed): \(faults.count) faults; \(faults.prefix(5))")
                return false
            }
            if isForgetful, faults.contains(where: { $0.contains("came again behind the checkpoint") }) {
                print("sources: checkpoints that are forgotten are found out")
                return true
            }
            let figures = [
                record.acknowledgedPuts, record.acknowledgedSends, record.acknowledgedDeletes, record.checkpoints,
                record.deliveries, record.repeated,
            ]
            for (index, figure) in figures.enumerated() { sums[index] += figure }
        }
        guard !isForgetful else {
            print("sources: checkpoints were forgotten, and this test does not see it")
            return false
        }
        print(
            "sources: \(rounds) processes killed, \(sums[0]) records put, \(sums[1]) messages sent and \(sums[2]) deleted, "
                + "\(sums[3]) checkpoints; \(sums[4]) deliveries, \(sums[5]) of them once more: none lost, none passed over, "
                + "none out of order, none before a checkpoint")
        guard rounds < 50 || sums[0] >= rounds * 500, rounds < 50 || sums[3] >= rounds else {
            print("sources: that is too little to tell")
            return false
        }
        return true
    }

    /// Hears what a process says, and kills it after so many lines.
    private func run(
        _ file: StoreFile, _ round: Int, _ seed: UInt64, _ tasks: Int, _ limit: Int, _ record: inout SourceRecord
    ) throws -> Bool {
        let arguments = [
            "source-child", "--file", file.path, "--round", "\(round)", "--seed", "\(seed)", "--tasks", "\(tasks)",
        ]
        guard
            var child = ChildProcess(
                arguments: arguments + (isForgetful ? ["--checkpoints", "forgotten"] : []), variables: [])
        else { throw ChildRun.CannotStart() }
        var (lines, isAlive) = (0, true)
        while let said = child.read() {
            for line in said { record.hear(line) }
            lines += said.count
            if isAlive, lines >= limit {
                child.kill()
                isAlive = false
            }
        }
        let code = child.wait()
        if code != -9 { print("sources: round \(round), seed \(self.seed): the process ended with \(code)") }
        return code == -9
    }

    /// What is wrong with a file that processes have left.
    private func judge(_ file: StoreFile, _ record: inout SourceRecord) async throws -> [String] {
        let store = try SQLiteStore(path: file.path)
        let damage = try await store.integrityCheck()
        guard damage.isEmpty else { return damage }
        let stream = try await SQLiteStream("clicks", in: store)
        var records: [String: [(item: SourceRecord.Item, sequence: SequenceNumber)]] = [:]
        for shard in try await stream.shards() {
            var position: StreamPosition? = .oldest
            var found: [(item: SourceRecord.Item, sequence: SequenceNumber)] = []
            while let from = position {
                let page = try await stream.read(shard.id, from: from, limit: 10_000)
                found += page.records.map { (item(String(decoding: $0.data, as: UTF8.self)), $0.sequenceNumber) }
                position = page.records.isEmpty ? nil : page.next
            }
            records[shard.id.description] = found
        }
        let messages = Set(file.texts("SELECT coalesce(body, '') FROM queue_messages").map(item))
        await store.close()
        return record.judge(records: records, messages: messages)
    }

    private func item(_ text: String) -> SourceRecord.Item {
        let words = text.split(separator: " ")
        return SourceRecord.Item(key: String(words[0]), number: words.count > 1 ? Int(words[1]) ?? -1 : -1)
    }
}

// This source file is part of the FunctionHost project.
// SPDX-License-Identifier: Apache-2.0

import FunctionHost

/// Kills processes under load. A file is used by several of them, one after another.
struct KillDriver {
    private static let roundsPerFile = 10

    private let rounds: Int
    private let seed: Int
    private var tally = Tally()

    init(_ words: Words) {
        rounds = words.number("rounds", or: 100)
        seed = words.number("seed", or: 1)
    }

    consuming func run() async throws -> Bool {
        var random = SplitMix64(seed: UInt64(seed))
        var file = StoreFile()
        var record = Record()
        for round in 0..<rounds {
            if round > 0, round % Self.roundsPerFile == 0 {
                tally.add(record)
                file = StoreFile()
                record = Record()
            }
            let tasks = [1, 8, 64][Int(random.next() % 3)]
            // Some die at once, most after some thousands of lines.
            let end = Int(random.next() % (tasks == 1 ? 1_500 : 8_000))
            let child = ChildRun(file: file, round: round, seed: random.next() % 1_000_000, tasks: tasks)
            _ = try child.run(&record, killAfter: end)
            guard try await tally.judge(file, record, "round \(round), seed \(seed)") else { return false }
        }
        tally.add(record)
        print(
            "kill: \(rounds) processes killed, \(tally.acknowledged) acknowledgements, \(tally.appended) events appended, "
                + "\(tally.ended) ended, \(tally.redriven) sent again: none lost, none ended twice")
        guard rounds < 100 || tally.acknowledged >= rounds * 1_000 else {
            print("kill: that is too little to tell")
            return false
        }
        return true
    }
}

/// Cuts the power at a write, each time with a new file.
struct PowerDriver {
    private let rounds: Int
    private let seed: Int
    private let isWeak: Bool
    private let preload: String
    private var tally = Tally()

    init(_ words: Words, isWeak: Bool) {
        rounds = words.number("rounds", or: 60)
        seed = words.number("seed", or: 1)
        preload = words.text("preload") ?? ""
        self.isWeak = isWeak
    }

    consuming func run() async throws -> Bool {
        var random = SplitMix64(seed: UInt64(seed) &+ 7)
        var losing = 0
        for round in 0..<rounds {
            let file = StoreFile()
            var record = Record()
            var child = ChildRun(file: file, round: 0, seed: random.next() % 1_000_000, tasks: [1, 8, 64][round % 3])
            child.isWeak = isWeak
            child.preload = preload
            child.variables = [
                "POWERCUT_SEED=\(random.next() % 1_000_000)", "POWERCUT_AT=\(200 + random.next() % 4_000)",
            ]
            let code = try child.run(&record, killAfter: .max)
            guard code == 137 else {
                print("power: round \(round), seed \(seed): the process ended with \(code), not by the power cut")
                return false
            }
            let found = try await tally.examine(file, record, "round \(round), seed \(seed)")
            guard let found, found.wrong == 0 else { return false }
            if found.lost > 0 {
                losing += 1
                if !isWeak {
                    print("power: round \(round), seed \(seed): \(found.lost) lost; \(found.samples)")
                    return false
                }
            }
            tally.add(record)
        }
        print(
            "\(isWeak ? "weak" : "power"): \(rounds) power cuts, \(tally.acknowledged) acknowledgements; rounds that lost some: "
                + "\(losing)")
        if isWeak, losing * 10 < rounds * 9 {
            print("weak: without waiting for the disk something must be lost: this test does not see losses")
            return false
        }
        return true
    }
}

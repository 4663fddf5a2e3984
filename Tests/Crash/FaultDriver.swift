// This source file is part of the FunctionHost project.
// SPDX-License-Identifier: Apache-2.0

/// Lets one call of the system fail, the first, then the second, and so on, until a run meets no fault.
///
/// Every other process dies as soon as it has said that something was refused: what it had begun to write must not come to
/// light then. The others go on to their end, where the power goes.
struct FaultDriver {
    /// What goes wrong: an error of the system, or 0 for a write that is cut short.
    private enum Fault: Int, CaseIterable {
        case inputOutput = 5
        case fullDisk = 28
        case shortWrite = 0
    }

    private let rounds: Int
    private let seed: Int
    private let preload: String
    private var tally = Tally()

    init(_ words: Words) {
        rounds = words.number("rounds", or: 200)
        seed = words.number("seed", or: 1)
        preload = words.text("preload") ?? ""
    }

    consuming func run() async throws -> Bool {
        for fault in Fault.allCases {
            for isNew in [true, false] {
                var faults = 0
                for call in 1...rounds {
                    guard let hasFailed = try await run(fault, at: call, isNew: isNew) else { return false }
                    if hasFailed { faults += 1 }
                    // A call that cannot be cut short is left out; behind the last one none fails any more.
                    if !hasFailed, fault != .shortWrite { break }
                }
                print(
                    "fault: \(fault) at \(faults) calls with a file that is \(isNew ? "new" : "there"): none lost, none "
                        + "refused and there")
            }
        }
        return true
    }

    /// Whether a call has failed; nil if something is wrong.
    private mutating func run(_ fault: Fault, at call: Int, isNew: Bool) async throws -> Bool? {
        let place = "fault: \(fault), call \(call), file \(isNew ? "new" : "there"), seed \(seed)"
        let file = StoreFile()
        if !isNew { _ = try await file.examine() }
        var record = Record()
        var child = ChildRun(file: file, round: 0, seed: UInt64(seed), tasks: 1)
        child.operations = 80
        child.preload = preload
        child.diesOfRefusal = call % 2 == 0
        child.variables = [
            "POWERCUT_SEED=\(call)", "POWERCUT_FAIL_AT=\(call)", "POWERCUT_ERRNO=\(fault.rawValue)",
            "POWERCUT_AT_EXIT=1",
        ]
        let code = try child.run(&record, killAfter: .max)
        // A store that cannot be opened says so, and another one can be opened afterwards.
        let isRefused = code == Int(Child.cannotOpen) && record.faults > 0
        guard isRefused || code == -9 || (code == 0 && record.hasEndedInOrder) else {
            print("\(place): the process ended with \(code)")
            return nil
        }
        return try await tally.judge(file, record, place) ? record.faults > 0 : nil
    }
}

// This source file is part of the FunctionHost project.
// SPDX-License-Identifier: Apache-2.0

/// One run of the process that is to be ended.
struct ChildRun {
    let file: StoreFile
    let round: Int
    let seed: UInt64
    let tasks: Int
    var operations: Int?
    var isWeak = false
    /// Whether it kills itself as soon as it has said that something was refused.
    var diesOfRefusal = false
    /// The library that stands between it and the disk.
    var preload: String?
    var variables: [String] = []

    struct CannotStart: Error {}

    /// Hears what it says, and kills it after so many lines; returns how it ended.
    func run(_ record: inout Record, killAfter limit: Int) throws -> Int {
        var arguments = [
            "child", "--file", file.path, "--round", "\(round)", "--seed", "\(seed)", "--tasks", "\(tasks)", "--first",
            "\(round * 10_000_000)",
        ]
        if diesOfRefusal { arguments += ["--refusal", "deadly"] }
        if let operations { arguments += ["--operations", "\(operations)"] }
        // The disk is waited for when the log is written into the file: seldom.
        if isWeak { arguments += ["--durability", "weak", "--log", "\(16 << 20)"] }
        var variables = variables
        if let preload { variables += ["LD_PRELOAD=\(preload)", "POWERCUT_FILE=\(file.path)"] }
        guard var child = ChildProcess(arguments: arguments, variables: variables) else { throw CannotStart() }
        var lines = 0
        var isAlive = true
        while let said = child.read() {
            for line in said { record.hear(line) }
            lines += said.count
            if isAlive, lines >= limit {
                child.kill()
                isAlive = false
            }
        }
        return child.wait()
    }
}

/// Sums over all files, and the judgement of each.
struct Tally {
    private(set) var acknowledged = 0
    private(set) var appended = 0
    private(set) var ended = 0
    private(set) var redriven = 0

    mutating func add(_ record: Record) {
        acknowledged += record.acknowledged
        appended += record.appended
        ended += record.ended
        redriven += record.redriven
    }

    /// Whether a file holds what it must; what is wrong is printed.
    func judge(_ file: StoreFile, _ record: Record, _ place: String) async throws -> Bool {
        guard let found = try await examine(file, record, place) else { return false }
        if found.lost > 0 { print("\(place): \(found.lost) lost; \(found.samples)") }
        return found.lost == 0 && found.wrong == 0
    }

    /// What a file lacks; nil, and a line, if it is damaged.
    func examine(_ file: StoreFile, _ record: Record, _ place: String) async throws -> Differences? {
        let (damage, events) = try await file.examine()
        guard damage.isEmpty else {
            print("\(place): the file is damaged: \(damage.prefix(3))")
            return nil
        }
        let differences = record.compare(with: events)
        if differences.wrong > 0 { print("\(place): \(differences.wrong) wrong; \(differences.samples)") }
        return differences
    }
}

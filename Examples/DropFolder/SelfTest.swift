// This source file is part of the FunctionHost project.
// SPDX-License-Identifier: Apache-2.0

/// Drops files itself, kills the process that counts them, and has another one do the rest.
struct SelfTest {
    private static let dropped = 40
    /// So many files the first process counts before it is killed.
    private static let patience = 10

    let folder: Folder

    func run() async throws {
        say("DropFolder  \(folder.path)")
        let names = (0..<Self.dropped).map { "file \($0).txt" }
        let first = try ChildProcess { ["--worker", folder.path, "\($0)"] }
        say("\nA first process, \(first.id)")
        try drop(names[..<20])
        var counted: [String] = []
        while counted.count < Self.patience, let line = first.readLine() { counted.append(line) }
        let signal = first.kill()
        while let line = first.readLine() { counted.append(line) }
        say("  counted \(counted.count) files until it was ended by signal \(signal)")
        try drop(names[20..<35])
        say("  15 files dropped while nobody is there")
        let second = try ChildProcess { ["--worker", folder.path, "\($0)"] }
        say("\nA second process, \(second.id)")
        try drop(names[35...])
        // At least once: what the first one was at when it ended is counted again.
        while Set(counted).count < names.count, let line = second.readLine() { counted.append(line) }
        _ = second.kill()
        while let line = second.readLine() { counted.append(line) }
        try conclude(names, counted)
        folder.removeTemporary(files: names)
    }

    private func drop(_ names: ArraySlice<String>) throws {
        for (index, name) in zip(names.indices, names) { try folder.drop(name, text(lines: index)) }
    }

    private func text(lines: Int) -> String { String(repeating: "a line\n", count: lines) }

    private func conclude(_ names: [String], _ counted: [String]) throws {
        let expected = Set(names.enumerated().map { "\($0.element) \($0.offset)" })
        let repeated = counted.count - Set(counted).count
        say("\nIn the end")
        say("  \(names.count) files dropped, \(Set(counted).count) counted, \(repeated) of them twice")
        guard Set(counted) == expected else { throw Failure("what was counted is not what was dropped") }
        // What runs when a process is killed runs again; what has ended does not.
        guard repeated <= Self.dropped / 4 else { throw Failure("\(repeated) files were counted twice") }
        say("\nEvery file was processed, and what was done stayed done.")
    }
}

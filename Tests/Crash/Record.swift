// This source file is part of the FunctionHost project.
// SPDX-License-Identifier: Apache-2.0

/// What processes have said of the events of one file, and what is wrong with what they left.
struct Record {
    private struct Entry {
        var isIntended = false
        var isAppended = false
        var isRefused = false
        /// Ends that were begun and not refused.
        var endIntents = 0
        var ends = 0
        var isDead = false
        /// Whether somebody meant to send it again; tasks may say so in another order than the store hears of it.
        var mayBeRedriven = false
        var attempts = 0
        /// Whether attempts may have been taken back.
        var mayHaveLessAttempts = false
    }

    private var entries: [Int: Entry] = [:]
    private(set) var appended = 0
    private(set) var ended = 0
    private(set) var redriven = 0
    private(set) var faults = 0
    /// How many lines of certain things there were.
    private(set) var acknowledged = 0
    private(set) var hasEndedInOrder = false

    mutating func hear(_ line: some StringProtocol) {
        let words = line.split(separator: " ")
        guard let letter = words.first else { return }
        if letter == "X" { faults += 1 }
        guard words.count > 1, let number = Int(words[1]) else { return }
        if "AEDVL".contains(letter) { acknowledged += 1 }
        switch letter {
        case "A":
            entries[number, default: Entry()].isAppended = true
            appended += 1
        case "F": entries[number, default: Entry()].isRefused = true
        case "e": entries[number, default: Entry()].endIntents += 1
        case "G": entries[number, default: Entry()].endIntents -= 1
        case "E":
            entries[number, default: Entry()].ends += 1
            ended += 1
        case "D": entries[number, default: Entry()].isDead = true
        case "v":
            entries[number, default: Entry()].mayBeRedriven = true
            entries[number, default: Entry()].mayHaveLessAttempts = true
        case "V": redriven += 1
        case "r": entries[number, default: Entry()].mayHaveLessAttempts = true
        case "L":
            let attempt = words.count > 2 ? Int(words[2]) ?? 0 : 0
            entries[number, default: Entry()].attempts = max(entries[number, default: Entry()].attempts, attempt)
        case "O": hasEndedInOrder = true
        case "a": entries[number, default: Entry()].isIntended = true
        default: break
        }
    }

    /// What is lost or otherwise wrong, by what the file has.
    func compare(with found: [Int: FoundEvent]) -> Differences {
        var differences = Differences()
        for (number, entry) in entries {
            if entry.ends > 1 { differences.add("ended twice", number) }
            if let event = found[number] {
                if entry.ends > 0 { differences.lose("ended, and is there", number) }
                if entry.isRefused { differences.add("refused, and is there", number) }
                if event.attempts < entry.attempts, !entry.mayHaveLessAttempts {
                    differences.lose("an attempt was not counted", number)
                }
                if entry.isDead, !entry.mayBeRedriven, !event.isDead { differences.lose("dead, and lives", number) }
            } else if entry.isAppended, entry.endIntents == 0 {
                differences.lose("acknowledged, and not there", number)
            }
        }
        for number in found.keys where entries[number]?.isIntended != true {
            differences.add("there, and never appended", number)
        }
        return differences
    }
}

/// What differs between words and file.
struct Differences {
    /// What an acknowledged transaction has brought about is not so.
    private(set) var lost = 0
    /// What must not be, even where the last transactions may be lost.
    private(set) var wrong = 0
    private(set) var samples: [String] = []

    mutating func lose(_ what: String, _ number: Int) {
        lost += 1
        if samples.count < 5 { samples.append("event \(number): \(what)") }
    }

    mutating func add(_ what: String, _ number: Int) {
        wrong += 1
        if samples.count < 5 { samples.append("event \(number): \(what)") }
    }
}

/// An event that a file has.
struct FoundEvent {
    let attempts: Int
    let isDead: Bool
}

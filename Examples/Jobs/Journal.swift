// This source file is part of the FunctionHost project.
// SPDX-License-Identifier: Apache-2.0

/// What has arrived at the endpoint, by the endpoint's own account.
struct Journal {
    private struct Entry {
        let process: Substring
        let id: Substring
        let key: String
    }

    private let entries: [Entry]

    init(_ path: String) throws {
        entries = try Files.lines(of: path).compactMap { line in
            let fields = line.split(separator: " ", maxSplits: 2)
            return fields.count == 3 ? Entry(process: fields[0], id: fields[1], key: String(fields[2])) : nil
        }
    }

    /// What has arrived, once or several times.
    var keys: Set<String> { Set(entries.map(\.key)) }

    /// In the order in which they came first.
    var keysInOrder: [String] {
        var seen: Set<String> = []
        return entries.map(\.key).filter { seen.insert($0).inserted }
    }

    /// What has arrived more than once.
    var sentTwice: Set<String> { Set(counts.filter { $0.value > 1 }.keys) }

    /// How many came under two ids: by these nobody could tell that they are the same.
    var underTwoIDs: Int {
        Dictionary(grouping: entries, by: \.key).count { Set($0.value.map(\.id)).count > 1 }
    }

    /// How many each process has sent.
    func count(from process: Int32) -> Int { entries.count { $0.process == "\(process)" } }

    /// How many days there are, and within how many of them the alerts came in the order of time.
    ///
    /// Those that died do not count, since others went ahead of them.
    func days(but died: Set<String>) -> (count: Int, inOrder: Int) {
        let days = Dictionary(grouping: keysInOrder.filter { !died.contains($0) }) { String($0.dropLast(6)) }
        return (days.count, days.values.count { $0 == $0.sorted() })
    }

    private var counts: [String: Int] { entries.reduce(into: [:]) { $0[$1.key, default: 0] += 1 } }
}

// This source file is part of the FunctionHost project.
// SPDX-License-Identifier: Apache-2.0

/// What may stand in a field, and how a part of it is read: `*`, `a`, `a-b`, each with `/n`.
struct CronField {
    let name: String
    let range: ClosedRange<Int>
    /// From the first value on, three letters each.
    let names: [String]
    /// Whether a range may go over the end and on from the beginning.
    let wraps: Bool

    init(_ name: String, _ range: ClosedRange<Int>, names: [String] = [], wraps: Bool = true) {
        self.name = name
        self.range = range
        self.names = names
        self.wraps = wraps
    }

    static let months = ["JAN", "FEB", "MAR", "APR", "MAY", "JUN", "JUL", "AUG", "SEP", "OCT", "NOV", "DEC"]
    static let weekdays = ["SUN", "MON", "TUE", "WED", "THU", "FRI", "SAT"]

    /// The values of a whole field, as often as they are named.
    func values(_ text: ArraySlice<UInt8>) throws(ScheduleFault) -> [Int] {
        var values: [Int] = []
        for item in items(text) { values += try self.values(ofItem: item) }
        return values
    }

    /// What lies between the commas, empty parts too.
    func items(_ text: ArraySlice<UInt8>) -> [ArraySlice<UInt8>] {
        text.split(separator: UInt8(ascii: ","), omittingEmptySubsequences: false)
    }

    /// The values of one item of a list, in their order.
    func values(ofItem item: ArraySlice<UInt8>) throws(ScheduleFault) -> [Int] {
        let parts = item.split(separator: UInt8(ascii: "/"), maxSplits: 1, omittingEmptySubsequences: false)
        let step = parts.count == 2 ? try self.step(parts[1]) : nil
        let base = parts[0]
        if base.elementsEqual("*".utf8) {
            return Array(stride(from: range.lowerBound, through: range.upperBound, by: step ?? 1))
        }
        let ends = base.split(separator: UInt8(ascii: "-"), maxSplits: 1, omittingEmptySubsequences: false)
        let first = try value(ends[0])
        guard ends.count == 2 else {
            return step.map { Array(stride(from: first, through: range.upperBound, by: $0)) } ?? [first]
        }
        let last = try value(ends[1])
        if first <= last { return Array(stride(from: first, through: last, by: step ?? 1)) }
        guard wraps else {
            throw fault(at: base, "the range goes down; write the smaller value first, or two ranges with a comma")
        }
        // Over the end of the field and on from its beginning, by the same steps.
        return stride(from: first, through: last + range.count, by: step ?? 1).map {
            $0 > range.upperBound ? $0 - range.count : $0
        }
    }

    /// A number in the field's range, or a name.
    func value(_ text: ArraySlice<UInt8>) throws(ScheduleFault) -> Int {
        if let number = Self.number(text) {
            guard range ~= number else { throw fault(at: text, "\(number) is out of range; \(expected)") }
            return number
        }
        guard let index = names.firstIndex(of: Self.uppercased(text)) else {
            throw fault(at: text, text.isEmpty ? "a value is missing; \(expected)" : "this is no value; \(expected)")
        }
        return range.lowerBound + index
    }

    func fault(at text: ArraySlice<UInt8>, _ reason: String) -> ScheduleFault {
        ScheduleFault(at: text.startIndex, in: name, reason)
    }

    /// What can be written, in words.
    var expected: String {
        "give \(range.lowerBound) to \(range.upperBound)" + (names.isEmpty ? "" : " or \(names[0]) to \(names.last!)")
    }

    private func step(_ text: ArraySlice<UInt8>) throws(ScheduleFault) -> Int {
        guard let step = Self.number(text), step >= 1 else {
            throw fault(at: text, "a step is a whole number from 1 on, as in */5")
        }
        return step
    }

    /// Digits and nothing else; nine of them are enough for everybody.
    static func number(_ text: ArraySlice<UInt8>) -> Int? {
        guard 1...9 ~= text.count, text.allSatisfy({ UInt8(ascii: "0")...UInt8(ascii: "9") ~= $0 }) else { return nil }
        return text.reduce(0) { $0 * 10 + Int($1 - UInt8(ascii: "0")) }
    }

    /// Letters of ASCII only: in Unicode `ſ` is a small letter of S.
    static func uppercased(_ text: ArraySlice<UInt8>) -> String {
        let bytes = text.map { UInt8(ascii: "a")...UInt8(ascii: "z") ~= $0 ? $0 - 32 : $0 }
        return String(decoding: bytes, as: UTF8.self)
    }

    /// The fields of a line, with spaces or tabs between them.
    static func split(_ text: ArraySlice<UInt8>) -> [ArraySlice<UInt8>] {
        text.split { $0 == UInt8(ascii: " ") || $0 == UInt8(ascii: "\t") }
    }
}

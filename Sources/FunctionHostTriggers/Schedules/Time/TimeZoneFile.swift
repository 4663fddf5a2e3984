// This source file is part of the FunctionHost project.
// SPDX-License-Identifier: Apache-2.0

/// A file of the time zone database, taken apart.
///
/// Source: RFC 9636, section 3.
struct TimeZoneFile {
    /// What is wrong with a file.
    struct Fault: Error {
        let reason: String
    }

    /// How the clock is set, and from when, in seconds since 1970 UTC.
    private var changes: [(second: Int64, offset: Int)] = []
    /// What holds before the first change.
    private let firstOffset: Int
    /// What holds after the last change; nil if the file does not say.
    private let rule: PosixTimeZone?

    init(_ bytes: [UInt8]) throws(Fault) {
        var reader = ByteReader(bytes)
        var header = try Header(&reader)
        // From version 2 on everything comes twice: first for readers who know 32 bits only.
        let timeSize = header.version >= UInt8(ascii: "2") ? 8 : 4
        if timeSize == 8 {
            try reader.skip(header.blockSize(timeSize: 4))
            header = try Header(&reader)
        }
        let times = try reader.integers(count: header.timeCount, size: timeSize)
        let types = try reader.take(header.timeCount)
        var offsets: [Int] = []
        for _ in 0..<header.typeCount {
            let offset = Int(try reader.integer(size: 4))
            guard abs(offset) <= TimeZoneRules.largestOffset else {
                throw Fault(reason: "a clock cannot differ from UTC by \(offset) s")
            }
            offsets.append(offset)
            try reader.skip(2)
        }
        try reader.skip(header.designationSize)
        let leaps = try Self.leapSeconds(&reader, count: header.leapCount, timeSize: timeSize)
        try reader.skip(header.indicatorCount)

        firstOffset = offsets[0]
        for (time, type) in zip(times, types) {
            guard Int(type) < offsets.count else { throw Fault(reason: "a change leads to local time type \(type)") }
            if let last = changes.last, time <= last.second { throw Fault(reason: "the changes are not in order") }
            changes.append((Self.civil(time, leaps), offsets[Int(type)]))
        }
        rule = timeSize == 8 ? try Self.footer(&reader) : nil
    }

    /// The changes in the file, and those that its rule makes until no ``Timestamp`` can tell them.
    func timeline() throws(Fault) -> (changes: [Int64], offsets: [Int]) {
        var all = changes
        if let rule {
            let last = changes.last?.second ?? .min
            let firstYear = changes.isEmpty ? Self.years.lowerBound : max(Self.years.lowerBound, Self.year(of: last))
            if changes.isEmpty { all.append((.min, rule.standardOffset)) }
            for year in firstYear..<Self.years.upperBound {
                all += rule.changes(inYear: year).filter { $0.second > last }
            }
        }
        var seconds: [Int64] = []
        var offsets = [firstOffset]
        // Two changes may come at one instant, where a rule says that it is summer all the year: the later one holds, because
        // it is found last.
        for change in all {
            // Some change the name of the time only.
            guard offsets.last != change.offset else { continue }
            seconds.append(change.second)
            offsets.append(change.offset)
        }
        return (seconds, offsets)
    }

    /// Beyond these years no ``Timestamp`` can be.
    private static let years = 1_900..<2_264

    private static func year(of second: Int64) -> Int {
        let earliest = Int64(CivilDate(year: years.lowerBound, month: 1, day: 1).dayNumber)
        let latest = Int64(CivilDate(year: years.upperBound, month: 1, day: 1).dayNumber)
        let day = min(max(second.flooredDivision(by: 86_400).quotient, earliest), latest)
        return CivilDate(dayNumber: Int(day)).year
    }

    private static func leapSeconds(
        _ reader: inout ByteReader, count: Int, timeSize: Int
    ) throws(Fault) -> [(second: Int64, correction: Int64)] {
        var leaps: [(second: Int64, correction: Int64)] = []
        for _ in 0..<count {
            leaps.append((try reader.integer(size: timeSize), try reader.integer(size: 4)))
        }
        return leaps
    }

    /// Files that count leap seconds count them in the changes too; nobody else does.
    private static func civil(_ second: Int64, _ leaps: [(second: Int64, correction: Int64)]) -> Int64 {
        second &- (leaps.last { $0.second <= second }?.correction ?? 0)
    }

    /// The rule between two line feeds; nil if there is nothing between them.
    private static func footer(_ reader: inout ByteReader) throws(Fault) -> PosixTimeZone? {
        let rest = reader.rest
        guard rest.first == UInt8(ascii: "\n"), let end = rest.dropFirst().firstIndex(of: UInt8(ascii: "\n")) else {
            throw Fault(reason: "the line with the rule after the last change is missing")
        }
        let text = rest[rest.index(after: rest.startIndex)..<end]
        return text.isEmpty ? nil : try PosixTimeZone(text)
    }
}

/// What stands in front of each of the two parts of a file.
private struct Header {
    let version: UInt8
    let leapCount: Int
    let timeCount: Int
    let typeCount: Int
    let designationSize: Int
    /// Of both kinds of indicators, which only matter to rules that nobody has any more.
    let indicatorCount: Int

    init(_ reader: inout ByteReader) throws(TimeZoneFile.Fault) {
        guard try reader.take(4).elementsEqual("TZif".utf8) else {
            throw TimeZoneFile.Fault(reason: "the file does not begin with TZif, so it is none of a time zone")
        }
        version = try reader.take(1)[0]
        try reader.skip(15)
        let counts = try reader.integers(count: 6, size: 4)
        guard counts.allSatisfy({ 0...1_000_000 ~= $0 }), counts[4] > 0 else {
            throw TimeZoneFile.Fault(reason: "the counts in a header cannot be")
        }
        indicatorCount = Int(counts[0] + counts[1])
        leapCount = Int(counts[2])
        timeCount = Int(counts[3])
        typeCount = Int(counts[4])
        designationSize = Int(counts[5])
    }

    func blockSize(timeSize: Int) -> Int {
        timeCount * (timeSize + 1) + typeCount * 6 + designationSize + leapCount * (timeSize + 4) + indicatorCount
    }
}

/// Reads from the front; what would lie behind the end is a fault.
private struct ByteReader {
    private(set) var rest: ArraySlice<UInt8>

    init(_ bytes: [UInt8]) { rest = bytes[...] }

    mutating func take(_ count: Int) throws(TimeZoneFile.Fault) -> [UInt8] {
        guard count <= rest.count else { throw TimeZoneFile.Fault(reason: "the file ends too early") }
        defer { rest = rest.dropFirst(count) }
        return Array(rest.prefix(count))
    }

    mutating func skip(_ count: Int) throws(TimeZoneFile.Fault) { _ = try take(count) }

    /// A number with a sign, most significant byte first.
    mutating func integer(size: Int) throws(TimeZoneFile.Fault) -> Int64 {
        let bits = try take(size).reduce(UInt64(0)) { $0 << 8 | UInt64($1) }
        return size == 8 ? Int64(bitPattern: bits) : Int64(Int32(truncatingIfNeeded: bits))
    }

    mutating func integers(count: Int, size: Int) throws(TimeZoneFile.Fault) -> [Int64] {
        // Before room is made for them.
        guard count * size <= rest.count else { throw TimeZoneFile.Fault(reason: "the file ends too early") }
        var numbers: [Int64] = []
        for _ in 0..<count { numbers.append(try integer(size: size)) }
        return numbers
    }
}

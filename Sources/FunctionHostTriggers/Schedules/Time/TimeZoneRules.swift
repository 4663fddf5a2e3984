// This source file is part of the FunctionHost project.
// SPDX-License-Identifier: Apache-2.0

public import FunctionHost

/// What a clock on the wall shows in one place of the world, and when it is set.
///
/// A value that is read once, from the system's time zone database or from the bytes of one of its files, and never
/// changes: a process that shall follow a new version of the database makes it anew. It knows its zone's offset from UTC
/// for every instant that a `Timestamp` can tell; beyond the table in the file by the rule at its end.
///
/// Source: RFC 9636, *The Time Zone Information Format (TZif)*, versions 1 to 4.
public struct TimeZoneRules: Hashable, Sendable {
    /// The name it was made with, such as `Europe/Berlin`.
    public let name: String
    /// When the clock is set, in seconds since 1970 UTC, ascending.
    let changes: [Int64]
    /// Seconds east of UTC: the first before all changes, each other one from the change before it.
    let offsets: [Int]

    /// Coordinated Universal Time; no file is read for it.
    public static let utc = Self(name: "UTC", changes: [], offsets: [0])

    init(name: String, changes: [Int64], offsets: [Int]) {
        self.name = name
        self.changes = changes
        self.offsets = offsets
    }

    /// Reads a zone from the system's database.
    ///
    /// `UTC` and `Etc/UTC` need none.
    ///
    /// - Parameters:
    ///   - name: As IANA writes it, capitals included: `America/New_York`.
    ///   - directory: Where the database lies; nil for the one that the environment variable `TZDIR` names, or else the
    ///     usual places of Linux and macOS.
    /// - Throws: ``TimeZoneError``: `invalidName` if it is no name of a zone, `unknown` if the database does not have it,
    ///   `noDatabase` if there is none, `unreadable`, `malformed`.
    /// - Complexity: One file of a few kilobytes is read, so make a zone once and keep it.
    public init(named name: String, in directory: String? = nil) throws(TimeZoneError) {
        if name == "UTC" || name == "Etc/UTC" {
            self.init(name: name, changes: [], offsets: [0])
        } else {
            self = try Self(name: name, file: TimeZoneDatabase.file(of: name, in: directory))
        }
    }

    /// Reads a zone from the bytes of a TZif file.
    ///
    /// - Throws: ``TimeZoneError`` as `malformed`, with what is wrong and where.
    public init(name: String, file bytes: [UInt8]) throws(TimeZoneError) {
        do throws(TimeZoneFile.Fault) {
            let (changes, offsets) = try TimeZoneFile(bytes).timeline()
            self.init(name: name, changes: changes, offsets: offsets)
        } catch {
            throw TimeZoneError(.malformed, name: name, reason: error.reason)
        }
    }

    /// How much the clock is ahead of UTC; negative in the west.
    public func utcOffset(at instant: Timestamp) -> Duration { .seconds(offset(atSecond: instant.wholeSeconds)) }

    /// What the clock shows at an instant, to the second before it.
    public func localTime(at instant: Timestamp) -> LocalDateTime {
        let seconds = instant.wholeSeconds
        return LocalDateTime(seconds: seconds + Int64(offset(atSecond: seconds)))
    }

    /// When the clock shows a time: once as a rule, never where it is set forward over it, twice where it is set back.
    ///
    /// - Returns: The instants, ascending; none also for a time beyond what a `Timestamp` can tell.
    public func instants(of local: LocalDateTime) -> [Timestamp] {
        // Nobody's clock differs from UTC by more, so these are all the parts of the timeline that can show it.
        let reach = Int64(Self.largestOffset)
        var part = part(atSecond: local.seconds - reach)
        var found: [Timestamp] = []
        while part < offsets.count, start(of: part) <= local.seconds + reach {
            let second = local.seconds - Int64(offsets[part])
            if start(of: part) <= second, second < end(of: part), let instant = Timestamp(wholeSeconds: second) {
                found.append(instant)
            }
            part += 1
        }
        return found
    }

    /// The largest offset that a file may have, in seconds, in either direction.
    ///
    /// Source: RFC 9636, section 3.2: `utoff` should be between −89,999 and 93,599.
    static let largestOffset = 93_600
}

/// The timeline in parts of one offset each.
extension TimeZoneRules {
    func offset(atSecond second: Int64) -> Int { offsets[part(atSecond: second)] }

    /// Which part holds an instant.
    func part(atSecond second: Int64) -> Int {
        var (low, high) = (0, changes.count)
        while low < high {
            let middle = (low + high) / 2
            if changes[middle] <= second { low = middle + 1 } else { high = middle }
        }
        return low
    }

    /// The first second of a part.
    func start(of part: Int) -> Int64 { part == 0 ? .min : changes[part - 1] }

    /// The first second after a part.
    func end(of part: Int) -> Int64 { part < changes.count ? changes[part] : .max }

    /// Whether the clock showed, earlier, what it shows at a second of this part.
    func isRepeated(second: Int64, in part: Int) -> Bool {
        let local = second + Int64(offsets[part])
        var earlier = part - 1
        while earlier >= 0, end(of: earlier) > second - 2 * Int64(Self.largestOffset) {
            let other = local - Int64(offsets[earlier])
            if start(of: earlier) <= other, other < end(of: earlier) { return true }
            earlier -= 1
        }
        return false
    }
}

extension Timestamp {
    /// Seconds since 1970 UTC, to the one before it.
    var wholeSeconds: Int64 { nanoseconds.flooredDivision(by: 1_000_000_000).quotient }

    /// Nil if it cannot be told.
    init?(wholeSeconds: Int64) {
        let (nanoseconds, overflow) = wholeSeconds.multipliedReportingOverflow(by: 1_000_000_000)
        guard !overflow else { return nil }
        self.init(nanoseconds: nanoseconds)
    }
}

// This source file is part of the FunctionHost project.
// SPDX-License-Identifier: Apache-2.0

import FunctionHost
import FunctionHostTriggers
import Testing

/// The format, by files made for the purpose.
@Suite struct TimeZoneFileTests {
    private func offset(_ file: MadeZoneFile, _ utc: String) throws -> Duration {
        try TimeZoneRules(name: "Made", file: file.bytes).utcOffset(at: instant(utc))
    }

    @Test(
        "All versions are read; the first has no rule for later",
        arguments: ["\0", "2", "3", "4", "5"] as [Unicode.Scalar])
    func versions(version: Unicode.Scalar) throws {
        let file = MadeZoneFile(
            version: version, types: [60, 3_600, 7_200], changes: [(0, 1), (86_400, 2)], footer: "<+02>-2")
        #expect(try offset(file, "1969-12-31T23:59:59Z") == .seconds(60))
        #expect(try offset(file, "1970-01-01T00:00:00Z") == .seconds(3_600))
        #expect(try offset(file, "1970-01-01T23:59:59.999999999Z") == .seconds(3_600))
        #expect(try offset(file, "1970-01-02T00:00:00Z") == .seconds(7_200))
        #expect(try offset(file, "2200-01-01T00:00:00Z") == .seconds(7_200))
    }

    @Test(
        "The rule in the footer holds beyond the table",
        arguments: [
            ("EST5EDT,M3.2.0,M11.1.0", "2030-07-01T00:00:00Z", -14_400),
            ("EST5EDT,M3.2.0,M11.1.0", "2030-12-01T00:00:00Z", -18_000),
            // Days by their number in the year, with and without 29 February.
            ("AAA0BBB,J60/0,J61/1", "2028-02-29T12:00:00Z", 0),
            ("AAA0BBB,J60/0,J61/1", "2028-03-01T12:00:00Z", 3_600),
            ("AAA0BBB,59/0,60/1", "2028-02-29T12:00:00Z", 3_600),
            ("AAA0BBB,59/0,60/1", "2028-03-01T12:00:00Z", 0),
            // Hours of the days around, and of a week around.
            ("<-02>2<-01>,M3.5.0/-1,M10.5.0/0", "2030-03-31T00:59:59Z", -7_200),
            ("<-02>2<-01>,M3.5.0/-1,M10.5.0/0", "2030-03-31T01:00:00Z", -3_600),
            ("IST-2IDT,M3.4.4/26,M10.5.0", "2029-03-22T23:59:59Z", 7_200),
            ("IST-2IDT,M3.4.4/26,M10.5.0", "2029-03-23T00:00:00Z", 10_800),
            ("AAA0BBB,M5.1.1/167,M10.1.1/-167", "2030-05-12T22:59:59Z", 0),
            ("AAA0BBB,M5.1.1/167,M10.1.1/-167", "2030-05-12T23:00:00Z", 3_600),
            // Offsets to the second, and of the summer by itself.
            ("AAA+1:02:03BBB-4:05:06,M3.1.0,M11.1.0", "2030-01-10T00:00:00Z", -3_723),
            ("AAA+1:02:03BBB-4:05:06,M3.1.0,M11.1.0", "2030-07-10T00:00:00Z", 14_706),
            // South of the equator the year begins in summer.
            ("NZST-12NZDT,M9.5.0,M4.1.0/3", "2030-01-10T00:00:00Z", 46_800),
            ("NZST-12NZDT,M9.5.0,M4.1.0/3", "2030-07-10T00:00:00Z", 43_200),
            // Summer all the year.
            ("EST5EDT,0/0,J365/25", "2030-01-01T05:00:00Z", -14_400),
            ("EST5EDT,0/0,J365/25", "2030-12-31T23:59:59Z", -14_400),
            // The third Monday, the last Saturday, and a winter that is the exception.
            ("IST-1GMT0,M10.5.0,M3.5.0/1", "2030-12-15T00:00:00Z", 0),
            ("IST-1GMT0,M10.5.0,M3.5.0/1", "2030-06-15T00:00:00Z", 3_600),
        ])
    func footer(rule: String, utc: String, seconds: Int) throws {
        #expect(try offset(MadeZoneFile(version: "3", footer: rule), utc) == .seconds(seconds))
    }

    @Test("The rule does not touch the table")
    func table() throws {
        let summer2040 = instant("2040-07-01T00:00:00Z").nanoseconds / 1_000_000_000
        let file = MadeZoneFile(types: [3_600], changes: [(summer2040, 0)], footer: "CET-1CEST,M3.5.0,M10.5.0/3")
        #expect(try offset(file, "2039-07-01T00:00:00Z") == .seconds(3_600))
        #expect(try offset(file, "2041-07-01T00:00:00Z") == .seconds(7_200))
    }

    @Test("Leap seconds in a file are taken out of it")
    func leapSeconds() throws {
        let file = MadeZoneFile(
            types: [0, 3_600], changes: [(1_000_000_027, 1)], leaps: [(78_796_800, 1), (900_000_000, 27)],
            footer: "<+01>-1")
        #expect(
            try TimeZoneRules(name: "Made", file: file.bytes).utcOffset(
                at: Timestamp(nanoseconds: 1_000_000_000 * 1_000_000_000)) == .seconds(3_600))
        #expect(
            try TimeZoneRules(name: "Made", file: file.bytes).utcOffset(
                at: Timestamp(nanoseconds: 999_999_999 * 1_000_000_000)) == .zero)
    }

    @Test(
        "A rule that cannot be is refused",
        arguments: [
            "X", "CET", "CET-25", "CET-1CEST", "CET-1CEST,M3.5.0", "CET-1CEST,M13.5.0,M10.5.0",
            "CET-1CEST,M3.6.0,M10.5.0",
            "CET-1CEST,M3.5.7,M10.5.0", "CET-1CEST,J0,J1", "CET-1CEST,366,1", "CET-1CEST,M3.5.0/168,M10.5.0", "<CET-1",
            "CET-1CEST,M3.5.0,M10.5.0 ", "CET-1:60", "CET-99999999999999999999", "CET-1CEST,M3,M4",
        ])
    func badFooter(rule: String) { refuses(MadeZoneFile(footer: rule).bytes) }

    @Test("A file that cannot be is refused, with what is wrong")
    func malformed() {
        refuses([])
        refuses(Array("TZif".utf8))
        refuses(Array("#!/bin/sh\n".utf8) + [UInt8](repeating: 0, count: 100))
        refuses(MadeZoneFile(types: []).bytes)
        refuses(MadeZoneFile(types: [0], changes: [(0, 1)]).bytes)
        refuses(MadeZoneFile(types: [0], changes: [(5, 0), (5, 0)]).bytes)
        refuses(MadeZoneFile(types: [1_000_000]).bytes)
        refuses(MadeZoneFile(types: [.min]).bytes)
        refuses(MadeZoneFile(footer: nil).bytes)
        var huge = MadeZoneFile().bytes
        huge.replaceSubrange(32..<36, with: [0x7F, 0xFF, 0xFF, 0xFF])
        refuses(huge)
    }

    @Test("Cut off anywhere or changed anywhere, a file is read or refused, never a crash")
    func damaged() throws {
        let whole = MadeZoneFile(
            types: [0, 3_600, 7_200], changes: [(-5, 1), (1 << 40, 2)], leaps: [(0, 1)],
            footer: "CET-1CEST,M3.5.0,M10.5.0/3"
        ).bytes
        for length in 0..<whole.count { refuses(Array(whole.prefix(length))) }
        var random = SplitMix64(seed: 7)
        for _ in 0..<3_000 {
            var bytes = whole
            for _ in 0..<Int.random(in: 1...4, using: &random) {
                bytes[Int.random(in: 0..<bytes.count, using: &random)] = UInt8.random(in: 0...255, using: &random)
            }
            guard let zone = try? TimeZoneRules(name: "Damaged", file: bytes) else { continue }
            for nanoseconds in [Int64.min, 0, .max] {
                let instant = Timestamp(nanoseconds: nanoseconds)
                _ = zone.instants(of: zone.localTime(at: instant))
            }
        }
    }

    private func refuses(_ bytes: [UInt8], location: SourceLocation = #_sourceLocation) {
        let error = #expect(throws: TimeZoneError.self, sourceLocation: location) {
            try TimeZoneRules(name: "Made", file: bytes)
        }
        #expect(error?.code == .malformed, sourceLocation: location)
    }
}

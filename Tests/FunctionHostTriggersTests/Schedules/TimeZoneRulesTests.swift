// This source file is part of the FunctionHost project.
// SPDX-License-Identifier: Apache-2.0

import FunctionHost
import FunctionHostTriggers
import Testing

/// Zones of the system's database, against what is known of them.
@Suite struct TimeZoneRulesTests {
    @Test(
        "The clock shows what it showed, or is going to",
        arguments: [
            ("UTC", "2025-05-10T06:00:00Z", "2025-05-10T06:00:00"),
            ("Etc/UTC", "2025-05-10T06:00:00Z", "2025-05-10T06:00:00"),
            ("America/New_York", "2025-03-09T06:59:59Z", "2025-03-09T01:59:59"),
            ("America/New_York", "2025-03-09T07:00:00Z", "2025-03-09T03:00:00"),
            ("America/New_York", "2025-11-02T05:59:59Z", "2025-11-02T01:59:59"),
            ("America/New_York", "2025-11-02T06:00:00Z", "2025-11-02T01:00:00"),
            // Beyond any table, by the rule.
            ("America/New_York", "2199-03-10T06:59:59Z", "2199-03-10T01:59:59"),
            ("America/New_York", "2199-03-10T07:00:00Z", "2199-03-10T03:00:00"),
            ("Europe/London", "2025-03-30T01:00:00Z", "2025-03-30T02:00:00"),
            // A summer all the year: from 1968 to 1971 the clock was an hour ahead.
            ("Europe/London", "1970-01-01T00:00:00Z", "1970-01-01T01:00:00"),
            // Standard time in summer, and an hour back in winter.
            ("Europe/Dublin", "2025-01-15T12:00:00Z", "2025-01-15T12:00:00"),
            ("Europe/Dublin", "2150-07-15T12:00:00Z", "2150-07-15T13:00:00"),
            ("Asia/Kolkata", "2025-01-01T00:00:00Z", "2025-01-01T05:30:00"),
            ("Asia/Kathmandu", "2025-01-01T00:00:00Z", "2025-01-01T05:45:00"),
            ("Australia/Sydney", "2025-01-01T00:00:00Z", "2025-01-01T11:00:00"),
            ("Australia/Sydney", "2100-07-01T00:00:00Z", "2100-07-01T10:00:00"),
            // Half an hour of summer time.
            ("Australia/Lord_Howe", "2025-01-01T00:00:00Z", "2025-01-01T11:00:00"),
            ("Australia/Lord_Howe", "2025-04-05T15:00:00Z", "2025-04-06T01:30:00"),
            ("Australia/Lord_Howe", "2120-07-01T00:00:00Z", "2120-07-01T10:30:00"),
            // An hour back in Ramadan.
            ("Africa/Casablanca", "2025-03-15T12:00:00Z", "2025-03-15T12:00:00"),
            ("Africa/Casablanca", "2025-05-15T12:00:00Z", "2025-05-15T13:00:00"),
            // 30 December 2011 was left out.
            ("Pacific/Apia", "2011-12-30T09:59:59Z", "2011-12-29T23:59:59"),
            ("Pacific/Apia", "2011-12-30T10:00:00Z", "2011-12-31T00:00:00"),
            // Summer time was given up in 2016.
            ("Europe/Istanbul", "2025-01-15T12:00:00Z", "2025-01-15T15:00:00"),
            ("America/Sao_Paulo", "2018-12-15T12:00:00Z", "2018-12-15T10:00:00"),
            ("America/Sao_Paulo", "2025-12-15T12:00:00Z", "2025-12-15T09:00:00"),
            // A rule whose hours lie outside the day: −1 and −2.
            ("America/Nuuk", "2150-07-15T12:00:00Z", "2150-07-15T11:00:00"),
            ("Etc/GMT+12", "2025-01-01T00:00:00Z", "2024-12-31T12:00:00"),
            ("Pacific/Kiritimati", "2025-01-01T00:00:00Z", "2025-01-01T14:00:00"),
        ])
    func clock(zone: String, at utc: String, shows local: String) throws {
        let zone = try TimeZoneRules(named: zone)
        #expect(zone.localTime(at: instant(utc)).description == local)
        #expect(zone.instants(of: LocalDateTime(local)!).contains(instant(utc)))
    }

    @Test(
        "A local time comes never in a gap, twice where the clock is set back, and once as a rule",
        arguments: [
            ("America/New_York", "2025-03-09T02:30:00", []),
            ("America/New_York", "2025-03-09T03:00:00", ["2025-03-09T07:00:00Z"]),
            ("America/New_York", "2025-11-02T01:30:00", ["2025-11-02T05:30:00Z", "2025-11-02T06:30:00Z"]),
            ("America/New_York", "2025-11-02T02:00:00", ["2025-11-02T07:00:00Z"]),
            ("Australia/Lord_Howe", "2025-10-05T02:15:00", []),
            ("Australia/Lord_Howe", "2025-10-05T02:30:00", ["2025-10-04T15:30:00Z"]),
            ("Australia/Lord_Howe", "2025-04-06T01:45:00", ["2025-04-05T14:45:00Z", "2025-04-05T15:15:00Z"]),
            ("Pacific/Apia", "2011-12-30T12:00:00", []),
            ("UTC", "2300-01-01T00:00:00", []),
        ])
    func instants(zone: String, of local: String, are expected: [String]) throws {
        let zone = try TimeZoneRules(named: zone)
        #expect(zone.instants(of: LocalDateTime(local)!).map(text) == expected)
    }

    @Test("Offsets are told in seconds east of UTC")
    func offset() throws {
        #expect(
            try TimeZoneRules(named: "Asia/Kolkata").utcOffset(at: instant("2025-01-01T00:00:00Z")) == .seconds(19_800))
        #expect(TimeZoneRules.utc.utcOffset(at: .distantFuture) == .zero)
        #expect(TimeZoneRules.utc.name == "UTC")
    }

    @Test("The first and the last instant there are have a local time", arguments: ["UTC", "Europe/Berlin"])
    func extremes(zone: String) throws {
        let zone = try TimeZoneRules(named: zone)
        #expect(zone.localTime(at: .distantFuture).year == 2_262)
        #expect(zone.localTime(at: Timestamp(nanoseconds: .min)).year == 1_677)
    }

    @Test(
        "A name that could leave the directory, or cannot be a zone's, is refused before any file is looked at",
        arguments: [
            "", "/etc/passwd", "../../etc/passwd", "Europe/../../../etc/passwd", "Europe//Berlin", "Europe/", "/", ".",
            "Europe/Berlin\0", "Europe Berlin", "zone.tab", "Zürich", String(repeating: "a", count: 256),
        ])
    func invalidName(name: String) throws {
        let error = try #require(throws: TimeZoneError.self) { try TimeZoneRules(named: name) }
        #expect(error.code == .invalidName)
        #expect(error.description.contains("Europe/Berlin"))
    }

    @Test(
        "A zone that is not there is unknown, and so is a directory",
        arguments: ["Europe/Atlantis", "Europe", "UTC/Berlin"])
    func unknown(name: String) throws {
        let error = try #require(throws: TimeZoneError.self) { try TimeZoneRules(named: name) }
        #expect(error.code == .unknown)
    }

    @Test("A directory that is not there has no zones; UTC needs none")
    func noDirectory() throws {
        let error = try #require(throws: TimeZoneError.self) {
            try TimeZoneRules(named: "Europe/Berlin", in: "/nowhere/at/all")
        }
        #expect(error.code == .unknown)
        #expect(try TimeZoneRules(named: "UTC", in: "/nowhere/at/all") == .utc)
    }
}

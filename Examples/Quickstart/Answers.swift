// This source file is part of the FunctionHost project.
// SPDX-License-Identifier: Apache-2.0

import FunctionHost

/// What was asked of the functions, and what came of it.
struct Answers {
    private let work: Work
    private var rows: [[Table.Cell]] = []
    private var lastFunction = ""
    private var lastQuestion = ""

    /// Has all the work done; a row for each thing that was asked.
    static func table(of work: Work) async throws -> Table {
        var answers = Self(work: work)
        try await answers.collect()
        return Table(answers.rows)
    }

    private init(work: Work) { self.work = work }

    private mutating func collect() async throws {
        try await summaries()
        try await departures()
        try await months()
        for error in try await work.audit() {
            add("audit-day", "throws if hours are missing", "\(type(of: error)): \(error)", .bad)
        }
        let (accepted, failed) = try await work.archive()
        add("archive-day", "a week, to be done later", "\(accepted) queued, \(accepted - failed.count) done")
        for letter in failed {
            let error = letter.history.last?.errorMessage ?? "\(letter.cause)"
            add("archive-day", "dead after \(letter.attempts) attempts", error, .bad)
        }
        add("outlook", "2 days ahead", try await work.outlook(days: 2))
        add("outlook", "30 days ahead", try await work.outlook(days: 30), .bad)
        for (json, tone) in [(#"{"fahrenheit": 75.9}"#, Tone.plain), (#"{"fahrenheit": "hot"}"#, .bad)] {
            add("to-celsius", json, try await work.celsius(json), tone)
        }
    }

    private mutating func summaries() async throws {
        let all = try await work.summaries()
        if let low = all.min(by: { $0.lowest < $1.lowest }), let high = all.max(by: { $0.highest < $1.highest }) {
            add(
                "summarize-day", "each day, 8 callers for 4 places",
                "\(low.lowest.fixed(1)) °F (\(low.day.label)) to \(high.highest.fixed(1)) °F (\(high.day.label))")
        }
        let (answered, throttled) = try await work.burst()
        let advice = throttled.compactMap(\.retryAfter).max().map { ": come back in \($0.short)" } ?? ""
        add(
            "summarize-day", "12 at once who will not wait",
            "\(answered) answered, \(throttled.count) throttled\(advice)", .warning)
    }

    private mutating func departures() async throws {
        let all = try await work.departures()
        guard let farthest = all.max(by: { $0.degrees.magnitude < $1.degrees.magnitude }) else { return }
        add(
            "departure", "each day, against its month",
            "at most \(farthest.degrees.fixed(1)) °F (\(farthest.day.label))")
    }

    private mutating func months() async throws {
        for city in City.allCases {
            let means = try await work.months(of: city).map(\.mean)
            guard let coldest = means.min(), let warmest = means.max() else { continue }
            add(
                "months", "\(city.rawValue), streamed",
                "\(sparkline(means))  \(coldest.fixed(1)) to \(warmest.fixed(1)) °F")
        }
    }

    /// A function, or a question, that is the same as in the row before is not said again.
    private mutating func add(_ function: String, _ question: String, _ answer: String, _ tone: Tone = .plain) {
        let isSameFunction = lastFunction == function
        let isSameQuestion = isSameFunction && lastQuestion == question
        (lastFunction, lastQuestion) = (function, question)
        rows.append([
            .left(isSameFunction ? "" : function, .accent), .left(isSameQuestion ? "" : question, .faint),
            .left(answer, tone),
        ])
    }
}

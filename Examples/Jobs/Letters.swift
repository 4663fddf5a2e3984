// This source file is part of the FunctionHost project.
// SPDX-License-Identifier: Apache-2.0

import FunctionHost

/// The dead letters: looked at, mended, and sent again.
struct Letters {
    let queue: DeadLetterQueue

    /// All of them by their cause, and one in full.
    ///
    /// - Returns: Their idempotency keys.
    func show() async throws -> Set<String> {
        let letters = try await queue.list(limit: 1_000)
        Output.heading("Dead letters", "\(letters.count), by cause, attempts and last error")
        let groups = Dictionary(grouping: letters) { letter in
            "\(letter.cause)  \(letter.attempts)  \(letter.history.last?.errorMessage ?? "never tried")"
        }
        for (group, letters) in groups.sorted(by: { $0.key < $1.key }) { Output.item("\(letters.count)", group) }
        if let unlucky = letters.max(by: { $0.history.count < $1.history.count }) { try show(unlucky) }
        return Set(letters.compactMap(\.event.details.idempotencyKey))
    }

    private func show(_ letter: DeadLetter) throws {
        Output.heading("One of them", "\(letter.id)")
        Output.item("function", letter.functionName)
        Output.item("tags", letter.event.details.tags.map { "\($0): \($1)" }.joined(separator: ", "))
        Output.item("payload", String(decoding: try queue.payload(of: letter), as: UTF8.self))
        for attempt in letter.history {
            let start = letter.history[0].startedAt.duration(to: attempt.startedAt)
            Output.item(
                "attempt \(attempt.number)",
                "after \(start.short), took \(attempt.duration.short): \(attempt.errorType ?? "\(attempt.outcome)"), "
                    + (attempt.errorMessage ?? ""))
        }
        Output.item("cause", "\(letter.cause)")
    }

    /// Gives those another payload whose payload was at fault.
    func mend() async throws {
        var counts: [String: Int] = [:]
        for letter in try await queue.list(limit: 1_000) {
            guard let (alert, what) = Self.mended(try queue.payload(of: letter)) else { continue }
            try await queue.edit(letter.id, payload: try JSONPayloadCoder().encode(alert))
            counts[what, default: 0] += 1
        }
        Output.heading("Mended and sent again", "20 in a second")
        Output.line(counts.sorted { $0.key < $1.key }.map { "\($0.value) \($0.key)" }.joined(separator: ", "))
    }

    /// Not all at once: the endpoint has others to serve.
    ///
    /// - Returns: How many there were.
    func sendAgain() async throws -> Int {
        let count = try await queue.count()
        return try await queue.redrive(perSecond: 20) { sent in
            if sent == count || sent.isMultiple(of: 10) { Output.line("\(sent) of \(count) sent again") }
        }
    }

    /// The alert as it should have been, and what was wrong with it; nil if nothing was.
    private static func mended(_ payload: [UInt8]) -> (Alert, what: String)? {
        let coder = JSONPayloadCoder()
        // Which of the two formats it has is found out by trying.
        if let old = try? coder.decode(OldFormat.self, from: payload), let alert = old.alert {
            return (alert, "numbers written as text")
        }
        guard var alert = try? coder.decode(Alert.self, from: payload) else { return nil }
        if let city = Misspelling.corrected(alert.city) {
            alert.city = city
            return (alert, "cities misspelt")
        }
        guard alert.unit == nil else { return nil }
        alert.unit = "C"
        return (alert, "units missing")
    }
}

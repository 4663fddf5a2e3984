// This source file is part of the FunctionHost project.
// SPDX-License-Identifier: Apache-2.0

import FunctionHost

/// The life of some hundred alerts, from their acceptance to the last one that was sent.
struct Tour {
    let sender: AlertSender
    let files: Files
    let jobs: [Job]

    func run() async throws {
        try await accept()
        let letters = Letters(queue: sender.host.deadLetters)
        try await sender.host.run {
            Output.heading("Sending", "16 at a time; the endpoint takes 25 in a tenth of a second")
            try await sender.waitUntilIdle()
            let died = try await letters.show()
            try await letters.mend()
            // One that was mended may be out of luck as well, and die once more.
            while try await letters.sendAgain() > 0 { try await sender.waitUntilIdle(printing: false) }
            try await conclude(died)
        }
    }

    /// Before the host runs, so that the second time all of them are still there.
    private func accept() async throws {
        Output.heading("Accepted")
        let start = sender.host.now
        let first = try await sender.enqueue(jobs)
        let time = start.duration(to: sender.host.now)
        Output.line("\(first.accepted) alerts in \(first.batches) batches, \(first.foreign) by name, in \(time.short)")
        let second = try await sender.enqueue(jobs)
        Output.line("the same once more: \(second.accepted) accepted, \(second.duplicates) duplicates by their keys")
        let figures = try await sender.host.queueFigures()
        Output.line("in the queue: \(figures.ready) alerts of \(figures.bytes) bytes")
    }

    private func conclude(_ died: Set<String>) async throws {
        let journal = try Journal(files.journal)
        let figures = try await sender.host.queueFigures()
        Output.heading("In the end")
        if let alert = sender.metrics.snapshot()[sender.alert.name] {
            Output.item(
                "metrics",
                "\(alert.eventsReceived) received, \(alert.eventsRetried) retries, \(alert.eventsDead) deaths; "
                    + "\(alert.invocations) attempts, half of them within \(alert.duration.p50.short)")
        }
        Output.item("queue", "\(figures.active) active, \(figures.dead) dead letters")
        Output.item(
            "endpoint",
            "\(journal.keys.count) alerts, \(journal.sentTwice.count) of them twice; it asked for patience "
                + "\(sender.endpoint.deferred) times")
        let (sent, failed) = (try Files.lines(of: files.sent), try Files.lines(of: files.failed))
        Output.item("records", "\(sent.count) of success, \(failed.count) of failure, each a line of JSON")
        showOrder(journal, but: died)
        let lost = jobs.filter { !journal.keys.contains($0.reading.key) }
        guard lost.isEmpty else { throw Failure("\(lost.count) alerts were accepted and never sent") }
    }

    /// What priorities and ordering keys came to.
    private func showOrder(_ journal: Journal, but died: Set<String>) {
        let urgent = Set(jobs.filter(\.isFirstOfDay).map(\.reading.key))
        let early = journal.keysInOrder.prefix(urgent.count).count { urgent.contains($0) }
        Output.item("priority", "of the first \(urgent.count) sent, \(early) opened their day, and were urgent")
        let days = journal.days(but: died)
        Output.item("order", "kept within \(days.inOrder) of \(days.count) days, by those that had not died")
    }
}

// This source file is part of the FunctionHost project.
// SPDX-License-Identifier: Apache-2.0

import FunctionHost
import FunctionHostSQLite

#if canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#elseif canImport(Darwin)
    import Darwin
#endif

/// A process that is killed in the middle of its work, and another one that does the rest.
struct KillRun {
    /// So many alerts the child may send.
    private static let patience = 150

    let files: Files
    let jobs: [Job]

    func run() async throws {
        guard !Files.exists(files.queue) else {
            throw Failure("\(files.queue) is there already; --kill wants a new file")
        }
        Output.show("FunctionHost Jobs  \(jobs.count) alerts, and a process that is killed: \(files.queue)")
        let child = try killChild()
        let store = try AlertSender.store(in: files)
        let sender = try AlertSender(store: store, files: files)
        try await lookFromOutside(sender)
        Output.heading("A second host", "in this process; what the dead one was sending is free after two seconds")
        try await sender.host.run { try await sender.waitUntilIdle() }
        await sender.host.flushObservers()
        Output.line("\(sender.rescues.count) alerts and records were in the hands of the first process when it ended")
        try await conclude(child, sender)
        await store.close()
    }

    /// Starts a child, listens until it has sent enough, and kills it.
    ///
    /// - Returns: Its process.
    private func killChild() throws -> Int32 {
        let child = try ChildProcess { ["--file", files.queue, "--worker", "\($0)"] }
        Output.heading("A first host", "in process \(child.id)")
        guard let accepted = child.readLine(), accepted == "\(jobs.count)" else {
            throw Failure("process \(child.id) did not accept all \(jobs.count) alerts")
        }
        Output.line("\(accepted) alerts accepted, it says")
        var sent = 0
        while sent < Self.patience, child.readLine() != nil { sent += 1 }
        let signal = child.kill()
        while child.readLine() != nil { sent += 1 }
        Output.line("\(sent) of them sent, it said, until it ended by signal \(signal)")
        guard sent >= Self.patience, signal != 0 else { throw Failure("process \(child.id) ended by itself") }
        return child.id
    }

    /// A host that does not run yet does not touch what is there.
    private func lookFromOutside(_ sender: AlertSender) async throws {
        let figures = try await sender.host.queueFigures()
        Output.heading("What the file holds", "alerts, and records on their way to a destination")
        Output.columns("ready", "delayed", "leased", "dead")
        Output.columns(figures.ready, figures.delayed, figures.leased, figures.dead)
    }

    /// Holds the endpoint's own account, and the dead letters, against what was accepted.
    private func conclude(_ child: Int32, _ sender: AlertSender) async throws {
        let journal = try Journal(files.journal)
        let letters = try await sender.host.deadLetters.list(limit: jobs.count)
        let dead = Set(letters.compactMap(\.event.details.idempotencyKey))
        let lost = jobs.filter { !journal.keys.contains($0.reading.key) && !dead.contains($0.reading.key) }
        Output.heading("In the end")
        Output.line(
            "\(jobs.count) accepted: \(journal.keys.count) sent, \(dead.count) dead letters, \(lost.count) lost")
        Output.line(
            "\(journal.count(from: child)) by process \(child), \(journal.count(from: getpid())) by this one; "
                + "\(journal.sentTwice.count) of them twice, \(journal.underTwoIDs) under two ids")
        Output.line("at least once, not exactly once: by its id an endpoint can tell that it has an alert already")
        guard lost.isEmpty else { throw Failure("\(lost.count) alerts were accepted and never sent") }
    }
}

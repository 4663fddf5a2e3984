// This source file is part of the FunctionHost project.
// SPDX-License-Identifier: Apache-2.0

import FunctionHost
import FunctionHostSQLite

/// Alerts of two cities' temperatures are sent through an endpoint that fails: later, again, and in the end all of them.
@main
struct Jobs {
    static func main() async {
        do {
            let options = try Options(CommandLine.arguments.dropFirst())
            let (files, jobs) = (try options.files(), try Job.all())
            switch options.mode {
            case .tour: try await tour(files, jobs, inMemory: options.isInMemory)
            case .kill: try await KillRun(files: files, jobs: jobs).run()
            case .worker(let pipe): return try await work(files, jobs, telling: pipe)
            }
            files.removeTemporary()
        } catch {
            Output.fail(error)
        }
    }

    private static func tour(_ files: Files, _ jobs: [Job], inMemory: Bool) async throws {
        files.clear()
        let place = inMemory ? "in memory" : files.queue
        Output.show("FunctionHost Jobs  \(jobs.count) alerts, an endpoint that fails, and a queue: \(place)")
        if inMemory {
            let sender = try AlertSender(store: InMemoryStore(), files: files)
            return try await Tour(sender: sender, files: files, jobs: jobs).run()
        }
        let store = try AlertSender.store(in: files)
        try await Tour(sender: AlertSender(store: store, files: files), files: files, jobs: jobs).run()
        await store.close()
    }

    /// The process that is killed: it says how many alerts were accepted, and then of each that it was sent.
    private static func work(_ files: Files, _ jobs: [Job], telling pipe: Int32) async throws {
        let sender = try AlertSender(store: AlertSender.store(in: files), files: files, pipe: pipe)
        let acceptance = try await sender.enqueue(jobs)
        try writeLine("\(acceptance.accepted + acceptance.foreign)", to: pipe)
        try await sender.host.run { try await sender.waitUntilIdle(printing: false) }
    }
}

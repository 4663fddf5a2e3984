// This source file is part of the FunctionHost project.
// SPDX-License-Identifier: Apache-2.0

import FunctionHost

extension AlertSender {
    /// What became of alerts that were handed over.
    struct Acceptance {
        var batches = 0
        var accepted = 0
        var duplicates = 0
        /// From stations that know the function by its name only.
        var foreign = 0
    }

    /// Hands alerts over, 64 in one acknowledgement: all of them are accepted, or none is.
    func enqueue(_ jobs: [Job]) async throws -> Acceptance {
        var result = Acceptance()
        var own = jobs.filter { $0.foreign == nil }[...]
        while !own.isEmpty {
            let batch = own.prefix(64).map { (input: $0.alert, options: Optional($0.options)) }
            own = own.dropFirst(64)
            let receipts = try await host.enqueue(alert, batch: batch)
            result.batches += 1
            result.accepted += receipts.count { !$0.isDuplicate }
            result.duplicates += receipts.count { $0.isDuplicate }
        }
        for job in jobs {
            guard let payload = job.foreign else { continue }
            try await host.enqueue(named: alert.name, payload: payload, options: job.options)
            result.foreign += 1
        }
        return result
    }

    /// Returns when nothing is left to be done; tells twice a second what there is, records on their way included.
    ///
    /// - Throws: ``Failure`` after a minute, in which far more could have been done.
    func waitUntilIdle(printing isPrinting: Bool = true) async throws {
        let start = host.now
        if isPrinting { Output.columns("time", "ready", "delayed", "leased", "dead", "sent") }
        while true {
            let figures = try await host.queueFigures()
            if isPrinting {
                Output.columns(
                    start.duration(to: host.now).short, figures.ready, figures.delayed, figures.leased, figures.dead,
                    endpoint.taken)
            }
            if figures.active == 0 { return }
            guard start.duration(to: host.now) < .seconds(60) else {
                throw Failure("\(figures.active) are left undone")
            }
            try await Task.sleep(for: .milliseconds(500))
        }
    }
}

// This source file is part of the FunctionHost project.
// SPDX-License-Identifier: Apache-2.0

import FunctionHost

/// Prints what the observers know.
struct Report {
    let terminal: Terminal

    func heading(_ title: String, _ note: String = "") {
        print("\n" + terminal.paint(title, .heading) + (note.isEmpty ? "" : "  " + terminal.paint(note, .faint)))
    }

    func show(_ table: Table) {
        for line in table.lines(on: terminal) { print(line) }
    }

    func show(_ metrics: MetricsSnapshot) {
        var table = Table()
        table.add(header: [
            "function", "calls", "cold", "warm", "errors", "timeouts", "throttled", "peak", "p50", "p90", "p99",
            "p99.9",
        ])
        for function in metrics.functions { table.add(cells(of: function, named: function.functionName)) }
        table.add(cells(of: metrics.total, named: "total"))
        heading("Metrics", "the time of handlers, without cold starts")
        show(table)
        let inits = metrics.total.initDuration
        if inits.count > 0 {
            print(
                "  \(inits.count) cold starts ran an init closure, of \(inits.minimum.short) to \(inits.maximum.short)")
        }
    }

    private func cells(of metrics: FunctionMetrics, named name: String) -> [Table.Cell] {
        let duration = metrics.duration
        return [
            .left(name, .accent), .count(metrics.invocations), .count(metrics.coldStarts),
            .count(metrics.invocations - metrics.coldStarts), .count(metrics.errors, .bad),
            .count(metrics.timeouts, .bad), .count(metrics.throttles, .warning),
            .count(metrics.maximumConcurrentExecutions), .right(duration.p50.short), .right(duration.p90.short),
            .right(duration.p99.short), .right(duration.p999.short),
        ]
    }

    func show(_ bill: Bill, increment: Duration) {
        var table = Table()
        table.add(header: ["function", "requests", "billed", "GB-seconds"])
        for line in bill.lines {
            table.add([
                .left(line.functionName, .accent), .count(line.requests), .right(line.billedDuration.short),
                .right(line.gigabyteSeconds.fixed(4)),
            ])
        }
        table.add([
            .left("total", .accent), .count(bill.requests), .right(bill.billedDuration.short),
            .right(bill.gigabyteSeconds.fixed(4)), .right("$\(bill.total.fixed(6))", .good),
        ])
        heading(
            "Bill",
            "each invocation rounded up to \((increment / .milliseconds(1)).fixed(0)) ms; $\(bill.prices.millionRequests.fixed(2)) a million requests, "
                + "$\(bill.prices.gigabyteSecond.fixed(10)) a GB-second")
        show(table)
    }

    /// Lambda's lines, folded, and beside the name of the function.
    func show(_ invocations: [RecordedInvocation]) {
        heading("Last reports")
        var table = Table()
        for invocation in invocations {
            let fields = invocation.description.split(separator: "\t")
            let tone: Tone = invocation.outcome == .succeeded ? .plain : .warning
            table.add([.left(invocation.functionName, .accent), .left(String(fields[0]), .faint)])
            for part in [fields.dropFirst().prefix(3), fields.dropFirst(4)] where !part.isEmpty {
                table.add([.left(""), .left(part.joined(separator: "  "), tone)])
            }
        }
        show(table)
    }
}

// This source file is part of the FunctionHost project.
// SPDX-License-Identifier: Apache-2.0

import FunctionHost

/// The hourly temperatures of two cities go through seven functions; then the host tells what there is to tell about it.
///
/// Reads the files beside this one, or those of the same names in the folder that is given as an argument.
@main
struct Quickstart {
    let terminal = Terminal()
    let metrics = Metrics()
    let meter = Meter(prices: PriceList(millionRequests: 0.20, gigabyteSecond: 0.000_016_666_7))
    let recorder = Recorder(capacity: 3)

    /// The folder beside this file.
    private static var shippedData: String {
        #filePath.split(separator: "/").dropLast().map { "/\($0)" }.joined() + "/Data"
    }

    static func main() async throws {
        let folder = CommandLine.arguments.dropFirst().first ?? shippedData
        do {
            try await Quickstart().run(on: Temperatures(folder: folder), folder: folder)
        } catch let error as FileError {
            Terminal.fail("\(error)")
        }
    }

    func run(on data: Temperatures, folder: String) async throws {
        let progress = terminal.isInteractive ? ProgressLine(on: terminal, total: Work.size(of: data)) : nil
        var observers: [any HostObserver] = [metrics, meter, recorder]
        if let progress { observers.append(progress) }
        let host = FunctionHost(observers: observers)
        let functions = try Functions(on: host, data: data, folder: folder)
        let work = Work(host: host, functions: functions, days: data.days)

        let start = ContinuousClock.now
        // Leaving the scope is the shutdown.
        let answers = try await host.run { try await Answers.table(of: work) }
        let elapsed = ContinuousClock.now - start
        await host.flushObservers()
        progress?.erase()
        show(answers, data, elapsed)
    }

    private func show(_ answers: Table, _ data: Temperatures, _ elapsed: Duration) {
        let report = Report(terminal: terminal)
        print(
            terminal.paint("FunctionHost Quickstart", .heading)
                + "  hourly temperatures of two cities (NOAA, public domain)")
        print(
            "\(data.rows.grouped) rows, \(data.unreadable.grouped) unreadable; \(data.missingHours.grouped) hours missing; "
                + "\(metrics.snapshot().total.invocations.grouped) invocations in \(elapsed.short)")
        report.heading("Results")
        report.show(answers)
        report.show(metrics.snapshot())
        report.show(meter.bill(), increment: meter.increment)
        report.show(recorder.invocations)
    }
}

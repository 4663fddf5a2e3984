// This source file is part of the FunctionHost project.
// SPDX-License-Identifier: Apache-2.0

import FunctionHost
import FunctionHostTriggers

#if canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#elseif canImport(Darwin)
    import Darwin
#endif

/// The next ten firings of an expression; and for the first of them a function runs, as EventBridge Scheduler would call it.
@main
struct Cron {
    static func main() async throws {
        do {
            try await Options(CommandLine.arguments.dropFirst()).run()
        } catch {
            let line = "Cron: \(error)\n"
            _ = line.withCString { write(STDERR_FILENO, $0, line.utf8.count) }
            exit(1)
        }
    }
}

extension Options {
    func run() async throws {
        let schedule = Schedule(name: "report", expression: expression, zone: zone, created: now)
        print("\(expression) in \(zone.name)")
        let firings = Array(sequence(first: now) { schedule.next(after: $0) }.dropFirst().prefix(10))
        for planned in firings {
            print("  \(zone.localTime(at: planned))   \(TimeZoneRules.utc.localTime(at: planned))Z")
        }
        guard let next = firings.first else { return print("  never") }
        print("\nThe first of them, run now")
        try await runFunction(for: schedule.firing(at: next))
    }

    private func runFunction(for firing: ScheduleFiring) async throws {
        let host = FunctionHost()
        let zone = zone
        try host.register("report") { (event: ScheduledEvent, _) in
            // A function is told the planned instant, whenever it runs.
            guard let second = LocalDateTime(event.time.dropLast()),
                let planned = TimeZoneRules.utc.instants(of: second).first
            else { throw UnknownTime(time: event.time) }
            return "the report of \(zone.localTime(at: planned).description.prefix(10))"
        }
        let payload = try JSONPayloadCoder().encode(ScheduledEvent(firing))
        print("  event   " + String(decoding: payload, as: UTF8.self))
        try await host.run {
            let response = try await host.invoke(named: "report", payload: payload)
            print("  result  " + String(decoding: response.payload, as: UTF8.self))
        }
    }
}

/// A time that no clock there shows, or that is written in another way.
struct UnknownTime: Error, CustomStringConvertible {
    let time: String

    var description: String { "\(time) is no time there; write it as 2025-03-26T12:00:00" }
}

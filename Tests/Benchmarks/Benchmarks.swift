// This source file is part of the FunctionHost project.
// SPDX-License-Identifier: Apache-2.0

#if canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#elseif canImport(Darwin)
    import Darwin
#endif

/// Measures the host against goals: `swift run -c release Benchmarks [section …] [--quick] [--gate] [--count n]`.
///
/// Times are ratios to a baseline that alternates with them in the same run, never nanoseconds: machines differ, and this one
/// may be busy. They are reported. What does not depend on the machine is a gate: with `--gate`, missing it is a failure.
@main
struct Benchmarks {
    static func main() async throws {
        let arguments = Arguments(CommandLine.arguments.dropFirst())
        var loads = [Double](repeating: 0, count: 1)
        if !arguments.isChild, getloadavg(&loads, 1) == 1 {
            print(
                "load \(loads[0].fixed(1)) on \(sysconf(Int32(_SC_NPROCESSORS_ONLN))) processors, this program not counted"
            )
        }
        var holds = true
        for section in Section.all where arguments.asksFor(section) {
            if try await !section.run(arguments) { holds = false }
        }
        if arguments.isGate, !holds { exit(1) }
    }
}

/// A part that can be asked for by name.
struct Section: Sendable {
    let name: String
    /// Whether it runs when nothing is asked for.
    var isDefault = true
    /// Returns whether its gates hold; a section without any is always good.
    let run: @Sendable (Arguments) async throws -> Bool

    /// In the order in which they run.
    static let all =
        [
            Section(name: "invoke", run: measureInvoke),
            Section(name: "json", run: measureJSON),
            Section(name: "queue", run: measureQueue),
            Section(name: "flat", run: measureFlatness),
            Section(name: "allocations", run: countAllocations),
            Section(name: "memory", run: measureMemory),
            Section(name: "bulkhead", run: measureBulkhead),
            Section(name: "idle", run: measureIdle),
            Section(name: "queue-events", isDefault: false, run: queueEvents),
            Section(name: "queue-loop", isDefault: false, run: queueLoop),
            Section(name: "store", run: measureStore),
            Section(name: "mapping", run: measureMapping),
            Section(name: "mapping-idle", isDefault: false, run: measureIdleMapping),
            Section(name: "triggers", run: measureTriggers),
            Section(name: "tables", isDefault: false, run: measureTables),
            Section(name: "sqlite", run: measureSQLite),
            Section(name: "sqlite-million", isDefault: false, run: measureMillion),
            Section(name: "stream", run: measureDurable),
            Section(name: "stream-million", isDefault: false, run: measureDurableMillion),
            Section(name: "table-in-file", isDefault: false, run: measureDurableTable),
            Section(name: "patterns", run: measurePatterns),
            Section(name: "soak", run: soak),
        ] + MemoryKind.sections
}

/// What the command line asks for.
struct Arguments: Sendable {
    var sections: [String] = []
    var options: Set<String> = []
    /// How many invocations a soak has.
    var count: Int?

    init(_ words: some Sequence<String>) {
        var isCount = false
        for word in words {
            if isCount {
                count = Int(word)
                isCount = false
            } else if word == "--count" {
                isCount = true
            } else if word.hasPrefix("--") {
                options.insert(String(word.dropFirst(2)))
            } else {
                sections.append(word)
            }
        }
    }

    /// A fifth of the repetitions.
    var isQuick: Bool { options.contains("quick") }
    /// Whether a missed gate is a failure.
    var isGate: Bool { options.contains("gate") }

    /// Whether another run of this program has started it, to measure one thing in a fresh process.
    var isChild: Bool { options.contains("child") }

    func asksFor(_ section: Section) -> Bool {
        sections.isEmpty ? section.isDefault : sections.contains(section.name)
    }
}

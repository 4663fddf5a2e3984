// This source file is part of the FunctionHost project.
// SPDX-License-Identifier: Apache-2.0

/// Measures the host against goals: `swift run -c release Benchmarks [section …] [--quick] [--gate] [--pin]`.
///
/// Times are ratios to a baseline that alternates with them in the same run, never nanoseconds: machines differ, and this one
/// may be busy. `--gate` ends with a failure if a goal that does not depend on the machine is missed.
@main
struct Benchmarks {
    static func main() async throws {
        let arguments = Arguments(CommandLine.arguments.dropFirst())
        for section in Section.all where arguments.asksFor(section) {
            try await section.run(arguments)
        }
    }
}

/// A part that can be asked for by name.
struct Section: Sendable {
    let name: String
    let run: @Sendable (Arguments) async throws -> Void

    /// In the order in which they run.
    static let all = [
        Section(name: "invoke", run: measureInvoke)
    ]
}

/// What the command line asks for.
struct Arguments: Sendable {
    var sections: [String] = []
    var options: Set<String> = []
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

    func asksFor(_ section: Section) -> Bool { sections.isEmpty || sections.contains(section.name) }
}

// This source file is part of the FunctionHost project.
// SPDX-License-Identifier: Apache-2.0

import FunctionHost

#if canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#elseif canImport(Darwin)
    import Darwin
#endif

/// Ends processes that use a store in a file, and looks at what they leave; `Tests/crash` runs it.
///
///     Crash kill  --rounds 100                         processes are killed under load
///     Crash sources --rounds 50                        processes that poll a stream and a queue are killed
///     Crash power --rounds 60 --preload powercut.so    the power is cut: nothing may be lost
///     Crash weak  --rounds 30 --preload powercut.so    the same without waiting for the disk: something must be lost
///     Crash fault --rounds 200 --preload powercut.so   each call of the system fails once
///
/// A seed (`--seed`) gives the same work and the same moments, as far as the machine's scheduler lets it.
@main
struct Crash {
    static func main() async throws {
        // A pipe whose reader is gone is an error, not the end.
        signal(SIGPIPE, SIG_IGN)
        let words = Words(CommandLine.arguments.dropFirst())
        let isGood: Bool
        switch words.command {
        case "child":
            do throws(StoreError) { try await Child(words).run() } catch { exit(Child.cannotOpen) }
            return
        case "source-child": return try await SourceChild(words).run()
        case "sources": isGood = try await SourceDriver(words).run()
        case "kill": isGood = try await KillDriver(words).run()
        case "power": isGood = try await PowerDriver(words, isWeak: false).run()
        case "weak": isGood = try await PowerDriver(words, isWeak: true).run()
        case "fault": isGood = try await FaultDriver(words).run()
        default:
            print("Crash: kill, sources, power, weak or fault?")
            isGood = false
        }
        exit(isGood ? 0 : 1)
    }
}

/// What the command line says.
struct Words: Sendable {
    var command = ""
    private var values: [String: String] = [:]

    init(_ words: some Sequence<String>) {
        var name: String?
        for word in words {
            if let known = name {
                values[known] = word
                name = nil
            } else if word.hasPrefix("--") {
                name = String(word.dropFirst(2))
            } else {
                command = word
            }
        }
    }

    func text(_ name: String) -> String? { values[name] }

    func number(_ name: String, or other: Int) -> Int { values[name].flatMap(Int.init) ?? other }
}

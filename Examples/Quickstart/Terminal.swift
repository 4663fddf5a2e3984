// This source file is part of the FunctionHost project.
// SPDX-License-Identifier: Apache-2.0

import FunctionHost
import Synchronization

#if canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#elseif canImport(Darwin)
    import Darwin
#endif

/// What standard output is: a person's terminal, which may have colours, or a pipe or a file, which gets plain text.
struct Terminal: Sendable {
    let isInteractive: Bool
    let hasColor: Bool

    init() {
        isInteractive = isatty(STDOUT_FILENO) == 1
        // https://no-color.org: present and not empty, whatever it says.
        hasColor = isInteractive && Self.variable("NO_COLOR").isEmpty && Self.variable("TERM") != "dumb"
    }

    func paint(_ text: String, _ tone: Tone) -> String {
        hasColor && tone != .plain && !text.isEmpty ? "\u{1B}[\(tone.rawValue)m\(text)\u{1B}[0m" : text
    }

    /// Writes over the line that the cursor is in.
    func overwriteLine(_ text: String) {
        print("\r\(text)\u{1B}[K", terminator: "")
        fflush(nil)
    }

    /// Says what is wrong, where errors are said, and ends the program.
    static func fail(_ message: String) -> Never {
        let line = "Quickstart: \(message)\n"
        _ = line.withCString { write(STDERR_FILENO, $0, line.utf8.count) }
        exit(1)
    }

    private static func variable(_ name: String) -> String { getenv(name).map { String(cString: $0) } ?? "" }
}

/// The colours that are used, as the numbers terminals know them by.
enum Tone: String {
    case plain = ""
    case heading = "1"
    case faint = "2"
    case good = "32"
    case bad = "31"
    case warning = "33"
    case accent = "36"
}

/// An observer: shows how many invocations have ended, on a thread of the host's own and a few times a second at most.
final class ProgressLine: HostObserver {
    private let terminal: Terminal
    private let total: Int
    private let state = Mutex((ended: 0, shown: ContinuousClock.now))

    init(on terminal: Terminal, total: Int) {
        self.terminal = terminal
        self.total = max(1, total)
    }

    func invocationFinished(_ report: InvocationReport) {
        let ended = state.withLock { state -> Int? in
            state.ended += 1
            guard ContinuousClock.now - state.shown > .milliseconds(40) else { return nil }
            state.shown = .now
            return state.ended
        }
        if let ended { show(ended, report.context.functionName) }
    }

    /// Leaves the line as it was.
    func erase() { terminal.overwriteLine("") }

    private func show(_ ended: Int, _ name: String) {
        let width = 24
        let filled = min(width, ended * width / total)
        let bar = terminal.paint(String(repeating: "━", count: filled), .good)
        let rest = terminal.paint(String(repeating: "━", count: width - filled), .faint)
        terminal.overwriteLine("  \(bar)\(rest)  \(ended.grouped) of \(total.grouped)  \(terminal.paint(name, .faint))")
    }
}

// This source file is part of the FunctionHost project.
// SPDX-License-Identifier: Apache-2.0

#if canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#elseif canImport(Darwin)
    import Darwin
#endif

/// Prints; each line at once, though it may go to a pipe.
enum Output {
    private static let isBold = isatty(STDOUT_FILENO) == 1 && getenv("NO_COLOR") == nil

    static func heading(_ title: String, _ note: String = "") {
        show("\n" + (isBold ? "\u{1B}[1m\(title)\u{1B}[0m" : title) + (note.isEmpty ? "" : "  \(note)"))
    }

    static func line(_ text: String) { show("  " + text) }

    static func item(_ name: String, _ text: String) {
        line(name + String(repeating: " ", count: max(2, 11 - name.count)) + text)
    }

    /// A row of a table.
    static func columns(_ cells: any CustomStringConvertible...) {
        show(cells.map { "\($0)".paddedLeft(9) }.joined())
    }

    static func show(_ line: String) {
        print(line)
        fflush(nil)
    }

    /// Says what is wrong, where errors are said, and ends the program.
    static func fail(_ error: any Error) -> Never {
        try? writeLine("Jobs: \(error)", to: STDERR_FILENO)
        exit(1)
    }
}

extension String {
    fileprivate func paddedLeft(_ width: Int) -> String { String(repeating: " ", count: max(0, width - count)) + self }
}

extension Duration {
    /// In milliseconds, or in seconds with two decimals.
    var short: String {
        let milliseconds = Int((self / .milliseconds(1)).rounded())
        if milliseconds < 1_000 { return "\(milliseconds) ms" }
        return "\(milliseconds / 1_000).\(String(100 + milliseconds / 10 % 100).dropFirst()) s"
    }
}

// This source file is part of the FunctionHost project.
// SPDX-License-Identifier: Apache-2.0

#if canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#elseif canImport(Darwin)
    import Darwin
#endif

/// What went wrong in this program itself.
struct Failure: Error, CustomStringConvertible {
    let description: String

    init(_ description: String) { self.description = description }

    /// With the reason that the system gives.
    static func system(_ what: String) -> Self { Self("\(what): \(String(cString: strerror(errno)))") }
}

/// Files as text.
enum Files {
    /// A file's place in the directory for temporary ones.
    static func temporary(_ name: String) -> String {
        (getenv("TMPDIR").map { String(cString: $0) } ?? "/tmp") + "/" + name
    }

    static func text(of path: String) throws -> String {
        let file = open(path, O_RDONLY | O_CLOEXEC)
        guard file >= 0 else { throw Failure.system(path) }
        defer { close(file) }
        var bytes: [UInt8] = []
        var chunk = [UInt8](repeating: 0, count: 65_536)
        while true {
            let count = read(file, &chunk, chunk.count)
            if count < 0 { throw Failure.system(path) }
            if count == 0 { return String(decoding: bytes, as: UTF8.self) }
            bytes += chunk[..<count]
        }
    }

    static func write(_ text: String, to path: String) throws {
        guard let file = fopen(path, "w") else { throw Failure.system(path) }
        let bytes = Array(text.utf8)
        let count = fwrite(bytes, 1, bytes.count, file)
        guard fclose(file) == 0, count == bytes.count else { throw Failure.system(path) }
    }
}

/// Prints.
enum Output {
    static func show(_ line: String) { print(line) }

    static func item(_ name: String, _ text: String) {
        print("  " + name + String(repeating: " ", count: max(2, 15 - name.count)) + text)
    }

    /// Says what is wrong, where errors are said, and ends the program.
    static func fail(_ error: any Error) -> Never {
        let line = "Telemetry: \(error)\n"
        _ = line.withCString { write(STDERR_FILENO, $0, line.utf8.count) }
        exit(1)
    }
}

extension Duration {
    /// In milliseconds, seconds, minutes or hours.
    var short: String {
        let seconds = self / .seconds(1)
        if seconds < 1 { return "\(Int(seconds * 1_000)) ms" }
        if seconds < 120 { return "\(seconds.short) s" }
        return seconds < 7_200 ? "\((seconds / 60).short) min" : "\((seconds / 3_600).short) h"
    }
}

extension Double {
    /// With one digit behind the point, if any.
    var short: String {
        let tenths = Int((self * 10).rounded())
        let (whole, rest) = abs(tenths).quotientAndRemainder(dividingBy: 10)
        return (tenths < 0 ? "-" : "") + (rest == 0 ? "\(whole)" : "\(whole).\(rest)")
    }
}

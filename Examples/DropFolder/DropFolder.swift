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
/// Each file that is dropped into a folder is counted once, though the process that counts be killed.
@main
struct DropFolder {
    static func main() async {
        do {
            let arguments = Array(CommandLine.arguments.dropFirst())
            switch (arguments.first, arguments.count) {
            case (nil, _), ("--self-test", 1): try await SelfTest(folder: Folder()).run()
            case ("--worker", 3): try await work(Folder(arguments[1]), pipe: Int32(arguments[2]) ?? STDOUT_FILENO)
            case (let path?, 1) where !path.hasPrefix("-"): try await watch(Folder(path))
            default: throw Failure("usage: DropFolder [FOLDER | --self-test]")
            }
        } catch {
            try? writeAll("DropFolder: \(error)\n", to: STDERR_FILENO)
            exit(1)
        }
    }

    /// Watches somebody's folder until it is interrupted.
    private static func watch(_ folder: Folder) async throws {
        say("DropFolder  counts the lines of what is dropped into \(folder.path), until it is interrupted")
        let counting = try Counting(folder) { name, lines in say("  \(name)  \(lines) lines") }
        try await counting.host.run()
    }

    /// The process that is killed: it tells each file through a pipe.
    private static func work(_ folder: Folder, pipe: Int32) async throws {
        let counting = try Counting(folder) { name, lines in try writeAll("\(name) \(lines)\n", to: pipe) }
        try await counting.host.run()
    }
}

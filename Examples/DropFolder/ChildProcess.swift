// This source file is part of the FunctionHost project.
// SPDX-License-Identifier: Apache-2.0

#if canImport(Glibc)
    // `environ` is shared with every C library there is; nobody changes it here.
    @preconcurrency import Glibc
#elseif canImport(Musl)
    @preconcurrency import Musl
#elseif canImport(Darwin)
    import Darwin
#endif

/// This program once more, in a process of its own that tells through a pipe how far it is.
struct ChildProcess {
    let id: pid_t
    private let output: Int32

    /// - Parameter arguments: What it is started with, given the number of the pipe's end that it writes to.
    init(arguments: (_ pipe: Int32) -> [String]) throws {
        var ends: [Int32] = [0, 0]
        // The child is to have the writing end only, so that it hears of it when nobody reads any more.
        guard pipe(&ends) == 0, fcntl(ends[0], F_SETFD, FD_CLOEXEC) == 0 else { throw Failure.system("a pipe") }
        defer { close(ends[1]) }
        let program = CommandLine.arguments[0]
        let words = ([program] + arguments(ends[1])).map { strdup($0) }
        defer { for word in words { free(word) } }
        var id = pid_t()
        let code = posix_spawnp(&id, program, nil, nil, words + [nil], Self.environment)
        guard code == 0 else { throw Failure("\(program) cannot be started: \(String(cString: strerror(code)))") }
        self.id = id
        output = ends[0]
    }

    /// The next line that it has written; nil if it has ended.
    ///
    /// Blocks the thread, which has nothing else to do.
    func readLine() -> String? {
        var line: [UInt8] = []
        var byte: UInt8 = 0
        while read(output, &byte, 1) == 1 {
            if byte == UInt8(ascii: "\n") { return String(decoding: line, as: UTF8.self) }
            line.append(byte)
        }
        return nil
    }

    /// Ends it with SIGKILL, which it cannot do anything about.
    ///
    /// - Returns: The signal that it ended by; 0 if it had ended by itself.
    func kill() -> Int32 {
        var status: Int32 = 0
        sendSignal(SIGKILL, to: id)
        waitpid(id, &status, 0)
        return status & 0x7F
    }

    private static var environment: UnsafeMutablePointer<UnsafeMutablePointer<CChar>?>? {
        #if canImport(Darwin)
            _NSGetEnviron().pointee
        #else
            environ
        #endif
    }
}

/// `kill` of the system, which a method of the same name hides.
private func sendSignal(_ signal: Int32, to process: pid_t) { _ = kill(process, signal) }

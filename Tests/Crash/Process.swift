// This source file is part of the FunctionHost project.
// SPDX-License-Identifier: Apache-2.0

#if canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#elseif canImport(Darwin)
    import Darwin
#endif

/// A run of this program as the process that is to be ended.
struct ChildProcess {
    private let id: pid_t
    private let pipe: Int32
    private var rest: [UInt8] = []

    /// - Parameter variables: Additions to the environment, as `NAME=value`.
    init?(arguments: [String], variables: [String]) {
        var ends: [Int32] = [0, 0]
        guard systemPipe(&ends) == 0 else { return nil }
        #if canImport(Darwin)
            var actions: posix_spawn_file_actions_t?
        #else
            var actions = posix_spawn_file_actions_t()
        #endif
        posix_spawn_file_actions_init(&actions)
        posix_spawn_file_actions_adddup2(&actions, ends[1], STDOUT_FILENO)
        posix_spawn_file_actions_addclose(&actions, ends[0])
        posix_spawn_file_actions_addclose(&actions, ends[1])
        defer { posix_spawn_file_actions_destroy(&actions) }
        let path = CommandLine.arguments[0]
        var words: [UnsafeMutablePointer<CChar>?] = ([path] + arguments).map { strdup($0) } + [nil]
        var settings: [UnsafeMutablePointer<CChar>?] = variables.map { strdup($0) } + [nil]
        defer { for word in words + settings { free(word) } }
        var child = pid_t()
        let code = posix_spawn(&child, path, &actions, nil, &words, &settings)
        close(ends[1])
        guard code == 0 else {
            close(ends[0])
            return nil
        }
        id = child
        pipe = ends[0]
    }

    /// The next lines; nil at the end. Part of a line at the end is nobody's word.
    mutating func read() -> [Substring]? {
        var buffer = [UInt8](repeating: 0, count: 65_536)
        let count = systemRead(pipe, &buffer, buffer.count)
        guard count > 0 else { return nil }
        rest += buffer[..<count]
        guard let end = rest.lastIndex(of: UInt8(ascii: "\n")) else { return [] }
        let text = String(decoding: rest[...end], as: UTF8.self)
        rest.removeSubrange(...end)
        return text.split(separator: "\n")
    }

    func kill() { _ = systemKill(id) }

    /// Waits for its end; returns the exit code, or minus the signal.
    func wait() -> Int {
        close(pipe)
        var status: Int32 = 0
        while waitpid(id, &status, 0) == -1, errno == EINTR {}
        let signal = Int(status & 0x7F)
        return signal == 0 ? Int(status >> 8 & 0xFF) : -signal
    }
}

// The functions of these names, from within a type that has its own.
private func systemPipe(_ ends: inout [Int32]) -> Int32 { pipe(&ends) }
private func systemRead(_ descriptor: Int32, _ buffer: inout [UInt8], _ count: Int) -> Int {
    read(descriptor, &buffer, count)
}
private func systemKill(_ id: pid_t) -> Int32 { kill(id, SIGKILL) }

// This source file is part of the FunctionHost project.
// SPDX-License-Identifier: Apache-2.0

#if canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#elseif canImport(Darwin)
    import Darwin
#endif

/// Appends each record as a line of JSON to a file.
///
/// The file is made when the first record comes, readable by this user only, and opened for each record, so that it may be moved
/// away at any time. Several writers, in one process or in many, may share it on a local file system: each line is whole and
/// stands alone. Only a full disk or a crash can cut a line off; what comes next begins a line of its own, and the record that
/// was cut off is delivered again.
public struct JSONLinesDestination: Destination {
    /// Where the file is.
    public let path: String
    /// Whether a record is on the disk when it counts as delivered, and not only in the system's memory.
    public let isSynchronized: Bool
    /// What logs, metrics and dead letters call it: the path.
    public var name: String { path }

    /// Waiting for a disk takes milliseconds or worse, which the threads of everybody's tasks are not there for.
    private let thread: BulkheadExecutor?

    /// - Parameters:
    ///   - path: A regular file, or nothing as yet, in a directory that is there.
    ///   - isSynchronized: Whether to wait for the disk, on a thread of the destination's own.
    public init(path: String, isSynchronized: Bool = false) {
        self.path = path
        self.isSynchronized = isSynchronized
        thread = isSynchronized ? BulkheadExecutor(maximumThreads: 1) : nil
    }

    /// Appends a record.
    ///
    /// - Throws: ``FunctionHostError`` as `systemError` if the file cannot be opened or written to, or is no regular file; the
    ///   reason says why.
    public func deliver(_ delivery: Delivery) async throws {
        let line = Self.line(of: delivery.record)
        if let thread {
            try await withTaskExecutorPreference(thread) { try append(line) }
        } else {
            try append(line)
        }
    }

    /// The record's JSON without line breaks, which in JSON are never but space between tokens, and one at its end.
    private static func line(of record: [UInt8]) -> [UInt8] {
        var line = record
        for index in line.indices where line[index] == UInt8(ascii: "\n") || line[index] == UInt8(ascii: "\r") {
            line[index] = UInt8(ascii: " ")
        }
        line.append(UInt8(ascii: "\n"))
        return line
    }

    private func append(_ line: [UInt8]) throws(FunctionHostError) {
        // Not to be held up by a pipe that nobody reads; for regular files it means nothing.
        let file = open(path, O_RDWR | O_APPEND | O_CREAT | O_CLOEXEC | O_NONBLOCK | O_NOCTTY, 0o600)
        guard file >= 0 else { throw fault("cannot be opened", errno, "check its directory and its permissions") }
        defer { close(file) }
        var status = stat()
        guard fstat(file, &status) == 0, status.st_mode & S_IFMT == S_IFREG else {
            throw fault("is no regular file", nil, "give the path of one")
        }
        let isAlone = lock(file)
        try write(isAlone && endsCutOff(file) ? [UInt8(ascii: "\n")] + line : line, to: file)
        if isAlone { flock(file, LOCK_UN) }
        guard isSynchronized else { return }
        // A file that is new is not there after a crash unless its directory says so.
        guard fsync(file) == 0, status.st_size > 0 || synchronizeDirectory() else {
            throw fault("could not be brought to the disk", errno, "check the disk")
        }
    }

    /// Keeps other writers off, who hold the lock for microseconds only; false if somebody holds it for longer.
    ///
    /// Lines are whole without it: it tells a line that was cut off from one that is being written.
    private func lock(_ file: Int32) -> Bool {
        for turn in 0..<60 {
            if flock(file, LOCK_EX | LOCK_NB) == 0 { return true }
            if turn < 40 { sched_yield() } else { usleep(500) }
        }
        return false
    }

    /// Whether the file's last line has no end.
    private func endsCutOff(_ file: Int32) -> Bool {
        let size = lseek(file, 0, SEEK_END)
        var last = UInt8(ascii: "\n")
        return size > 0 && pread(file, &last, 1, size - 1) == 1 && last != UInt8(ascii: "\n")
    }

    private func synchronizeDirectory() -> Bool {
        let parent = path.lastIndex(of: "/").map { String(path[...$0]) } ?? "."
        let directory = open(parent, O_RDONLY | O_DIRECTORY | O_CLOEXEC)
        guard directory >= 0 else { return false }
        defer { close(directory) }
        return fsync(directory) == 0
    }

    /// In one call: at the end of a file the system lets one writer in after another.
    private func write(_ lines: [UInt8], to file: Int32) throws(FunctionHostError) {
        while true {
            let count = lines.withUnsafeBytes { systemWrite(file, $0.baseAddress, $0.count) }
            if count == lines.count { return }
            if count < 0, errno == EINTR { continue }
            throw fault("could not be written to", count < 0 ? errno : ENOSPC, "make room on its disk")
        }
    }

    private func fault(_ what: String, _ code: Int32?, _ advice: String) -> FunctionHostError {
        let cause = code.map { ": \(String(cString: strerror($0)))" } ?? ""
        return FunctionHostError(.systemError, reason: "the file \(path) \(what)\(cause); \(advice)")
    }
}

/// `write` of the system, which a method of the same name hides.
private func systemWrite(_ file: Int32, _ bytes: UnsafeRawPointer?, _ count: Int) -> Int { write(file, bytes, count) }

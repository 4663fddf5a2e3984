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

/// The files of one run, side by side.
struct Files: Sendable {
    /// The queue, if it is in a file.
    let queue: String
    /// The directory that was made for this run, and goes with it.
    private let temporary: String?

    init(queue: String) { (self.queue, temporary) = (queue, nil) }

    /// In a new directory.
    init() throws {
        let parent = getenv("TMPDIR").map { String(cString: $0) } ?? "/tmp"
        var path = Array("\(parent)/jobs-XXXXXX".utf8CString)
        guard mkdtemp(&path) != nil else { throw Failure.system(parent) }
        let directory = String(decoding: path.dropLast().map { UInt8(bitPattern: $0) }, as: UTF8.self)
        (queue, temporary) = ("\(directory)/queue.db", directory)
    }

    /// What the endpoint has taken, one alert a line.
    var journal: String { queue + ".endpoint" }
    /// The records of alerts that were sent.
    var sent: String { queue + ".sent.jsonl" }
    /// The records of alerts that failed for good.
    var failed: String { queue + ".failed.jsonl" }

    /// What an earlier run has left in the files beside the queue would be counted again.
    func clear() { for path in [journal, sent, failed] { unlink(path) } }

    /// Removes everything that was made in a directory of its own.
    func removeTemporary() {
        guard let temporary else { return }
        clear()
        for suffix in ["", "-wal", "-shm"] { unlink(queue + suffix) }
        rmdir(temporary)
    }

    static func exists(_ path: String) -> Bool { access(path, F_OK) == 0 }

    /// The lines of a file; none if it is not there.
    static func lines(of path: String) throws -> [Substring] {
        exists(path) ? try text(of: path).split(whereSeparator: \.isNewline) : []
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
}

/// Writes a line in one call, so that several processes may write to one file.
func writeLine(_ line: String, to file: Int32) throws {
    let line = line + "\n"
    let count = line.withCString { write(file, $0, line.utf8.count) }
    guard count == line.utf8.count else { throw Failure.system("a line could not be written") }
}

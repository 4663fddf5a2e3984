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

/// The folder that files are dropped into, and what is kept beside it.
struct Folder: Sendable {
    let path: String
    /// The directory that was made for this run, and goes with it.
    private let temporary: String?

    init(_ path: String) { (self.path, temporary) = (path, nil) }

    /// In a new directory.
    init() throws {
        let parent = getenv("TMPDIR").map { String(cString: $0) } ?? "/tmp"
        var template = Array("\(parent)/drop-XXXXXX".utf8CString)
        guard mkdtemp(&template) != nil else { throw Failure.system(parent) }
        let directory = String(decoding: template.dropLast().map { UInt8(bitPattern: $0) }, as: UTF8.self)
        (path, temporary) = ("\(directory)/drop", directory)
        guard mkdir(path, 0o755) == 0 else { throw Failure.system(path) }
    }

    /// The queue, and what was announced.
    var state: String { path + ".db" }

    /// Drops a file as people do: under another name first.
    func drop(_ name: String, _ text: String) throws {
        let part = "\(path)/\(name).part"
        let file = open(part, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0o644)
        guard file >= 0 else { throw Failure.system(part) }
        try writeAll(text, to: file)
        close(file)
        guard rename(part, "\(path)/\(name)") == 0 else { throw Failure.system(name) }
    }

    /// Removes everything that was made in a directory of its own.
    func removeTemporary(files: [String]) {
        guard let temporary else { return }
        for file in files { unlink("\(path)/\(file)") }
        rmdir(path + "/.functionhost")
        rmdir(path)
        for suffix in ["", "-wal", "-shm"] { unlink(state + suffix) }
        rmdir(temporary)
    }
}

/// Writes a text in one call.
func writeAll(_ text: String, to file: Int32) throws {
    let count = text.withCString { write(file, $0, text.utf8.count) }
    guard count == text.utf8.count else { throw Failure.system("a text could not be written") }
}

/// Prints a line at once, though it may go to a pipe.
func say(_ line: String) {
    print(line)
    fflush(nil)
}

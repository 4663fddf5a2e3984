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
/// A directory, and the way to what is in it: name by name from the open root, and never through a symbolic link.
///
/// Each step opens one name in a directory that is open already, so that nothing that others do to the tree meanwhile leads
/// out of it. What is opened is looked at once more before a byte of it is read.
///
/// Its calls block; see ``FileThreads``.
final class RootDirectory: Sendable {
    let path: String
    let allowsHardLinks: Bool
    private let root: Descriptor
    /// Numbers for names in the staging directory.
    private let count = Atomic<UInt64>(0)

    /// Opens a directory, which must be there; symbolic links on the way to it are followed.
    init(path: String, allowsHardLinks: Bool) throws(ObjectError) {
        let opened = path.withCString { open($0, O_RDONLY | O_DIRECTORY | O_CLOEXEC) }
        guard opened >= 0 else {
            let error = ObjectError(errno: errno, key: nil, "the directory \(path)")
            throw ObjectError(
                error.code,
                reason: error.code == .notFound
                    ? "the directory \(path) is not there; make it first"
                    : "the directory \(path) cannot be opened: \(error.reason)")
        }
        (self.path, self.allowsHardLinks) = (path, allowsHardLinks)
        root = Descriptor(opened)
    }

    // MARK: - Looking

    /// What there is at a path.
    ///
    /// - Throws: ``ObjectError`` as `notFound`, also if there is nothing but a file on the way to it.
    func kind(of path: ObjectPath) throws(ObjectError) -> FileKind {
        let (directories, last) = path.names
        let status = try within(directories, path.text) { directory throws(ObjectError) in
            try directory.status(of: last, path.text)
        }
        return FileKind(status, allowsHardLinks: allowsHardLinks)
    }

    /// Opens a file to read it, and says what it is.
    ///
    /// - Throws: ``ObjectError`` as `notAnObject` for whatever is no file.
    func opened(_ path: ObjectPath) throws(ObjectError) -> OpenedFile {
        let (directories, last) = path.names
        return try within(directories, path.text) { directory throws(ObjectError) in
            // A device is not even to be opened. What is put there afterwards is opened without waiting, and let go.
            _ = try stamp(try directory.status(of: last, path.text), path)
            let opened = String(last).withCString {
                openat(directory.number, $0, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_NOCTTY | O_CLOEXEC)
            }
            guard opened >= 0 else { throw ObjectError(errno: errno, key: path.text, "a file") }
            let file = Descriptor(opened)
            let stamp = try stamp(try file.status(path.text), path)
            return OpenedFile(file: file, stamp: stamp)
        }
    }

    private func stamp(_ status: stat, _ path: ObjectPath) throws(ObjectError) -> FileStamp {
        switch FileKind(status, allowsHardLinks: allowsHardLinks) {
        case .file(let stamp): return stamp
        case .directory:
            throw ObjectError(.notFound, key: path.text, reason: "there is a directory of this name, and no object")
        case .linked:
            throw ObjectError(
                .notAnObject, key: path.text,
                reason: "the file has several names, and may be at home elsewhere; copy it, or allow hard links")
        case .other:
            throw ObjectError(
                .notAnObject, key: path.text,
                reason: "there is a symbolic link, a device or a pipe; only files are objects")
        }
    }

    /// Opens a directory for its entries; nil is the root.
    func cursor(_ path: ObjectPath?) throws(ObjectError) -> DirectoryCursor {
        guard let path else { return try DirectoryCursor(root.directory(".", nil), allowsHardLinks: allowsHardLinks) }
        let (directories, last) = path.names
        return try within(directories, path.text) { directory throws(ObjectError) in
            try DirectoryCursor(directory.directory(last, path.text), allowsHardLinks: allowsHardLinks)
        }
    }

    // MARK: - Walking

    /// Calls `body` with the directory that names lead to.
    func within<Value: ~Copyable>(
        _ names: some Sequence<Substring>, _ key: String, making: Bool = false,
        _ body: (borrowing Descriptor) throws(ObjectError) -> Value
    ) throws(ObjectError) -> Value {
        var current = Optional<Descriptor>.none
        for name in names {
            let next: Descriptor
            if let parent = current.take() {
                next = try step(parent, name, key, making)
            } else {
                next = try step(root, name, key, making)
            }
            current = consume next
        }
        if let directory = current.take() { return try body(directory) }
        return try body(root)
    }

    private func step(
        _ parent: borrowing Descriptor, _ name: Substring, _ key: String, _ making: Bool
    ) throws(ObjectError) -> Descriptor {
        do throws(ObjectError) {
            return try parent.directory(name, key)
        } catch {
            if !making, error.code == .conflict {
                throw ObjectError(.notFound, key: key, reason: "there is a file where a directory of the key would be")
            }
            guard making, error.code == .notFound else { throw error }
        }
        let code = String(name).withCString { mkdirat(parent.number, $0, 0o777) }
        guard code == 0 || errno == EEXIST else { throw ObjectError(errno: errno, key: key, "making a directory") }
        if code == 0 { try parent.synchronize(key) }
        return try parent.directory(name, key)
    }

    /// A name that nobody in this process has in the staging directory, and hardly anybody else.
    func nextStagingName() -> String {
        "\(getpid())-\(SystemClock().wallTime.nanoseconds)-\(count.wrappingAdd(1, ordering: .relaxed).newValue)"
    }
}

/// A file that is open for reading.
struct OpenedFile: ~Copyable, Sendable {
    let file: Descriptor
    /// What it was when it was opened.
    let stamp: FileStamp
}

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
extension RootDirectory {
    /// Writes a file as a whole: beside its place, to the disk, and then into its place.
    ///
    /// Whoever reads sees all of it or what was there before. When this returns it survives a power cut.
    func write(_ bytes: [UInt8], to path: ObjectPath) throws(ObjectError) -> FileStamp {
        let (directories, last) = path.names
        return try within(CollectionOfOne(ObjectPath.staging[...]), path.text, making: true) {
            staging throws(ObjectError) in
            let name = nextStagingName()
            do throws(ObjectError) {
                let file = try Self.make(name, in: staging, path.text)
                try Self.write(bytes, to: file, path.text)
                try file.synchronize(path.text)
                try within(directories, path.text, making: true) { directory throws(ObjectError) in
                    try Self.move(name[...], in: staging, to: last, in: directory, path.text)
                    try directory.synchronize(path.text)
                }
                return FileStamp(try file.status(path.text))
            } catch {
                _ = name.withCString { unlinkat(staging.number, $0, 0) }
                throw error
            }
        }
    }

    private static func make(
        _ name: String, in staging: borrowing Descriptor, _ key: String
    ) throws(ObjectError) -> Descriptor {
        let opened = name.withCString {
            openat(staging.number, $0, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0o666)
        }
        guard opened >= 0 else { throw ObjectError(errno: errno, key: key, "a file to write to") }
        return Descriptor(opened)
    }

    private static func write(
        _ bytes: [UInt8], to file: borrowing Descriptor, _ key: String
    ) throws(ObjectError) {
        let number = file.number
        var (written, code) = (0, Int32(0))
        bytes.withUnsafeBytes { buffer in
            while written < buffer.count {
                let count = Self.systemWrite(number, buffer.baseAddress! + written, buffer.count - written)
                if count >= 0 {
                    written += count
                } else if errno != EINTR {
                    code = errno
                    return
                }
            }
        }
        guard code == 0 else { throw ObjectError(errno: code, key: key, "writing") }
    }

    /// The system's `write`, which methods of the same name hide.
    private static func systemWrite(_ file: Int32, _ bytes: UnsafeRawPointer, _ count: Int) -> Int {
        #if canImport(Glibc)
            Glibc.write(file, bytes, count)
        #elseif canImport(Musl)
            Musl.write(file, bytes, count)
        #else
            Darwin.write(file, bytes, count)
        #endif
    }

    private static func move(
        _ name: Substring, in directory: borrowing Descriptor, to newName: Substring,
        in newDirectory: borrowing Descriptor, _ key: String
    ) throws(ObjectError) {
        let (from, to) = (directory.number, newDirectory.number)
        let code = String(name).withCString { name in
            String(newName).withCString { renameat(from, name, to, $0) }
        }
        guard code == 0 else {
            let number = errno
            guard number == EXDEV else { throw ObjectError(errno: number, key: key, "moving a file to its place") }
            throw ObjectError(
                .conflict, key: key,
                reason: "the directory is on another file system than the root; make a store of its own")
        }
    }

    /// Moves a file, in place of what is there.
    func move(_ path: ObjectPath, to newPath: ObjectPath) throws(ObjectError) {
        let (directories, last) = path.names
        let (newDirectories, newLast) = newPath.names
        try within(directories, path.text) { directory throws(ObjectError) in
            // Looked at and then moved: were it changed for a link between, the link would be moved, and lead nowhere here.
            _ = try file(last, in: directory, path)
            try within(newDirectories, newPath.text, making: true) { newDirectory throws(ObjectError) in
                try Self.move(last, in: directory, to: newLast, in: newDirectory, newPath.text)
                try newDirectory.synchronize(newPath.text)
            }
            try directory.synchronize(path.text)
        }
    }

    /// Removes a file.
    ///
    /// - Returns: Whether there was one.
    func remove(_ path: ObjectPath) throws(ObjectError) -> Bool {
        let (directories, last) = path.names
        do throws(ObjectError) {
            try within(directories, path.text) { directory throws(ObjectError) in
                _ = try file(last, in: directory, path)
                let code = String(last).withCString { unlinkat(directory.number, $0, 0) }
                guard code == 0 else { throw ObjectError(errno: errno, key: path.text, "removing a file") }
                try directory.synchronize(path.text)
            }
            return true
        } catch {
            // A file on the way to it says that there is none, too.
            if error.code == .notFound { return false }
            throw error
        }
    }

    /// Sees to it that what is changed is a file, with however many names.
    private func file(
        _ name: Substring, in directory: borrowing Descriptor, _ path: ObjectPath
    ) throws(ObjectError) -> FileKind {
        let kind = FileKind(try directory.status(of: name, path.text), allowsHardLinks: true)
        if case .file = kind { return kind }
        throw ObjectError(
            kind == .directory ? .notFound : .notAnObject, key: path.text,
            reason: "there is something else of this name, and no file; leave it, or remove it by other means")
    }

    /// Removes what processes that ended in the middle of a put have left: what is older than a day.
    func removeLeftovers(now: Timestamp) {
        let staging = CollectionOfOne(ObjectPath.staging[...])
        // Nothing is lost if it does not succeed: it is tried again by the next process.
        try? within(staging, ObjectPath.staging) { directory throws(ObjectError) in
            let cursor = try DirectoryCursor(
                directory.directory(".", ObjectPath.staging), allowsHardLinks: allowsHardLinks)
            while let entry = try cursor.next() {
                guard case .file(let stamp) = entry.kind,
                    stamp.lastTouched.duration(to: now) > .seconds(86_400)
                else { continue }
                _ = entry.name.withCString { unlinkat(directory.number, $0, 0) }
            }
        }
    }
}

// This source file is part of the FunctionHost project.
// SPDX-License-Identifier: Apache-2.0

#if canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#elseif canImport(Darwin)
    import Darwin
#endif
/// What there is in a directory, name by name.
struct DirectoryEntry: Sendable, Hashable {
    let name: String
    let kind: FileKind
}

/// Reads the entries of an open directory.
final class DirectoryCursor {
    #if canImport(Darwin)
        private let stream: UnsafeMutablePointer<DIR>
    #else
        private let stream: OpaquePointer
    #endif
    private let allowsHardLinks: Bool

    init(_ directory: consuming Descriptor, allowsHardLinks: Bool) throws(ObjectError) {
        // The stream closes its descriptor; so it is given one of its own.
        let copy = fcntl(directory.number, F_DUPFD_CLOEXEC, 0)
        guard copy >= 0 else { throw ObjectError(errno: errno, key: nil, "a directory") }
        guard let stream = fdopendir(copy) else {
            let code = errno
            close(copy)
            throw ObjectError(errno: code, key: nil, "a directory")
        }
        (self.stream, self.allowsHardLinks) = (stream, allowsHardLinks)
    }

    deinit { closedir(stream) }

    /// The descriptor, for as long as this lives.
    var number: Int32 { dirfd(stream) }

    /// The next name, without `.` and `..`, and what it stands for; nil at the end.
    ///
    /// What vanishes meanwhile is left out. A name that is no text is told as an empty one.
    func next() throws(ObjectError) -> DirectoryEntry? {
        while let name = try nextName() {
            if name.isEmpty { return DirectoryEntry(name: name, kind: .other) }
            var status = stat()
            let code = name.withCString { fstatat(dirfd(stream), $0, &status, AT_SYMLINK_NOFOLLOW) }
            if code == 0 { return DirectoryEntry(name: name, kind: FileKind(status, allowsHardLinks: allowsHardLinks)) }
            guard errno == ENOENT else { throw ObjectError(errno: errno, key: name, "a file's status") }
        }
        return nil
    }

    private func nextName() throws(ObjectError) -> String? {
        while true {
            errno = 0
            guard let entry = readdir(stream) else {
                guard errno == 0 else { throw ObjectError(errno: errno, key: nil, "a directory's names") }
                return nil
            }
            // Where the name is, without a copy of the longest one that there may be.
            let offset = MemoryLayout<dirent>.offset(of: \.d_name)!
            let start = UnsafeRawPointer(entry).advanced(by: offset).assumingMemoryBound(to: CChar.self)
            let name = String(validatingCString: start) ?? ""
            if name != "." && name != ".." { return name }
        }
    }
}

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

/// What tells one version of a file from another.
struct FileStamp: Sendable, Hashable {
    var inode: UInt64
    var size: Int64
    /// When the content was changed last, in nanoseconds since 1970.
    var modified: Int64
    /// When anything about the file was changed last, its name included.
    var changed: Int64

    init(inode: UInt64, size: Int64, modified: Int64, changed: Int64) {
        self.inode = inode
        self.size = size
        self.modified = modified
        self.changed = changed
    }

    /// Which content it is: the same after a change of permissions or of the name.
    var version: String {
        "\(String(inode, radix: 36))-\(String(size, radix: 36))-\(String(modified, radix: 36))"
    }

    /// The same, and when the file got its name: another one for a file that was moved away and back.
    var identity: String { "\(version)-\(String(changed, radix: 36))" }

    /// When anything happened to it last.
    var lastTouched: Timestamp { Timestamp(nanoseconds: max(modified, changed)) }
}

/// What there is under a name.
enum FileKind: Sendable, Hashable {
    case file(FileStamp)
    case directory
    /// A file of several names: what it holds may be at home somewhere else.
    case linked
    /// A symbolic link, a device, a pipe, a socket.
    case other

    init(_ status: stat, allowsHardLinks: Bool) {
        switch status.st_mode & S_IFMT {
        case S_IFREG where allowsHardLinks || status.st_nlink <= 1: self = .file(FileStamp(status))
        case S_IFREG: self = .linked
        case S_IFDIR: self = .directory
        default: self = .other
        }
    }
}

extension FileStamp {
    init(_ status: stat) {
        #if canImport(Darwin)
            let (modified, changed) = (status.st_mtimespec, status.st_ctimespec)
        #else
            let (modified, changed) = (status.st_mtim, status.st_ctim)
        #endif
        self.init(
            inode: UInt64(status.st_ino), size: Int64(status.st_size), modified: Self.nanoseconds(modified),
            changed: Self.nanoseconds(changed))
    }

    /// Wraps around for years that 64 bits do not hold: it is compared, and such a time is no time anyway.
    private static func nanoseconds(_ time: timespec) -> Int64 {
        Int64(time.tv_sec) &* 1_000_000_000 &+ Int64(time.tv_nsec)
    }
}

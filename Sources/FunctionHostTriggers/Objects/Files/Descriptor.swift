// This source file is part of the FunctionHost project.
// SPDX-License-Identifier: Apache-2.0

#if canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#elseif canImport(Darwin)
    import Darwin
#endif

/// An open file or directory, closed when it is let go.
struct Descriptor: ~Copyable, Sendable {
    let number: Int32

    init(_ number: Int32) { self.number = number }

    deinit { close(number) }

    /// What there is under the descriptor.
    func status(_ key: String?) throws(ObjectError) -> stat {
        var status = stat()
        guard fstat(number, &status) == 0 else { throw ObjectError(errno: errno, key: key, "a file's status") }
        return status
    }

    /// What there is under a name in this directory; a symbolic link is not followed.
    func status(of name: Substring, _ key: String?) throws(ObjectError) -> stat {
        var status = stat()
        let code = String(name).withCString { fstatat(number, $0, &status, AT_SYMLINK_NOFOLLOW) }
        guard code == 0 else { throw ObjectError(errno: errno, key: key, "a file's status") }
        return status
    }

    /// Opens a directory in this one; a symbolic link is not followed.
    func directory(_ name: Substring, _ key: String?) throws(ObjectError) -> Descriptor {
        let opened = String(name).withCString {
            openat(number, $0, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC | O_NONBLOCK)
        }
        if opened >= 0 { return Descriptor(opened) }
        let code = errno
        // Linux says of a symbolic link what it says of a file: that it is no directory.
        if code == ENOTDIR, try status(of: name, key).st_mode & S_IFMT == S_IFLNK {
            throw ObjectError(errno: ELOOP, key: key, "a directory")
        }
        throw ObjectError(errno: code, key: key, "a directory")
    }

    /// Has what is in this file or directory written to the disk.
    func synchronize(_ key: String?) throws(ObjectError) {
        guard fsync(number) == 0 else { throw ObjectError(errno: errno, key: key, "writing to the disk") }
    }
}

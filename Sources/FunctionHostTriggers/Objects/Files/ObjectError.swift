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

/// What an object store could not do.
public struct ObjectError: Error, Hashable, CustomStringConvertible {
    /// Which kind of fault it is; more may come.
    public struct Code: Sendable, Hashable, CustomStringConvertible {
        /// Its name.
        public let description: String

        init(_ description: String) { self.description = description }

        /// A text that is no key; see <doc:WatchingADirectory>.
        public static let invalidKey = Self("invalidKey")
        /// A range, a limit or a setting that cannot be.
        public static let invalidArgument = Self("invalidArgument")
        /// There is no such object.
        public static let notFound = Self("notFound")
        /// There is something of that name that is no object: a symbolic link, a device, a pipe, a file with several names.
        public static let notAnObject = Self("notAnObject")
        /// A directory is where an object would be, or an object where a directory would be.
        public static let conflict = Self("conflict")
        /// More bytes than may be put or got at once.
        public static let tooLarge = Self("tooLarge")
        /// There is no room: on the disk, or among the calls that wait.
        public static let full = Self("full")
        /// The system does not let this process.
        public static let denied = Self("denied")
        /// Anything else.
        public static let other = Self("other")
    }

    /// Which kind of fault it is.
    public let code: Code
    /// The key it is about, if it is about one.
    public let key: String?
    /// What happened, and what to do.
    public let reason: String

    /// Makes an error.
    public init(_ code: Code, key: String? = nil, reason: String) {
        self.code = code
        self.key = key
        self.reason = reason
    }

    /// The code, the key and the reason.
    public var description: String { key.map { "\(code): \(JSONText.quoted($0)): \(reason)" } ?? "\(code): \(reason)" }
}

extension ObjectError {
    /// What a call of the system failed with.
    init(errno number: Int32, key: String?, _ what: String) {
        let system = String(cString: strerror(number))
        switch number {
        case ENOENT: self.init(.notFound, key: key, reason: "there is no such object")
        case ELOOP:
            self.init(
                .notAnObject, key: key,
                reason: "there is a symbolic link, and none is followed; put the file itself there")
        case ENOTDIR, EISDIR, ENOTEMPTY, EEXIST:
            self.init(
                .conflict, key: key,
                reason: "a file is where a directory would be, or the other way round (\(system)); choose another key")
        case ENAMETOOLONG:
            self.init(
                .invalidKey, key: key, reason: "a name is too long for the file system; shorten what is between two /")
        case ENXIO, ENODEV:
            self.init(.notAnObject, key: key, reason: "there is a device or a pipe; only files are objects")
        case ENOSPC, EDQUOT, EMFILE, ENFILE, ENOMEM:
            self.init(.full, key: key, reason: "\(what): \(system); make room and try again")
        case EACCES, EPERM, EROFS: self.init(.denied, key: key, reason: "\(what): \(system); look at the permissions")
        default: self.init(.other, key: key, reason: "\(what): \(system)")
        }
    }
}

// This source file is part of the FunctionHost project.
// SPDX-License-Identifier: Apache-2.0

import FunctionHost

/// Objects that are the files of a directory: a bucket for one machine.
///
/// A key is a file's path below the directory, as it is. Whatever keys, names and links others put there, no byte from outside the
/// directory is ever read, and none is written there; <doc:WatchingADirectory> says how, and which keys there are.
///
/// The directory is the one that was opened, also if it is moved or another one takes its name later.
public final class ObjectStore: Sendable {
    /// What is bounded.
    public struct Configuration: Sendable {
        /// How many bytes may be put at once, or got. Defaults to 64 MiB.
        public var objectBytes = 64 * 1_024 * 1_024
        /// How many threads wait for the disk at most. Defaults to 4.
        public var threads = 4
        /// How many calls may be under way or wait for a thread. Defaults to 10,000.
        public var calls = 10_000
        /// Whether files with several names are objects. Defaults to no: another name may be outside the directory.
        public var allowsHardLinks = false

        /// The defaults.
        public init() {}
    }

    /// The bucket's name, as events and keys of idempotency have it.
    public let bucket: String
    let root: RootDirectory
    let threads: FileThreads
    private let configuration: Configuration

    /// Opens a directory, which must be there.
    ///
    /// - Parameters:
    ///   - bucket: 3 to 63 of a-z 0-9 . and -, beginning and ending with a letter or a digit.
    ///   - directory: Its path.
    ///   - configuration: What is bounded.
    /// - Throws: ``ObjectError`` as `invalidArgument`, or as what the system says of the directory.
    /// - Source: Amazon S3 User Guide, *Bucket naming rules*, for the name.
    public init(bucket: String, directory: String, configuration: Configuration = .init()) throws(ObjectError) {
        guard Self.isBucketName(bucket) else {
            throw ObjectError(
                .invalidArgument,
                reason: "a bucket's name has 3 to 63 of a-z 0-9 . - with a letter or digit at both ends, and "
                    + "\(JSONText.quoted(bucket)) has not")
        }
        guard configuration.objectBytes > 0, configuration.threads > 0, configuration.calls > 0 else {
            throw ObjectError(.invalidArgument, reason: "objectBytes, threads and calls are 1 or more")
        }
        self.bucket = bucket
        self.configuration = configuration
        root = try RootDirectory(path: directory, allowsHardLinks: configuration.allowsHardLinks)
        threads = FileThreads(threads: configuration.threads, limit: configuration.calls)
        root.removeLeftovers(now: SystemClock().wallTime)
    }

    /// Puts an object, in place of one that is there: all of it or nothing, and safe from a power cut when this returns.
    ///
    /// - Returns: What it is now, with the MD5 of its content.
    /// - Throws: ``ObjectError`` as `invalidKey`, `tooLarge`, `conflict` where a directory has its name, `notAnObject` where
    ///   there is a symbolic link on the way, `full`, `denied` or `other`.
    /// - Source: Amazon S3 API Reference, *PutObject*.
    @discardableResult
    public func put(_ content: [UInt8], as key: String) async throws(ObjectError) -> ObjectInfo {
        let path = try ObjectPath(key: key)
        guard content.count <= configuration.objectBytes else {
            throw ObjectError(
                .tooLarge, key: key,
                reason:
                    "\(content.count) bytes are more than objectBytes, \(configuration.objectBytes); put less, or allow more"
            )
        }
        return try await threads.perform { [root] () throws(ObjectError) in
            ObjectInfo(path, try root.write(content, to: path), content: content)
        }
    }

    /// Gets an object.
    ///
    /// - Parameters:
    ///   - key: Its key.
    ///   - range: Which of its bytes, counted from 0; what is behind its end is left out. Nil for all, and then with their MD5.
    /// - Throws: ``ObjectError`` as `notFound`, `notAnObject`, `tooLarge`, `invalidArgument` for a range that is empty or begins
    ///   behind the end, `invalidKey`, `full`, `denied` or `other`.
    /// - Source: Amazon S3 API Reference, *GetObject*.
    public func get(_ key: String, range: Range<Int64>? = nil) async throws(ObjectError) -> StoredObject {
        let path = try ObjectPath(key: key)
        if let range, range.isEmpty || range.lowerBound < 0 {
            throw ObjectError(
                .invalidArgument, key: key, reason: "a range has 1 byte at least, and begins at 0 or later")
        }
        let limit = configuration.objectBytes
        return try await threads.perform { [root] () throws(ObjectError) in
            let (content, stamp) = try root.read(path, range, limit: limit)
            let isWhole = range == nil && content.count == stamp.size
            return StoredObject(info: ObjectInfo(path, stamp, content: isWhole ? content : nil), content: content)
        }
    }

    /// What an object is; nil if there is none. What is no file is none.
    ///
    /// - Throws: ``ObjectError`` as `invalidKey`, `full`, `denied` or `other`.
    /// - Source: Amazon S3 API Reference, *HeadObject*.
    public func head(_ key: String) async throws(ObjectError) -> ObjectInfo? {
        let path = try ObjectPath(key: key)
        return try await stamp(of: path).map { ObjectInfo(path, $0) }
    }

    /// Removes an object. Directories stay, though they become empty.
    ///
    /// - Returns: Whether there was one.
    /// - Throws: ``ObjectError`` as `invalidKey`, `notAnObject`, `full`, `denied` or `other`.
    /// - Source: Amazon S3 API Reference, *DeleteObject*, which does not mind either if there is none.
    @discardableResult
    public func delete(_ key: String) async throws(ObjectError) -> Bool {
        let path = try ObjectPath(key: key)
        return try await threads.perform { [root] () throws(ObjectError) in try root.remove(path) }
    }

    /// Gives an object another key, in place of what is there: at once, however large it is.
    ///
    /// - Throws: ``ObjectError`` as `notFound`, `invalidKey`, `notAnObject`, `conflict`, `full`, `denied` or `other`.
    public func move(_ key: String, to newKey: String) async throws(ObjectError) {
        let (path, newPath) = (try ObjectPath(key: key), try ObjectPath(key: newKey))
        try await threads.perform { [root] () throws(ObjectError) in try root.move(path, to: newPath) }
    }

    /// Which file is an object now; nil if there is none.
    func stamp(of path: ObjectPath) async throws(ObjectError) -> FileStamp? {
        try await threads.perform { [root] () throws(ObjectError) -> FileStamp? in
            do throws(ObjectError) {
                if case .file(let stamp) = try root.kind(of: path) { return stamp }
                return nil
            } catch {
                if [.notFound, .notAnObject, .conflict].contains(error.code) { return nil }
                throw error
            }
        }
    }

    private static func isBucketName(_ name: String) -> Bool {
        let isEnd = { (byte: UInt8?) in byte.map { (0x61...0x7A).contains($0) || (0x30...0x39).contains($0) } ?? false }
        return (3...63).contains(name.utf8.count) && isEnd(name.utf8.first) && isEnd(name.utf8.last)
            && name.utf8.allSatisfy { isEnd($0) || $0 == UInt8(ascii: "-") || $0 == UInt8(ascii: ".") }
    }
}

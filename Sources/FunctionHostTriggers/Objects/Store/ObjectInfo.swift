// This source file is part of the FunctionHost project.
// SPDX-License-Identifier: Apache-2.0

public import FunctionHost

/// What an object store tells of an object.
public struct ObjectInfo: Sendable, Hashable {
    /// Its key.
    public var key: String
    /// How many bytes it has.
    public var size: Int64
    /// When its content was changed last.
    public var modified: Timestamp
    /// Which content it is: another one after each change. It is to be compared, and says nothing else.
    public var version: String
    /// The MD5 of the content, in 32 digits to the base of 16 without quotation marks, where the content was at hand; else nil.
    ///
    /// - Source: Amazon S3 API Reference, *Object*, `ETag`. S3 puts it in quotation marks in its headers, not in its events.
    public var eTag: String?

    /// Describes an object.
    public init(key: String, size: Int64, modified: Timestamp, version: String, eTag: String? = nil) {
        self.key = key
        self.size = size
        self.modified = modified
        self.version = version
        self.eTag = eTag
    }
}

extension ObjectInfo {
    init(_ path: ObjectPath, _ stamp: FileStamp, content: [UInt8]? = nil) {
        self.init(
            key: path.text, size: stamp.size, modified: Timestamp(nanoseconds: stamp.modified), version: stamp.version,
            eTag: content.map { MD5.hash($0).hexDigits })
    }
}

/// An object with its content.
public struct StoredObject: Sendable, Hashable {
    /// What it is.
    public var info: ObjectInfo
    /// What it holds, or the part that was asked for.
    public var content: [UInt8]

    /// An object and what it holds.
    public init(info: ObjectInfo, content: [UInt8]) {
        self.info = info
        self.content = content
    }
}

/// Some of the objects of a store, in the order of their keys.
public struct ObjectListing: Sendable, Hashable {
    /// The objects; those in groups are left out.
    public var objects: [ObjectInfo] = []
    /// What keys begin with that have the delimiter behind the prefix, each once, in order.
    public var groups: [String] = []
    /// What to go on after; nil if this is the end.
    public var next: String?

    /// Nothing.
    public init() {}
}

// This source file is part of the FunctionHost project.
// SPDX-License-Identifier: Apache-2.0

import FunctionHost

/// Which events of a store go where.
public struct ObjectNotification: Sendable {
    /// What it is told apart by: 1 to 255 bytes, as `configurationId` in events.
    public var id: String
    /// Which events; one at least.
    public var events: [ObjectEventType]
    /// What keys begin with. Empty for all.
    public var prefix: String
    /// What keys end with. Empty for all.
    public var suffix: String
    /// Who is told: a function, which is given the event by way of the host's queue, a queue, whose messages' bodies are events, or
    /// something else.
    ///
    /// A FIFO queue has the events of one object in one group, and is told what comes twice.
    public var target: DeliveryTarget

    /// Describes which events go where.
    public init(
        id: String, events: [ObjectEventType] = [.created], prefix: String = "", suffix: String = "",
        target: DeliveryTarget
    ) {
        self.id = id
        self.events = events
        self.prefix = prefix
        self.suffix = suffix
        self.target = target
    }
}

/// What may happen to an object, as S3 names it.
///
/// A directory tells of two things: `ObjectCreated:Put` for whatever is there or was changed, and `ObjectRemoved:Delete`.
public struct ObjectEventType: Sendable, Hashable, CustomStringConvertible {
    /// As S3 writes it: `s3:ObjectCreated:*`.
    public let description: String

    private init(known name: String) { description = name }

    /// Reads a name, with `s3:` before it or without.
    ///
    /// - Throws: ``ObjectError`` as `invalidArgument` for what a directory never tells of.
    public init(_ name: String) throws(ObjectError) {
        let full = name.utf8.starts(with: "s3:".utf8) ? name : "s3:\(name)"
        guard let known = [Self.created, .put, .removed, .deleted].first(where: { $0.description == full }) else {
            throw ObjectError(
                .invalidArgument,
                reason:
                    "a directory does not tell of \(JSONText.quoted(name)); ask for s3:ObjectCreated:* or s3:ObjectRemoved:*"
            )
        }
        self = known
    }

    /// There is an object that was not there before, or has another content: `s3:ObjectCreated:*`.
    public static let created = Self(known: "s3:ObjectCreated:*")
    /// The same here as ``created``: `s3:ObjectCreated:Put`.
    public static let put = Self(known: "s3:ObjectCreated:Put")
    /// An object is not there any more: `s3:ObjectRemoved:*`.
    public static let removed = Self(known: "s3:ObjectRemoved:*")
    /// The same here as ``removed``: `s3:ObjectRemoved:Delete`.
    public static let deleted = Self(known: "s3:ObjectRemoved:Delete")

    /// What it comes to here.
    var change: ObjectChange { self == .created || self == .put ? .created : .removed }
}

/// What happened to an object.
enum ObjectChange: String, Sendable, Hashable {
    case created = "ObjectCreated:Put"
    case removed = "ObjectRemoved:Delete"
}

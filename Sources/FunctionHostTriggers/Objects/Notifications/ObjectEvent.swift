// This source file is part of the FunctionHost project.
// SPDX-License-Identifier: Apache-2.0

/// What a function is given for an event of an object store, as S3 sends it; keys are as they are.
///
/// A function may as well take any other type that reads S3's JSON, where keys are written as in forms: a space as `+`.
///
/// - Source: Amazon S3 User Guide, *Event message structure*.
public struct ObjectEvent: Sendable, Hashable, Decodable {
    /// What happened; one here.
    public var records: [Record]

    /// What happened to one object.
    public struct Record: Sendable, Hashable {
        /// `ObjectCreated:Put` or `ObjectRemoved:Delete`.
        public var eventName: String
        /// When it was told, as `2025-05-10T06:15:30.123Z`.
        public var eventTime: String
        /// The bucket's name.
        public var bucket: String
        /// The object's key.
        public var key: String
        /// How many bytes it has; nil if it was removed.
        public var size: Int64?
        /// The MD5 of its content, for objects that are not too large for it.
        public var eTag: String?
        /// Later events of one key have greater ones, by the bytes.
        public var sequencer: String

        /// Whether the object was removed.
        public var isRemoval: Bool { eventName.utf8.starts(with: "ObjectRemoved:".utf8) }
    }

    private enum CodingKeys: String, CodingKey {
        case records = "Records"
    }
}

extension ObjectEvent.Record: Decodable {
    private enum Keys: String, CodingKey {
        case eventName, eventTime, s3, bucket, name, object, key, size, eTag, sequencer
    }

    /// Reads a record of S3's.
    public init(from decoder: any Decoder) throws {
        let record = try decoder.container(keyedBy: Keys.self)
        let s3 = try record.nestedContainer(keyedBy: Keys.self, forKey: .s3)
        let object = try s3.nestedContainer(keyedBy: Keys.self, forKey: .object)
        let written = try object.decode(String.self, forKey: .key)
        guard let key = FormText.decoded(written) else {
            throw DecodingError.dataCorruptedError(
                forKey: .key, in: object, debugDescription: "a key is not written as in forms")
        }
        self.init(
            eventName: try record.decode(String.self, forKey: .eventName),
            eventTime: try record.decode(String.self, forKey: .eventTime),
            bucket: try s3.nestedContainer(keyedBy: Keys.self, forKey: .bucket).decode(String.self, forKey: .name),
            key: key, size: try object.decodeIfPresent(Int64.self, forKey: .size),
            eTag: try object.decodeIfPresent(String.self, forKey: .eTag),
            sequencer: try object.decode(String.self, forKey: .sequencer))
    }
}

// This source file is part of the FunctionHost project.
// SPDX-License-Identifier: Apache-2.0

/// A change of one item of a table, as a function is given it.
///
/// A function that takes `[TableChange]` can be mapped to a table's changes in this process. It is decoded as well from a record
/// of the event that Lambda hands a function, of which further members are not looked at.
public struct TableChange: Sendable, Hashable {
    /// What happened to the item.
    public enum Kind: String, Sendable, Hashable, Codable {
        /// It is new.
        case insert = "INSERT"
        /// It is another one than before.
        case modify = "MODIFY"
        /// It is gone.
        case remove = "REMOVE"
    }

    /// What happened.
    public var kind: Kind
    /// The item's key.
    public var keys: AttributeMap
    /// The item afterwards; nil if it is gone or the table's view leaves it out.
    public var newImage: AttributeMap?
    /// The item before; nil if it is new or the table's view leaves it out.
    public var oldImage: AttributeMap?
    /// Whether the table took the item away since its time was over.
    public var isExpiry: Bool

    /// Describes a change; tables do, and tests of handlers.
    public init(
        _ kind: Kind, keys: AttributeMap, newImage: AttributeMap? = nil, oldImage: AttributeMap? = nil,
        isExpiry: Bool = false
    ) {
        self.kind = kind
        self.keys = keys
        self.newImage = newImage
        self.oldImage = oldImage
        self.isExpiry = isExpiry
    }

    /// The change that a record of a table's changes holds.
    ///
    /// - Throws: ``TableError`` as `invalidValue` if it is none.
    public init(_ record: StreamRecord) throws(TableError) {
        // An item, and three levels around it.
        let tree = try JSONTree(record.data, maximumDepth: 2 * ValueSurvey.depthLimit + 5)
        guard case .string(let name) = tree["eventName"], let kind = Kind(rawValue: name),
            let change = tree["dynamodb"], let keys = change["Keys"]
        else { throw TableError(.invalidValue, reason: "a record is no change of a table") }
        self.init(kind, keys: try AttributeMap(dynamoDB: keys))
        if let image = change["NewImage"] { newImage = try AttributeMap(dynamoDB: image) }
        if let image = change["OldImage"] { oldImage = try AttributeMap(dynamoDB: image) }
        isExpiry = tree["userIdentity"] != nil
    }
}

extension JSONTree {
    /// The first member of a name, if it is an object and has one.
    fileprivate subscript(name: String) -> JSONTree? {
        guard case .object(let members) = self else { return nil }
        return members.first { $0.name == name }?.value
    }
}

extension TableChange: Decodable {
    private enum Key: String, CodingKey { case eventName, dynamodb, userIdentity }
    private enum ChangeKey: String, CodingKey { case keys = "Keys", newImage = "NewImage", oldImage = "OldImage" }
    private enum IdentityKey: String, CodingKey { case type, principalId }

    /// Decodes a record of DynamoDB's event.
    public init(from decoder: any Decoder) throws {
        let container = try decoder.container(keyedBy: Key.self)
        let change = try container.nestedContainer(keyedBy: ChangeKey.self, forKey: .dynamodb)
        self.init(
            try container.decode(Kind.self, forKey: .eventName),
            keys: try change.decode(AttributeMap.self, forKey: .keys),
            newImage: try change.decodeIfPresent(AttributeMap.self, forKey: .newImage),
            oldImage: try change.decodeIfPresent(AttributeMap.self, forKey: .oldImage))
        if container.contains(.userIdentity), try !container.decodeNil(forKey: .userIdentity) {
            let identity = try container.nestedContainer(keyedBy: IdentityKey.self, forKey: .userIdentity)
            isExpiry = try identity.decode(String.self, forKey: .type) == "Service"
        }
    }
}

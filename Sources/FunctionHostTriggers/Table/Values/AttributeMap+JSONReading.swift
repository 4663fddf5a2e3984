// This source file is part of the FunctionHost project.
// SPDX-License-Identifier: Apache-2.0

extension AttributeMap {
    /// Reads an item in DynamoDB's JSON: `{"id":{"S":"c1"},"total":{"N":"12.5"}}`.
    ///
    /// - Throws: ``TableError`` as `invalidValue`.
    public init(dynamoDBJSON bytes: [UInt8]) throws(TableError) {
        // Each level of a value is an object in an object.
        try self.init(dynamoDB: JSONTree(bytes, maximumDepth: 2 * ValueSurvey.depthLimit + 2))
    }

    init(dynamoDB tree: JSONTree) throws(TableError) {
        guard case .object(let members) = tree else { throw Self.fault("an item must be an object") }
        self.init(
            try members.map { member throws(TableError) in (member.name, try AttributeValue(dynamoDB: member.value)) })
    }

    /// Reads an item in plain JSON, as `Codable` writes it: objects are maps, arrays lists.
    ///
    /// - Throws: ``TableError`` as `invalidValue`.
    package init(plainJSON bytes: [UInt8]) throws(TableError) {
        let tree = try JSONTree(bytes, maximumDepth: ValueSurvey.depthLimit + 1)
        guard case .map(let item) = try AttributeValue(plain: tree) else {
            throw Self.fault("an item must be an object")
        }
        self = item
    }

    fileprivate static func fault(_ reason: String) -> TableError {
        TableError(.invalidValue, reason: "no JSON of an item: \(reason)")
    }
}

extension AttributeValue {
    init(plain tree: JSONTree) throws(TableError) {
        switch tree {
        case .string(let text): self = .string(text)
        case .number(let text): self = .number(try TableNumber(text))
        case .bool(let value): self = .bool(value)
        case .null: self = .null
        case .list(let values):
            self = .list(try values.map { value throws(TableError) in try AttributeValue(plain: value) })
        case .object(let members):
            let attributes = try members.map { member throws(TableError) in
                (member.name, try AttributeValue(plain: member.value))
            }
            self = .map(AttributeMap(attributes))
        }
    }

    init(dynamoDB tree: JSONTree) throws(TableError) {
        guard case .object(let members) = tree, members.count == 1, let kind = Kind(rawValue: members[0].name) else {
            throw AttributeMap.fault("a value must be an object with one member, which is named for its type")
        }
        switch (kind, members[0].value) {
        case (.string, .string(let text)): self = .string(text)
        case (.number, .string(let text)): self = .number(try TableNumber(text))
        case (.binary, .string(let text)): self = .binary(try Self.bytes(text))
        case (.bool, .bool(let value)): self = .bool(value)
        case (.null, .bool(true)): self = .null
        case (.map, let value): self = .map(try AttributeMap(dynamoDB: value))
        case (.list, .list(let values)):
            self = .list(try values.map { value throws(TableError) in try AttributeValue(dynamoDB: value) })
        case (.stringSet, .list(let values)): self = .stringSet(try Self.texts(values))
        case (.numberSet, .list(let values)):
            self = .numberSet(try Self.texts(values).map { text throws(TableError) in try TableNumber(text) })
        case (.binarySet, .list(let values)):
            self = .binarySet(try Self.texts(values).map { text throws(TableError) in try Self.bytes(text) })
        default: throw AttributeMap.fault("what \(kind.rawValue) names is not of that type")
        }
    }

    private static func texts(_ values: [JSONTree]) throws(TableError) -> [String] {
        try values.map { value throws(TableError) in
            guard case .string(let text) = value else { throw AttributeMap.fault("a set holds what is no text") }
            return text
        }
    }

    private static func bytes(_ text: String) throws(TableError) -> [UInt8] {
        guard let bytes = Base64.decoded(Array(text.utf8)) else { throw AttributeMap.fault("bytes are not in base64") }
        return bytes
    }
}

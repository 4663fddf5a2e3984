// This source file is part of the FunctionHost project.
// SPDX-License-Identifier: Apache-2.0

/// Items as `Codable` has them are those of DynamoDB's JSON: what a function on Lambda is given as `Keys` or `NewImage`.
extension AttributeMap: Codable {
    private struct Name: CodingKey {
        let stringValue: String
        var intValue: Int? { nil }

        init(_ name: String) { stringValue = name }
        init?(stringValue: String) { self.init(stringValue) }
        init?(intValue: Int) { nil }
    }

    /// Decodes an item.
    public init(from decoder: any Decoder) throws {
        let container = try decoder.container(keyedBy: Name.self)
        self.init(
            try container.allKeys.map { ($0.stringValue, try container.decode(AttributeValue.self, forKey: $0)) })
    }

    /// Encodes the item.
    public func encode(to encoder: any Encoder) throws {
        var container = encoder.container(keyedBy: Name.self)
        for (name, value) in self { try container.encode(value, forKey: Name(name)) }
    }
}

extension AttributeValue.Kind: CodingKey {}

extension AttributeValue: Codable {
    /// Decodes a value: an object with one member, which is named for its type.
    public init(from decoder: any Decoder) throws {
        let container = try decoder.container(keyedBy: Kind.self)
        guard let kind = container.allKeys.first, container.allKeys.count == 1 else {
            throw DecodingError.dataCorrupted(
                .init(codingPath: decoder.codingPath, debugDescription: "a value has one member, named for its type"))
        }
        switch kind {
        case .string: self = .string(try container.decode(String.self, forKey: kind))
        case .number: self = .number(try TableNumber(container.decode(String.self, forKey: kind)))
        case .binary: self = .binary(try Self.bytes(container.decode(String.self, forKey: kind), decoder))
        case .bool: self = .bool(try container.decode(Bool.self, forKey: kind))
        case .null: self = .null
        case .map: self = .map(try container.decode(AttributeMap.self, forKey: kind))
        case .list: self = .list(try container.decode([AttributeValue].self, forKey: kind))
        case .stringSet: self = .stringSet(try container.decode([String].self, forKey: kind))
        case .numberSet:
            self = .numberSet(try container.decode([String].self, forKey: kind).map { try TableNumber($0) })
        case .binarySet:
            self = .binarySet(try container.decode([String].self, forKey: kind).map { try Self.bytes($0, decoder) })
        }
    }

    private static func bytes(_ text: String, _ decoder: any Decoder) throws -> [UInt8] {
        if let bytes = Base64.decoded(Array(text.utf8)) { return bytes }
        throw DecodingError.dataCorrupted(
            .init(codingPath: decoder.codingPath, debugDescription: "the text is no base64"))
    }

    /// Encodes the value.
    public func encode(to encoder: any Encoder) throws {
        var container = encoder.container(keyedBy: Kind.self)
        switch self {
        case .string(let text): try container.encode(text, forKey: kind)
        case .number(let number): try container.encode(number.description, forKey: kind)
        case .binary(let bytes): try container.encode(Self.base64(bytes), forKey: kind)
        case .bool(let value): try container.encode(value, forKey: kind)
        case .null: try container.encode(true, forKey: kind)
        case .map(let map): try container.encode(map, forKey: kind)
        case .list(let values): try container.encode(values, forKey: kind)
        case .stringSet(let texts): try container.encode(texts, forKey: kind)
        case .numberSet(let numbers): try container.encode(numbers.map(\.description), forKey: kind)
        case .binarySet(let values): try container.encode(values.map(Self.base64), forKey: kind)
        }
    }

    private static func base64(_ bytes: [UInt8]) -> String {
        String(decoding: ByteCursor.write(atMost: Base64.size(of: bytes.count)) { $0.putBase64(bytes) }, as: UTF8.self)
    }
}

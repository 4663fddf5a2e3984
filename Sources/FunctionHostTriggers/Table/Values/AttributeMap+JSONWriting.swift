// This source file is part of the FunctionHost project.
// SPDX-License-Identifier: Apache-2.0

extension AttributeMap {
    /// The item in DynamoDB's JSON, its attributes in the order of their names.
    public var dynamoDBJSON: [UInt8] { ByteCursor.write(atMost: jsonSize) { $0.putItem(self) } }

    /// How many bytes it takes in DynamoDB's JSON at most.
    var jsonSize: Int {
        var size = 2
        for (name, value) in self { size += ByteCursor.jsonSize(of: name) + 4 + value.jsonSize }
        return size
    }

    /// The item in plain JSON, as `Codable` reads it: sets are arrays, bytes base64.
    package var plainJSON: [UInt8] { ByteCursor.write(atMost: jsonSize) { $0.putPlain(.map(self)) } }
}

extension AttributeValue {
    /// How many bytes it takes in either JSON at most, which is in DynamoDB's.
    fileprivate var jsonSize: Int {
        switch self {
        case .string(let text): 8 + ByteCursor.jsonSize(of: text)
        case .number(let number): 8 + number.description.utf8.count
        case .binary(let bytes): 8 + Base64.size(of: bytes.count)
        case .bool, .null: 14
        case .map(let map): 6 + map.jsonSize
        case .list(let values): values.reduce(8) { $0 + $1.jsonSize + 1 }
        case .stringSet(let texts): texts.reduce(9) { $0 + ByteCursor.jsonSize(of: $1) + 3 }
        case .numberSet(let numbers): numbers.reduce(9) { $0 + $1.description.utf8.count + 3 }
        case .binarySet(let values): values.reduce(9) { $0 + Base64.size(of: $1.count) + 3 }
        }
    }
}

extension ByteCursor {
    /// Writes an item in DynamoDB's JSON: no more than its `jsonSize`.
    mutating func putItem(_ map: AttributeMap) { putMembers(map) { $0.putTyped($1) } }

    private mutating func putTyped(_ value: AttributeValue) {
        switch value {
        case .string(let text):
            put(#"{"S":"#)
            putText(text)
        case .number(let number):
            put(#"{"N":"#)
            putText(number.description)
        case .binary(let bytes):
            put(#"{"B":"#)
            putText(bytes)
        case .bool(let value): put(value ? #"{"BOOL":true"# : #"{"BOOL":false"#)
        case .null: put(#"{"NULL":true"#)
        case .map(let map):
            put(#"{"M":"#)
            putItem(map)
        case .list(let values):
            put(#"{"L":"#)
            putElements(values) { $0.putTyped($1) }
        case .stringSet(let texts):
            put(#"{"SS":"#)
            putElements(texts) { $0.putText($1) }
        case .numberSet(let numbers):
            put(#"{"NS":"#)
            putElements(numbers) { $0.putText($1.description) }
        case .binarySet(let values):
            put(#"{"BS":"#)
            putElements(values) { $0.putText($1) }
        }
        put(UInt8(ascii: "}"))
    }

    /// Writes a value in plain JSON.
    fileprivate mutating func putPlain(_ value: AttributeValue) {
        switch value {
        case .string(let text): putText(text)
        case .number(let number): putJSON(number.description)
        case .binary(let bytes): putText(bytes)
        case .bool(let value): put(value ? "true" : "false")
        case .null: put("null")
        case .map(let map): putMembers(map) { $0.putPlain($1) }
        case .list(let values): putElements(values) { $0.putPlain($1) }
        case .stringSet(let texts): putElements(texts) { $0.putText($1) }
        case .numberSet(let numbers): putElements(numbers) { $0.putJSON($1.description) }
        case .binarySet(let values): putElements(values) { $0.putText($1) }
        }
    }

    private mutating func putText(_ text: String) {
        put(UInt8(ascii: "\""))
        putJSON(text)
        put(UInt8(ascii: "\""))
    }

    private mutating func putText(_ bytes: [UInt8]) {
        put(UInt8(ascii: "\""))
        putBase64(bytes)
        put(UInt8(ascii: "\""))
    }

    private mutating func putMembers(_ map: AttributeMap, _ putValue: (inout Self, AttributeValue) -> Void) {
        put(UInt8(ascii: "{"))
        var isFirst = true
        for (name, value) in map {
            if !isFirst { put(UInt8(ascii: ",")) }
            isFirst = false
            putText(name)
            put(UInt8(ascii: ":"))
            putValue(&self, value)
        }
        put(UInt8(ascii: "}"))
    }

    private mutating func putElements<Element>(_ elements: [Element], _ putElement: (inout Self, Element) -> Void) {
        put(UInt8(ascii: "["))
        var isFirst = true
        for element in elements {
            if !isFirst { put(UInt8(ascii: ",")) }
            isFirst = false
            putElement(&self, element)
        }
        put(UInt8(ascii: "]"))
    }
}

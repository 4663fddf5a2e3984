// This source file is part of the FunctionHost project.
// SPDX-License-Identifier: Apache-2.0

import FunctionHost

extension InMemoryTable {
    /// Puts a value as an item, its properties as attributes: objects are maps, arrays lists, numbers exact.
    ///
    /// - Throws: ``TableError`` as in ``put(_:if:)``; what the value's own encoding throws.
    @discardableResult
    public func put(encoding value: some Encodable, if condition: TableCondition? = nil) throws -> TableWrite {
        try put(AttributeMap(plainJSON: JSONPayloadCoder().encode(value)), if: condition)
    }

    /// The value that was put as the item of a key; nil if there is none.
    ///
    /// - Throws: ``TableError`` as `invalidKey`; ``/FunctionHost/PayloadFault`` if the item is not what the type takes.
    public func get<Value: Decodable>(_ key: AttributeMap, as type: Value.Type) throws -> Value? {
        try get(key).map { try JSONPayloadCoder().decode(type, from: $0.plainJSON) }
    }
}

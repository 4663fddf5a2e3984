// This source file is part of the FunctionHost project.
// SPDX-License-Identifier: Apache-2.0

/// How one type becomes bytes and back, found once when a function is registered.
///
/// `Void` takes anything and gives `null`, as a Lambda handler without input or result does; `[UInt8]` of a raw function
/// passes as it is; everything else goes through the host's coder if it is `Codable`.
package struct PayloadCodec<Value: Sendable>: Sendable {
    package let decode: (@Sendable ([UInt8], any PayloadCoder) throws -> Value)?
    package let encode: (@Sendable (Value, any PayloadCoder) throws -> [UInt8])?
    /// The bytes of a raw function's input, which are what they are; nil for everything else.
    package let raw: (@Sendable (Value) -> [UInt8])?

    /// Finds the codec of a type by what it conforms to.
    package init() {
        raw = nil
        if Value.self == Void.self, let void = () as? Value {
            decode = { _, _ in void }
            encode = { _, _ in Array("null".utf8) }
            return
        }
        if Value.self is any Decodable.Type {
            decode = { bytes, coder in try Self.decode(bytes, coder) }
        } else {
            decode = nil
        }
        if Value.self is any Encodable.Type {
            encode = { value, coder in try Self.encode(value, coder) }
        } else {
            encode = nil
        }
    }

    /// Bytes as they are.
    package init(raw void: Void) where Value == [UInt8] {
        decode = { bytes, _ in bytes }
        encode = { bytes, _ in bytes }
        self.raw = { $0 }
    }

    private static func decode(_ bytes: [UInt8], _ coder: any PayloadCoder) throws -> Value {
        guard let type = Value.self as? any Decodable.Type else {
            preconditionFailure("\(Value.self) is not Decodable")
        }
        guard let value = try coder.decode(type, from: bytes) as? Value else {
            preconditionFailure("\(Value.self) decoded to another type")
        }
        return value
    }

    private static func encode(_ value: Value, _ coder: any PayloadCoder) throws -> [UInt8] {
        guard let value = value as? any Encodable else { preconditionFailure("\(Value.self) is not Encodable") }
        return try coder.encode(value)
    }
}

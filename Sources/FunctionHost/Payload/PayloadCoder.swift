// This source file is part of the FunctionHost project.
// SPDX-License-Identifier: Apache-2.0

/// Turns values into bytes and back, where a value enters or leaves the process.
public protocol PayloadCoder: Sendable {
    /// Encodes a value.
    ///
    /// - Throws: Whatever tells what is wrong; the host wraps it.
    func encode<Value: Encodable>(_ value: Value) throws -> [UInt8]

    /// Decodes a value.
    ///
    /// - Throws: ``PayloadFault`` to say where; anything else is wrapped as it is.
    func decode<Value: Decodable>(_ type: Value.Type, from bytes: [UInt8]) throws -> Value
}

/// What is wrong with a payload, and where; never a part of the payload itself.
public struct PayloadFault: Error, Sendable, Hashable, CustomStringConvertible {
    /// The place: a path such as `orders[2].price`, or a byte's number.
    public let place: String
    /// What is wrong there.
    public let reason: String

    /// Describes a fault.
    public init(place: String, reason: String) {
        self.place = place
        self.reason = reason
    }

    /// Reason and place in one line.
    public var description: String { "\(reason) at \(place)" }
}

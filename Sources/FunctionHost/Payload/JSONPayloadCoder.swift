// This source file is part of the FunctionHost project.
// SPDX-License-Identifier: Apache-2.0

#if canImport(FoundationEssentials)
    internal import FoundationEssentials
#else
    internal import Foundation
#endif

/// JSON, by Foundation's encoder and decoder: the one file of the package that imports any Foundation.
///
/// Dates are as `Codable` has them by default: seconds since 2001 as a number.
public struct JSONPayloadCoder: PayloadCoder {
    /// How deeply arrays and objects may nest; refused before decoding, so that no text can exhaust the stack.
    public let maximumDepth: Int

    /// - Parameter maximumDepth: 128 unless given.
    public init(maximumDepth: Int = 128) { self.maximumDepth = maximumDepth }

    /// Encodes a value as JSON.
    ///
    /// - Throws: ``PayloadFault`` with the place of a value that JSON cannot hold; what the value's own encoding throws.
    public func encode<Value: Encodable>(_ value: Value) throws -> [UInt8] {
        do {
            return [UInt8](try Self.encoder.encode(value))
        } catch EncodingError.invalidValue(_, let context) {
            throw PayloadFault(place: path(context.codingPath), reason: context.debugDescription)
        }
    }

    /// Decodes a value from JSON.
    ///
    /// - Throws: ``PayloadFault`` if the text is not JSON, not UTF-8, nests too deeply, or is not what the type takes; its
    ///   place says where, its reason never quotes the text.
    public func decode<Value: Decodable>(_ type: Value.Type, from bytes: [UInt8]) throws -> Value {
        if let fault = JSONStructure.fault(in: bytes, maximumDepth: maximumDepth) { throw fault }
        do {
            return try Self.decoder.decode(type, from: Data(bytes))
        } catch let error as DecodingError {
            throw fault(of: error)
        }
    }

    private static let encoder = {
        let encoder = JSONEncoder()
        // In the order of a hash table the same value would be other bytes in each process.
        encoder.outputFormatting = .sortedKeys
        return encoder
    }()
    private static let decoder = JSONDecoder()

    /// Where and what, in words of our own: a decoder's own text may quote the payload.
    private func fault(of error: DecodingError) -> PayloadFault {
        switch error {
        case .typeMismatch(let type, let context):
            PayloadFault(place: path(context.codingPath), reason: "the value is not \(type)")
        case .valueNotFound(let type, let context):
            PayloadFault(place: path(context.codingPath), reason: "null stands where \(type) is needed")
        case .keyNotFound(let key, let context):
            PayloadFault(
                place: path(context.codingPath), reason: "the key \(String(reflecting: key.stringValue)) is missing")
        case .dataCorrupted(let context):
            PayloadFault(
                place: path(context.codingPath),
                reason: context.codingPath.isEmpty ? Self.notJSON : "the value cannot be used")
        @unknown default: PayloadFault(place: "the payload", reason: "it cannot be decoded")
        }
    }

    /// The decoder does not tell these two apart.
    private static let notJSON = "the payload is not JSON, or holds a number that its type does not"

    /// Numbers of elements and keys that the program has declared; any other key is the payload's own and shown as `*`.
    private func path(_ keys: [any CodingKey]) -> String {
        if keys.isEmpty { return "the top level" }
        return keys.reduce(into: "") { path, key in
            if let index = key.intValue, key.stringValue == "Index \(index)" {
                path += "[\(index)]"
            } else {
                // A case without a value holds nothing that could come from a payload.
                let name = Mirror(reflecting: key).children.isEmpty ? key.stringValue : "*"
                path += path.isEmpty ? name : ".\(name)"
            }
        }
    }
}

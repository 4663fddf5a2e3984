// This source file is part of the FunctionHost project.
// SPDX-License-Identifier: Apache-2.0

/// An attribute that is part of a table's key.
public struct TableKeyAttribute: Sendable, Hashable {
    /// Its name, up to 255 bytes.
    public let name: String
    package let kind: AttributeValue.Kind

    /// One that holds text.
    public static func string(_ name: String) -> Self { Self(name: name, kind: .string) }
    /// One that holds a number.
    public static func number(_ name: String) -> Self { Self(name: name, kind: .number) }
    /// One that holds bytes.
    public static func binary(_ name: String) -> Self { Self(name: name, kind: .binary) }
}

// This source file is part of the FunctionHost project.
// SPDX-License-Identifier: Apache-2.0

/// What the records of a table's changes hold.
///
/// - Source: DynamoDB API Reference, *StreamSpecification*, `StreamViewType`.
public enum TableChangeView: String, Sendable, Hashable, CaseIterable, Codable {
    /// The key of the item alone.
    case keysOnly = "KEYS_ONLY"
    /// Key and the item as it is afterwards.
    case newImage = "NEW_IMAGE"
    /// Key and the item as it was before.
    case oldImage = "OLD_IMAGE"
    /// Key and both.
    case newAndOldImages = "NEW_AND_OLD_IMAGES"

    package var hasNew: Bool { self == .newImage || self == .newAndOldImages }
    package var hasOld: Bool { self == .oldImage || self == .newAndOldImages }
}

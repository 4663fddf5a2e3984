// This source file is part of the FunctionHost project.
// SPDX-License-Identifier: Apache-2.0

/// Where an item is in its table: items of a partition are next to each other, in the order of their sort keys.
package struct ItemKey: Sendable, Comparable {
    /// Of the partition, which also decides on the shard of its changes.
    package let hash: UInt128
    package let partition: AttributeValue
    package let sort: AttributeValue?

    package init(partition: AttributeValue, sort: AttributeValue?) {
        hash = partition.keyHash
        self.partition = partition
        self.sort = sort
    }

    /// Whether it is in the partition of another.
    package func isInPartition(of other: Self) -> Bool { hash == other.hash && partition == other.partition }

    package static func < (left: Self, right: Self) -> Bool {
        if left.hash != right.hash { return left.hash < right.hash }
        // Two partitions can have one hash, by somebody's intention.
        if left.partition != right.partition { return left.partition.isLess(than: right.partition) ?? false }
        guard let sort = left.sort, let other = right.sort else { return left.sort == nil && right.sort != nil }
        return sort.isLess(than: other) ?? false
    }

    package static func == (left: Self, right: Self) -> Bool {
        left.hash == right.hash && left.partition == right.partition && left.sort == right.sort
    }
}

extension AttributeValue {
    /// MD5, as streams have it: changes of a table go to shards as records do.
    fileprivate var keyHash: UInt128 {
        switch self {
        case .string(let text): MD5.hash(text)
        case .number(let number): MD5.hash(number.description)
        case .binary(let bytes): MD5.hash(bytes)
        case .bool, .null, .map, .list, .stringSet, .numberSet, .binarySet: 0
        }
    }
}

// This source file is part of the FunctionHost project.
// SPDX-License-Identifier: Apache-2.0

/// The hash keys of one shard.
package typealias HashKeys = ClosedRange<UInt128>

extension HashKeys {
    /// All hash keys in so many equal shares.
    package static func shares(_ count: Int) -> [Self] {
        (0..<count).map { number in
            let start = number == 0 ? 0 : start(number, of: count)
            let end = number == count - 1 ? UInt128.max : self.start(number + 1, of: count) - 1
            return start...end
        }
    }

    /// Where the share of this number begins of so many, more than one.
    private static func start(_ number: Int, of count: Int) -> UInt128 {
        UInt128(count).dividingFullWidth((1, 0)).quotient * UInt128(number)
    }

    /// Those before a key and the others; nil for the middle.
    package func split(at hashKey: UInt128?, of shard: ShardID) throws(SourceError) -> (Self, Self) {
        guard lowerBound < upperBound else {
            throw SourceError(.invalidArgument, reason: "\(shard) has one hash key only: it cannot be split")
        }
        let border = hashKey ?? lowerBound + (upperBound - lowerBound) / 2 + 1
        guard border > lowerBound, border <= upperBound else {
            throw SourceError(
                .invalidArgument,
                reason: "\(border) is no hash key to split \(shard) at: choose one from \(lowerBound + 1) to "
                    + "\(upperBound)")
        }
        return (lowerBound...(border - 1), border...upperBound)
    }

    /// Both of two shards, which must be neighbours.
    package func merged(
        with other: Self, _ shard: ShardID, _ otherShard: ShardID
    ) throws(SourceError) -> Self {
        let (lower, upper) = lowerBound < other.lowerBound ? (self, other) : (other, self)
        guard shard != otherShard, lower.upperBound &+ 1 == upper.lowerBound else {
            throw SourceError(.invalidArgument, reason: "\(shard) and \(otherShard) are no neighbours")
        }
        return lower.lowerBound...upper.upperBound
    }
}

extension ShardID {
    /// The shard that was made as the one of this number, counted from 0.
    package init(number: Int) {
        let digits = String(number)
        self.init("shardId-" + String(repeating: "0", count: max(0, 12 - digits.count)) + digits)
    }

    /// Its number, if it is written as those of streams here are.
    package var number: Int? {
        guard description.hasPrefix("shardId-"), let number = Int(description.dropFirst(8)),
            Self(number: number) == self
        else { return nil }
        return number
    }
}

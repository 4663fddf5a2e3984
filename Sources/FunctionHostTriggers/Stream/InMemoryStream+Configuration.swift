// This source file is part of the FunctionHost project.
// SPDX-License-Identifier: Apache-2.0

import FunctionHost

extension InMemoryStream {
    /// How much a stream keeps, and for how long.
    public struct Configuration: Sendable {
        /// How long a record is kept.
        ///
        /// Defaults to 24 hours. More than zero, and up to 365 days.
        public var retention: Duration = .seconds(86_400)

        /// How many records are kept at most, in all shards together.
        ///
        /// Defaults to 1,000,000. At least 1. A record takes about 60 bytes beside its data.
        public var recordLimit = 1_000_000

        /// How many bytes are kept at most: data and partition keys of all records.
        ///
        /// Defaults to 256 MiB. At least 1.
        public var byteLimit = 256 << 20

        /// How many bytes the data of one record may have.
        ///
        /// Defaults to 1 MiB. At least 1.
        public var recordSizeLimit = 1 << 20

        /// How many shards there may be, closed ones included as long as they are known.
        ///
        /// Defaults to 1,000. At least as many as there are at first.
        public var shardLimit = 1_000

        /// What happens to a record for which there is no room.
        ///
        /// Defaults to ``Overflow/refuse``.
        public var overflow = Overflow.refuse

        /// The region that events and names tell. Defaults to `local`.
        public var region = FunctionARN.defaultRegion

        /// The account that names tell. Defaults to twelve zeros.
        public var account = FunctionARN.defaultAccount

        /// The `invokeIdentityArn` of events; nil for a role `local` of the account. Defaults to nil.
        public var invokeIdentityARN: String?

        /// The defaults.
        public init() {}

        package func check(shardCount: Int) throws(SourceError) {
            guard retention > .zero, retention <= .seconds(365 * 86_400) else {
                throw SourceError(.invalidArgument, reason: "retention is \(retention): from 1 ns to 365 days")
            }
            guard recordLimit >= 1, byteLimit >= 1, recordSizeLimit >= 1 else {
                throw SourceError(.invalidArgument, reason: "a limit is less than 1: nothing could ever be put")
            }
            guard shardCount >= 1, shardCount <= shardLimit else {
                throw SourceError(
                    .invalidArgument, reason: "\(shardCount) shards: from 1 to the limit of \(shardLimit)")
            }
        }

        /// The resource name of a stream.
        package func arn(of name: String) throws(SourceError) -> String {
            guard ResourceName.isValid(name, atMost: 128, "._-") else {
                throw SourceError(
                    .invalidArgument,
                    reason: "“\(name)” is no name of a stream: 1 to 128 letters and digits of ASCII, '.', '_' and '-'")
            }
            return "arn:aws:kinesis:\(region):\(account):stream/\(name)"
        }
    }

    /// What happens to a record for which there is no room; more may come.
    public struct Overflow: Sendable, Hashable {
        private let name: String

        /// Whoever puts it is told, and nothing is kept of it.
        public static let refuse = Self(name: "refuse")
        /// The oldest records of the stream go, read or not; ``Figures/overflown`` counts them.
        public static let dropOldest = Self(name: "dropOldest")
    }

    /// How much there is in a stream.
    public struct Figures: Sendable, Hashable {
        /// How many records are kept.
        public var records: Int
        /// How many bytes they have: data and partition keys.
        public var bytes: Int
        /// How many shards take records.
        public var openShards: Int
        /// How many shards are closed and still known.
        public var closedShards: Int
        /// How long ago the oldest record came; nil if there is none.
        public var ageOfOldest: Duration?
        /// How many records have gone before their time for want of room, since the beginning.
        public var overflown: Int

        package init(
            records: Int, bytes: Int, openShards: Int, closedShards: Int, ageOfOldest: Duration?, overflown: Int
        ) {
            self.records = records
            self.bytes = bytes
            self.openShards = openShards
            self.closedShards = closedShards
            self.ageOfOldest = ageOfOldest
            self.overflown = overflown
        }
    }
}

extension RecordEntry {
    /// Sees whether it may be put where data has no more than so many bytes.
    package borrowing func check(sizeLimit: Int) throws(SourceError) {
        // A character has a byte at least: most keys need no counting.
        let bytes = partitionKey.utf8.count
        guard bytes > 0, bytes <= 256 || partitionKey.unicodeScalars.count <= 256 else {
            throw SourceError(.invalidArgument, reason: "a partition key has 1 to 256 characters")
        }
        guard data.count <= sizeLimit else {
            throw SourceError(.invalidArgument, reason: "\(data.count) bytes of data: up to \(sizeLimit)")
        }
    }
}

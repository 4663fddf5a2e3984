// This source file is part of the FunctionHost project.
// SPDX-License-Identifier: Apache-2.0

package import FunctionHost

extension InMemoryTable {
    /// How much a table keeps, of items and of changes.
    public struct Configuration: Sendable {
        /// How many items there may be.
        ///
        /// Defaults to 1,000,000. At least 1. One takes about 150 bytes beside its attributes, each of which takes 40 beside text
        /// and bytes longer than 15.
        public var itemLimit = 1_000_000

        /// How many bytes the items may have, counted as DynamoDB counts.
        ///
        /// Defaults to 256 MiB. At least 1.
        public var byteLimit = 256 << 20

        /// The attribute that says when an item's time is over, a number of seconds since 1970; nil if none does.
        ///
        /// Defaults to nil. Items are there until ``InMemoryTable/removeExpired()`` or a ``TableExpiry`` takes them away.
        public var timeToLive: String?

        /// Over how many shards the changes are spread, by the hashes of partition keys.
        ///
        /// Defaults to 1. From 1 to 1,000.
        public var shardCount = 1

        /// How long the record of a change is kept.
        ///
        /// Defaults to 24 hours, as in DynamoDB. More than zero, and up to 365 days.
        public var changeRetention: Duration = .seconds(86_400)

        /// How many records of changes are kept.
        ///
        /// Defaults to 1,000,000. At least 1.
        public var changeLimit = 1_000_000

        /// How many bytes the records of changes may have: JSON of keys and images.
        ///
        /// Defaults to 256 MiB. At least 1.
        public var changeByteLimit = 256 << 20

        /// What happens when there is no room for the record of a change.
        ///
        /// Defaults to ``InMemoryStream/Overflow/refuse``: the write is refused, so that whoever follows the table misses nothing.
        public var changeOverflow = InMemoryStream.Overflow.refuse

        /// The region that events and names tell. Defaults to `local`.
        public var region = FunctionARN.defaultRegion

        /// The account that names tell. Defaults to twelve zeros.
        public var account = FunctionARN.defaultAccount

        /// The defaults.
        public init() {}

        /// - Throws: ``TableError`` as `invalidConfiguration`.
        package func check() throws(TableError) {
            guard itemLimit >= 1, byteLimit >= 1 else {
                throw TableError(.invalidConfiguration, reason: "a limit is less than 1: nothing could ever be put")
            }
            if let timeToLive, !(1...255).contains(timeToLive.utf8.count) {
                throw TableError(.invalidConfiguration, reason: "timeToLive is no attribute's name of 1 to 255 bytes")
            }
            do throws(SourceError) { try stream.check(shardCount: shardCount) } catch {
                throw TableError(.invalidConfiguration, reason: "the stream of changes: \(error.reason)")
            }
        }

        /// The resource name of the table of this name.
        ///
        /// - Throws: ``TableError`` as `invalidConfiguration`.
        package func arn(of name: String) throws(TableError) -> String {
            guard ResourceName.isValid(name, atMost: 255, "._-"), name.utf8.count >= 3 else {
                throw TableError(
                    .invalidConfiguration,
                    reason: "“\(name)” is no name of a table: 3 to 255 letters and digits of ASCII, '.', '_' and '-'")
            }
            return "arn:aws:dynamodb:\(region):\(account):table/\(name)"
        }

        /// The resource name of a table's changes, which tells when they began, as in DynamoDB.
        package func streamARN(of arn: String, beganAt wallTime: Timestamp) -> String {
            "\(arn)/stream/\(wallTime.iso8601.dropLast())"
        }

        /// How the stream of changes is made.
        package var stream: InMemoryStream.Configuration {
            var stream = InMemoryStream.Configuration()
            stream.retention = changeRetention
            stream.recordLimit = changeLimit
            stream.byteLimit = changeByteLimit
            stream.overflow = changeOverflow
            return stream
        }
    }

    /// How much there is in a table, wherever it is kept.
    public struct Figures: Sendable, Hashable {
        /// How many items.
        public var items: Int
        /// How many bytes they have, counted as DynamoDB counts.
        public var bytes: Int
        /// How many records of changes are kept.
        public var changes: Int
        /// How many bytes these have.
        public var changeBytes: Int
        /// How many records have gone before their time for want of room, since the beginning.
        public var changesOverflown: Int

        package init(items: Int, bytes: Int, changes: Int, changeBytes: Int, changesOverflown: Int) {
            self.items = items
            self.bytes = bytes
            self.changes = changes
            self.changeBytes = changeBytes
            self.changesOverflown = changesOverflown
        }
    }
}

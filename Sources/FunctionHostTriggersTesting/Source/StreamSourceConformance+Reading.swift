// This source file is part of the FunctionHost project.
// SPDX-License-Identifier: Apache-2.0

import FunctionHost
import FunctionHostTriggers

extension StreamSourceConformance {
    typealias Check = SourceCheck<StreamSubject>

    static let reading: [Check] = [
        Check("There is a shard, and an empty one has a next position and no records") { subject in
            let shards = try await subject.source.shards()
            try expect(!shards.isEmpty, "there is no shard")
            for shard in shards {
                let page = try await subject.source.read(shard.id, from: .oldest, limit: 10)
                try expect(page.records.isEmpty, "a record in \(shard.id) that nobody has put")
                try expect(page.next != nil, "\(shard.id) has an end")
                try equal(page.behindLatest, .zero, "how far behind")
            }
        },
        Check("Records of a key are read in order, each once, whatever the limit") { subject in
            try await subject.put(0..<50)
            let shard = try await subject.shard()
            for limit in [1, 3, 50, 1_000] {
                try equal(try await subject.numbers(shard, limit: limit), Array(0..<50), "what is read by \(limit)")
            }
        },
        Check("Reading takes nothing away") { subject in
            try await subject.put(0..<5)
            let shard = try await subject.shard()
            for _ in 0..<3 { try equal(try await subject.numbers(shard), Array(0..<5), "what is read again") }
        },
        Check("A record has the key and the data that were put") { subject in
            let data = (0...255).map { UInt8($0) }
            try await subject.put("Zoë/😀\"", data)
            let record = try await subject.readAll(try await subject.shard()).first
            try equal(record?.partitionKey, "Zoë/😀\"", "the key")
            try equal(record?.data, data, "the data")
        },
        Check("Sequence numbers rise in a shard") { subject in
            for key in UInt8(0)..<20 { try await subject.put(0..<5, key: "key \(key)") }
            var count = 0
            for shard in try await subject.source.shards() {
                let numbers = try await subject.readAll(shard.id).map(\.sequenceNumber)
                try expect(zip(numbers, numbers.dropFirst()).allSatisfy { $0 < $1 }, "numbers that do not rise")
                count += numbers.count
            }
            try equal(count, 100, "records in all shards")
        },
        Check("A shard that there is not is told as shardNotFound") { subject in
            do {
                _ = try await subject.source.read(ShardID("no such shard"), from: .oldest, limit: 1)
            } catch let error as SourceError {
                return try equal(error.code, .shardNotFound, "the error")
            }
            throw SourceFault(reason: "it was read")
        },
        Check("The event of a batch is JSON that has each record's number") { subject in
            try await subject.put(0..<10, key: "\"\\\n")
            let shard = try await subject.shard()
            let records = try await subject.readAll(shard)
            let event = subject.source.event(of: records, shard: shard)
            try expect(JSONText.isValid(event, maximumDepth: 100), "no JSON")
            let text = String(decoding: event, as: UTF8.self)
            for record in records {
                try expect(text.contains("\"\(record.sequenceNumber)\""), "\(record.sequenceNumber) is missing")
            }
        },
    ]

    static let positions: [Check] = [
        Check("From a number on, its record is the first; after it, the one behind") { subject in
            try await subject.put(0..<10)
            let shard = try await subject.shard()
            for (place, record) in try await subject.readAll(shard).enumerated() {
                let (rest, number) = (Array(UInt8(place)..<10), record.sequenceNumber)
                try equal(try await subject.numbers(shard, from: .from(number)), rest, "from \(place) on")
                try equal(
                    try await subject.numbers(shard, from: .after(number)), Array(rest.dropFirst()), "after \(place)")
            }
        },
        Check("From the latest on, nothing that was there is read, and everything that comes") { subject in
            try await subject.put(0..<3)
            let shard = try await subject.shard()
            let page = try await subject.source.read(shard, from: .latest, limit: 10)
            try expect(page.records.isEmpty, "something was read at once")
            guard let next = page.next else { throw SourceFault(reason: "an open shard has an end") }
            try await subject.put(3..<6)
            try equal(try await subject.numbers(shard, from: next), [3, 4, 5], "what came afterwards")
        },
        Check("Where a page ends, later records are read on") { subject in
            try await subject.put(0..<3)
            let shard = try await subject.shard()
            var page = try await subject.source.read(shard, from: .oldest, limit: 10)
            for round in UInt8(1)..<4 {
                guard let next = page.next else { throw SourceFault(reason: "an open shard has an end") }
                try await subject.put(round * 3..<round * 3 + 3)
                page = try await subject.source.read(shard, from: next, limit: 10)
                try equal(page.records.flatMap(\.data), Array(round * 3..<round * 3 + 3), "round \(round)")
            }
        },
        Check("From the time on at which a record arrived, it is read, and from before that all are") { subject in
            try await subject.put(0..<10)
            let shard = try await subject.shard()
            for record in try await subject.readAll(shard) {
                let found = try await subject.readAll(shard, from: .at(record.arrivedAt))
                try expect(found.contains { $0.sequenceNumber == record.sequenceNumber }, "it is not")
                try expect(found.allSatisfy { $0.arrivedAt >= record.arrivedAt }, "earlier ones are, too")
            }
            let start = Timestamp(nanoseconds: 0)
            try equal(try await subject.numbers(shard, from: .at(start)), Array(0..<10), "from 1970 on")
        },
    ]
}

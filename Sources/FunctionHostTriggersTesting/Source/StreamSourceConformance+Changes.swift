// This source file is part of the FunctionHost project.
// SPDX-License-Identifier: Apache-2.0

import FunctionHostTriggers

extension StreamSourceConformance {
    static let changes: [Check] = [
        Check("A record that comes is a change, and nobody waits for one that has come") { subject in
            let watch = try await subject.watch()
            let seen = watch.count
            try await subject.put(0..<1)
            try expect(watch.count != seen, "there is no change")
            await watch.wait(since: seen)
        },
        Check("Whoever waits is woken by a record that comes") { subject in
            for round in UInt8(0)..<20 {
                let watch = try await subject.watch()
                let seen = watch.count
                async let waiting: Void = watch.wait(since: seen)
                await Task.yield()
                try await subject.put([round])
                await waiting
            }
        },
        Check("A reader that waits where there is nothing reads everything") { subject in
            try await subject.put(0..<1)
            let shard = try await subject.shard()
            async let read = readUntil(UInt8(30), shard, subject)
            for number in UInt8(1)...30 {
                if number % 3 == 0 { await Task.yield() }
                try await subject.put([number])
            }
            try equal(try await read, Array(0...30), "what was read")
        },
        Check("A waiter whose task is cancelled returns") { subject in
            try await withThrowingTaskGroup(of: Void.self) { group in
                let watch = try await subject.watch()
                let seen = watch.count
                for _ in 0..<3 { group.addTask { await watch.wait(since: seen) } }
                await Task.yield()
                group.cancelAll()
            }
        },
    ]

    /// Reads until a number comes.
    private static func readUntil(_ last: UInt8, _ shard: ShardID, _ subject: StreamSubject) async throws -> [UInt8] {
        var (numbers, position): ([UInt8], StreamPosition) = ([], .oldest)
        let watch = try await subject.watch()
        while numbers.last != last {
            let seen = watch.count
            let page = try await subject.source.read(shard, from: position, limit: 4)
            numbers += page.records.flatMap(\.data)
            guard let next = page.next else { break }
            position = next
            if page.records.isEmpty { await watch.wait(since: seen) }
        }
        return numbers
    }

    static let shards: [Check] = [
        Check("A shard that is split has an end behind its last record, and its children come after it") { subject in
            guard let split = subject.split else { return }
            try await subject.put(0..<5)
            let shard = try await subject.shard()
            guard let tip = try await subject.source.read(shard, from: .oldest, limit: 100).next else {
                throw SourceFault(reason: "an open shard has an end")
            }
            let watch = try await subject.watch()
            let (seen, numbers) = (watch.count, try await subject.readAll(shard).map(\.sequenceNumber))
            try await split(shard)
            try expect(watch.count != seen, "that shards have come is no change")
            try await subject.put(5..<10)
            try expect(try await subject.source.read(shard, from: tip, limit: 10).next == nil, "there is no end")
            try equal(try await subject.numbers(shard), Array(0..<5), "the parent's records")
            let all = try await subject.source.shards()
            try equal(all.first { $0.id == shard }?.isClosed, true, "whether the parent is closed")
            let children = all.filter { $0.parents.contains(shard) }
            try expect(!children.isEmpty, "no shard has it for a parent")
            var later: [StreamRecord] = []
            for child in children { later += try await subject.readAll(child.id) }
            try equal(later.flatMap(\.data), Array(5..<10), "the children's records")
            try expect(
                later.allSatisfy { later in numbers.allSatisfy { $0 < later.sequenceNumber } },
                "a child's record has a lower number")
        },
        Check("Parents are listed before their children") { subject in
            guard let split = subject.split else { return }
            for _ in 0..<3 {
                for shard in try await subject.source.shards() where !shard.isClosed { try await split(shard.id) }
            }
            var seen: Set<ShardID> = []
            for shard in try await subject.source.shards() {
                try expect(shard.parents.allSatisfy { seen.contains($0) }, "\(shard.id) comes before a parent")
                seen.insert(shard.id)
            }
        },
    ]
}

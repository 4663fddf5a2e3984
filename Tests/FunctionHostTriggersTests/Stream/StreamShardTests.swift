// This source file is part of the FunctionHost project.
// SPDX-License-Identifier: Apache-2.0

import FunctionHost
import FunctionHostTriggers
import Testing

@Suite struct StreamShardTests {
    private func shard(_ number: Int) -> ShardID { StreamBench.shard(number) }

    @Test("A shard that is split is closed, and its hash keys are its children's", arguments: [nil, 1, 77, .max])
    func split(at key: UInt128?) async throws {
        let bench = try StreamBench()
        try bench.put("before")
        let (left, right) = try bench.stream.split(shard(0), at: key)
        let border = key ?? 1 << 127
        #expect(bench.stream.hashKeys(of: left) == 0...(border - 1))
        #expect(bench.stream.hashKeys(of: right) == border...UInt128.max)
        #expect(try bench.put("left", hashKey: border - 1).shard == left)
        #expect(try bench.put("right", hashKey: border).shard == right)
        #expect(
            try await bench.stream.shards() == [
                Shard(id: shard(0), isClosed: true), Shard(id: shard(1), parents: [shard(0)]),
                Shard(id: shard(2), parents: [shard(0)]),
            ])
        #expect(try await bench.texts(0) == ["before"])
    }

    @Test("Neighbours are merged in either order, and their child is both's")
    func merge() async throws {
        let bench = try StreamBench(shards: 3)
        let child = try bench.stream.merge(shard(2), shard(1))
        #expect(bench.stream.hashKeys(of: child)?.upperBound == .max)
        #expect(try bench.put("x", hashKey: .max).shard == child)
        #expect(try bench.put("x", hashKey: 0).shard == shard(0))
        #expect(
            try await bench.stream.shards().last == Shard(id: shard(3), parents: [shard(2), shard(1)]))
        let last = try bench.stream.merge(shard(0), child)
        #expect(bench.stream.hashKeys(of: last) == 0...UInt128.max)
        #expect(bench.stream.figures.openShards == 1)
        #expect(bench.stream.figures.closedShards == 4)
    }

    @Test("A closed shard has an end, and whoever stood there before finds it")
    func end() async throws {
        let bench = try StreamBench()
        try bench.put("a")
        let tip = try #require(try await bench.page().next)
        let latest = try #require(try await bench.page(from: .latest).next)
        try bench.put("b")
        _ = try bench.stream.split(shard(0))
        #expect(try await bench.page(from: .oldest, limit: 1).next != nil)
        let last = try await bench.page(from: tip)
        #expect(last.texts == ["b"] && last.next == nil)
        #expect(try await bench.page(from: latest).texts == ["b"])
        #expect(try await bench.page(from: .latest).next == nil)
        #expect(try await bench.page(from: .at(.distantFuture)).next == nil)
        #expect(try await bench.page(1).next != nil)
    }

    @Test("Children's numbers are higher than their parents', over splits and merges")
    func numbers() async throws {
        let bench = try StreamBench()
        var numbers = [try bench.put("a").sequenceNumber]
        let (left, right) = try bench.stream.split(shard(0))
        numbers += [try bench.put("b", hashKey: .max).sequenceNumber, try bench.put("c", hashKey: 0).sequenceNumber]
        try bench.stream.merge(left, right)
        numbers.append(try bench.put("d").sequenceNumber)
        #expect(numbers == numbers.sorted())
    }

    @Test("A closed shard is forgotten once its last record could be too old, and its children have no parent then")
    func forgetting() async throws {
        let bench = try StreamBench { $0.retention = .seconds(60) }
        try bench.put("a")
        bench.clock.advance(by: .seconds(30))
        let (left, right) = try bench.stream.split(shard(0))
        bench.clock.advance(by: .seconds(30))
        #expect(try await bench.page(0).records.isEmpty)
        bench.clock.advance(by: .seconds(30))
        #expect(await code { _ = try await bench.page(0) } == .shardNotFound)
        #expect(try await bench.stream.shards() == [Shard(id: left), Shard(id: right)])
        // Its place is another's now, and its name nobody's.
        let child = try bench.stream.merge(left, right)
        try bench.put("b")
        #expect(child == shard(3))
        #expect(try await bench.texts(3) == ["b"])
        #expect(await code { _ = try await bench.page(0) } == .shardNotFound)
    }

    @Test("What cannot be split or merged is refused, and nothing has changed")
    func refusals() async throws {
        let bench = try StreamBench(shards: 3)
        let stream = bench.stream
        #expect(await code { try stream.split(shard(9)) } == .shardNotFound)
        #expect(await code { try stream.split(shard(0), at: 0) } == .invalidArgument)
        #expect(await code { try stream.split(shard(0), at: .max) } == .invalidArgument)
        #expect(await code { try stream.merge(shard(0), shard(9)) } == .shardNotFound)
        #expect(await code { try stream.merge(shard(0), shard(0)) } == .invalidArgument)
        #expect(await code { try stream.merge(shard(0), shard(2)) } == .invalidArgument)
        #expect(await code { try stream.merge(shard(2), shard(0)) } == .invalidArgument)
        #expect(try await stream.shards().count == 3)
        try stream.merge(shard(0), shard(1))
        #expect(await code { try stream.split(shard(0)) } == .invalidArgument)
        #expect(await code { try stream.merge(shard(2), shard(1)) } == .invalidArgument)
    }

    @Test("A shard of one hash key is not split, and no more shards are made than there may be")
    func limits() async throws {
        let bench = try StreamBench { $0.shardLimit = 4 }
        let (left, right) = try bench.stream.split(shard(0), at: 1)
        #expect(await code { try bench.stream.split(left) } == .invalidArgument)
        #expect(await code { try bench.stream.split(right) } == .full)
        try bench.stream.merge(left, right)
        #expect(await code { try bench.stream.split(shard(3)) } == .full)
        bench.clock.advance(by: .seconds(86_400))
        try bench.stream.split(shard(3))
    }
}

// This source file is part of the FunctionHost project.
// SPDX-License-Identifier: Apache-2.0

import FunctionHost
import FunctionHostTriggers
import Testing

/// A stream on the bench, under a clock that is moved by hand: short words for what tests do again and again.
struct StreamBench {
    let clock = HandMovedClock()
    let stream: InMemoryStream

    init(
        shards: Int = 1, _ change: (inout InMemoryStream.Configuration) -> Void = { _ in }
    ) throws(SourceError) {
        var configuration = InMemoryStream.Configuration()
        change(&configuration)
        stream = try InMemoryStream(
            "clicks", shardCount: shards, configuration: configuration, system: clock.system())
    }

    static func shard(_ number: Int) -> ShardID {
        ShardID("shardId-" + String(repeating: "0", count: 12 - String(number).count) + String(number))
    }

    /// Puts a record whose data is a text; its key goes by the shard with the hash keys from `hashKey` on.
    @discardableResult
    func put(_ text: String, key: String = "k", hashKey: UInt128? = nil) throws(SourceError) -> RecordPlace {
        try stream.put(partitionKey: key, explicitHashKey: hashKey, data: Array(text.utf8))
    }

    func page(
        _ shard: Int = 0, from position: StreamPosition = .oldest, limit: Int = 100
    ) async throws -> StreamPage {
        try await stream.read(Self.shard(shard), from: position, limit: limit)
    }

    /// The texts there are in a shard from a position on.
    func texts(_ shard: Int = 0, from position: StreamPosition = .oldest, limit: Int = 100) async throws -> [String] {
        try await page(shard, from: position, limit: limit).texts
    }
}

extension StreamPage {
    var texts: [String] { records.map { String(decoding: $0.data, as: UTF8.self) } }
}

/// The code of the error that `body` throws.
func code(_ body: () async throws -> Void) async -> SourceError.Code? {
    do {
        try await body()
        return nil
    } catch let error as SourceError {
        return error.code
    } catch {
        Issue.record(error)
        return nil
    }
}

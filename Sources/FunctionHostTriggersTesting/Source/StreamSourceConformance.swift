// This source file is part of the FunctionHost project.
// SPDX-License-Identifier: Apache-2.0

import FunctionHost
public import FunctionHostTriggers

/// What every ``/FunctionHostTriggers/StreamSource`` must do: each sentence of it as a check of its own.
///
/// ```swift
/// @Test(arguments: StreamSourceConformance.checks)
/// func conforms(_ check: SourceCheck<StreamSubject>) async throws {
///     try await check.run { StreamSubject(source: stream, put: { key, data in … }) }
/// }
/// ```
///
/// A waiter that is never woken waits for ever: run the checks in a simulation, which reports that, or with a time limit.
public enum StreamSourceConformance {
    /// The checks; each wants a stream that is empty.
    public static let checks: [SourceCheck<StreamSubject>] = reading + positions + changes + shards

    /// Makes every check, each on a new stream.
    ///
    /// - Throws: ``SourceCheckFailure`` of the first rule that is broken.
    public static func check(_ makeSubject: () async throws -> StreamSubject) async throws {
        for check in checks { try await check.run(on: makeSubject) }
    }
}

/// A stream under test, and what a reader of it cannot do.
public struct StreamSubject: Sendable {
    let source: any StreamSource
    let put: @Sendable (_ partitionKey: String, _ data: [UInt8]) async throws -> Void
    let split: (@Sendable (ShardID) async throws -> Void)?

    /// Says how records come.
    ///
    /// - Parameters:
    ///   - source: The stream, empty.
    ///   - put: Puts a record; it can be read when this returns.
    ///   - split: Closes a shard and opens others in its place; without it nothing is checked of that.
    public init(
        source: any StreamSource,
        put: @escaping @Sendable (_ partitionKey: String, _ data: [UInt8]) async throws -> Void,
        split: (@Sendable (ShardID) async throws -> Void)? = nil
    ) {
        self.source = source
        self.put = put
        self.split = split
    }

    /// Puts records of one key, whose data are these numbers.
    func put(_ numbers: some Sequence<UInt8>, key: String = "key") async throws {
        for number in numbers { try await put(key, [number]) }
    }

    /// The shard in which there are records, of one key.
    func shard() async throws -> ShardID {
        for shard in try await source.shards() {
            if try await !source.read(shard.id, from: .oldest, limit: 1).records.isEmpty { return shard.id }
        }
        throw SourceFault(reason: "a record that was put is in no shard")
    }

    /// All records from a position on, a page after the other.
    func readAll(_ shard: ShardID, from position: StreamPosition = .oldest, limit: Int = 100) async throws
        -> [StreamRecord]
    {
        var (records, next): ([StreamRecord], StreamPosition?) = ([], position)
        while let position = next {
            let page = try await source.read(shard, from: position, limit: limit)
            try expect(page.records.count <= limit, "\(page.records.count) records with a limit of \(limit)")
            records += page.records
            try expect(records.count <= 10_000, "a shard of a few records has no end of them")
            next = page.next
            if page.records.isEmpty { break }
        }
        return records
    }

    func numbers(_ shard: ShardID, from position: StreamPosition = .oldest, limit: Int = 100) async throws -> [UInt8] {
        try await readAll(shard, from: position, limit: limit).flatMap(\.data)
    }
}

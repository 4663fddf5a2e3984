// This source file is part of the FunctionHost project.
// SPDX-License-Identifier: Apache-2.0

import FunctionHost
import FunctionHostTriggers

/// A stream that does one thing wrong.
struct BuggyStream: StreamSource {
    enum Bug: CaseIterable {
        case repeatsTheLast, skipsTheFirst, tooMany, latestIsTheNext, noEnd, saysNothingOfUnknownShards, noChanges
        case wrongNumber, childrenFirst, noJSON
    }

    let stream: InMemoryStream
    let bug: Bug

    var arn: String { stream.arn }
    var pollInterval: Duration? { nil }

    func shards() async throws -> [Shard] {
        let shards = try await stream.shards()
        return bug == .childrenFirst ? shards.reversed() : shards
    }

    func read(_ shard: ShardID, from position: StreamPosition, limit: Int) async throws -> StreamPage {
        if bug == .saysNothingOfUnknownShards, shard.description == "no such shard" {
            return StreamPage(records: [], next: nil)
        }
        var page = try await stream.read(shard, from: position, limit: bug == .tooMany ? limit + 1 : limit)
        switch bug {
        case .repeatsTheLast:
            if let last = page.records.last { page.next = .from(last.sequenceNumber) }
        case .skipsTheFirst: if page.records.count > 1 { page.records.removeFirst() }
        case .latestIsTheNext: if position == .latest { page.next = .latest }
        case .noEnd: page.next = page.next ?? .oldest
        case .wrongNumber:
            page.records = page.records.map {
                StreamRecord(
                    sequenceNumber: SequenceNumber(low: 7), partitionKey: $0.partitionKey, arrivedAt: $0.arrivedAt,
                    data: $0.data)
            }
        default: break
        }
        return page
    }

    func subscribe(to shard: ShardID?, _ changed: @escaping @Sendable () -> Void) -> SourceSubscription {
        bug == .noChanges ? SourceSubscription {} : stream.subscribe(to: shard, changed)
    }

    func event(of records: [StreamRecord], shard: ShardID) -> [UInt8] {
        bug == .noJSON ? [] : stream.event(of: records, shard: shard)
    }
}

/// A queue that does one thing wrong.
struct BuggyQueue: QueueSource {
    enum Bug: CaseIterable {
        case doesNotHide, tooMany, deletesNothing, saysAlwaysTrue, ignoresVisibility, noChanges, noJSON, countsNothing
    }

    let queue: InMemoryQueue
    let bug: Bug

    var arn: String { queue.arn }
    var isFIFO: Bool { queue.isFIFO }
    var visibilityTimeout: Duration { queue.visibilityTimeout }
    var pollInterval: Duration? { nil }

    func receive(_ limit: Int, visibility: Duration) async throws -> [QueueMessage] {
        let messages = try await queue.receive(
            bug == .tooMany ? limit + 1 : limit, visibility: bug == .doesNotHide ? .zero : visibility)
        guard bug == .countsNothing else { return messages }
        return messages.map {
            QueueMessage(
                id: $0.id, receipt: $0.receipt, body: $0.body, receiveCount: 0, sentAt: $0.sentAt,
                firstReceivedAt: $0.firstReceivedAt)
        }
    }

    func delete(_ receipts: [Receipt]) async throws -> [Bool] {
        if bug == .deletesNothing { return receipts.map { _ in true } }
        let answers = try await queue.delete(receipts)
        return bug == .saysAlwaysTrue ? answers.map { _ in true } : answers
    }

    func changeVisibility(of receipts: [Receipt], to duration: Duration) async throws -> [Bool] {
        if bug == .ignoresVisibility { return receipts.map { _ in true } }
        return try await queue.changeVisibility(of: receipts, to: duration)
    }

    func subscribe(_ changed: @escaping @Sendable () -> Void) -> SourceSubscription {
        bug == .noChanges ? SourceSubscription {} : queue.subscribe(changed)
    }

    func event(of messages: [QueueMessage]) -> [UInt8] { bug == .noJSON ? [] : queue.event(of: messages) }
}

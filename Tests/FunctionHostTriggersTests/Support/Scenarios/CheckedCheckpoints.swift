// This source file is part of the FunctionHost project.
// SPDX-License-Identifier: Apache-2.0

import FunctionHost
import FunctionHostTesting
import FunctionHostTriggers

/// Checkpoints that are held against what has ended.
struct CheckedCheckpoints: CheckpointStore {
    let inner: any CheckpointStore
    let account: MappingAccount
    /// The numbers of records with lower sequence numbers in the shard, or all of them.
    let before: @Sendable (ShardID, SequenceNumber?) -> [Int]

    func checkpoints(of mapping: String) async throws -> [ShardID: ShardCheckpoint] {
        try await inner.checkpoints(of: mapping)
    }

    func save(_ checkpoint: ShardCheckpoint, of mapping: String, shard: ShardID) async throws {
        let passed: [Int] =
            switch checkpoint {
            case .finished: before(shard, nil)
            case .position(.from(let number)), .inWindow(_, .from(let number)): before(shard, number)
            case .position(.after(let number)), .inWindow(_, .after(let number)): before(shard, number.next)
            case .position, .inWindow: []
            }
        account.mayPass(passed)
        try await inner.save(checkpoint, of: mapping, shard: shard)
        account.pass(passed)
    }

    func forget(_ mapping: String) async throws { try await inner.forget(mapping) }
}

/// Tells what is given up, some of it only after it could not be told at first.
struct Graveyard: Destination {
    let name = "graveyard"
    let fails: @Sendable () -> Bool
    let told: @Sendable (_ first: SequenceNumber, _ last: SequenceNumber) -> Void

    func deliver(_ delivery: Delivery) async throws {
        if fails() { throw HandlerFailure() }
        let text = String(decoding: delivery.record, as: UTF8.self)
        func number(_ key: String) throws -> SequenceNumber {
            guard let start = text.ranges(of: "\"\(key)\":\"").first?.upperBound,
                let number = SequenceNumber(text[start...].prefix { $0 != "\"" })
            else { throw HandlerFailure() }
            return number
        }
        told(try number("startSequenceNumber"), try number("endSequenceNumber"))
    }
}

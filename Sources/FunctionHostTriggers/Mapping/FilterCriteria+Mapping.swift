// This source file is part of the FunctionHost project.
// SPDX-License-Identifier: Apache-2.0

extension FilterCriteria {
    /// Tells which records of a stream pass, by what the service would write of each.
    ///
    /// A record of which it cannot be told, as it would take too long, passes: nothing is lost for being odd.
    public func filter(of source: some StreamSource) -> @Sendable (StreamRecord) -> Bool {
        { record in passesOrOdd(source.event(of: [record], shard: ShardID(""))) }
    }

    /// Tells which messages of a queue pass, by what the service would write of each.
    ///
    /// A message of which it cannot be told, as it would take too long, passes: nothing is lost for being odd.
    public func filter(of source: some QueueSource) -> @Sendable (QueueMessage) -> Bool {
        { message in passesOrOdd(source.event(of: [message])) }
    }

    /// Whether the only record of an event passes.
    private func passesOrOdd(_ event: [UInt8]) -> Bool {
        let (start, end) = (Array(#"{"Records":["#.utf8), Array("]}".utf8))
        let isWrapped = event.starts(with: start) && event.reversed().starts(with: end.reversed())
        let record = isWrapped ? Array(event[start.count..<(event.count - end.count)]) : event
        do { return try passes(record) } catch { return true }
    }
}

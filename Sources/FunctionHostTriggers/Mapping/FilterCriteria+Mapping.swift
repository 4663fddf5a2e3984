// This source file is part of the FunctionHost project.
// SPDX-License-Identifier: Apache-2.0

extension FilterCriteria {
    /// Tells which records of a stream pass, by what the service would write of each.
    ///
    /// A record of which it cannot be told, as it would take too long, passes: nothing is lost for being odd.
    ///
    /// - Throws: ``FilterCriteriaError`` as `otherSource` if the criteria are for another kind: they would pass over everything.
    public func filter(
        of source: some StreamSource
    ) throws(FilterCriteriaError) -> @Sendable (StreamRecord) -> Bool {
        let kind: Source = source.service == .dynamoDB ? .dynamoDB : .kinesis
        guard self.source == kind else { throw otherSource(source.arn) }
        return { record in passesOrOdd(source.event(of: [record], shard: ShardID(""))) }
    }

    /// Tells which messages of a queue pass, by what the service would write of each.
    ///
    /// A message of which it cannot be told, as it would take too long, passes: nothing is lost for being odd.
    ///
    /// - Throws: ``FilterCriteriaError`` as `otherSource` if the criteria are for another kind: they would pass over everything.
    public func filter(of source: some QueueSource) throws(FilterCriteriaError) -> @Sendable (QueueMessage) -> Bool {
        guard self.source == .sqs else { throw otherSource(source.arn) }
        return { message in passesOrOdd(source.event(of: [message])) }
    }

    private func otherSource(_ arn: String) -> FilterCriteriaError {
        FilterCriteriaError(
            .otherSource, reason: "the criteria are for another kind of source than \(arn); make them with its own")
    }

    /// Whether the only record of an event passes.
    private func passesOrOdd(_ event: [UInt8]) -> Bool {
        let (start, end) = (Array(#"{"Records":["#.utf8), Array("]}".utf8))
        let isWrapped = event.starts(with: start) && event.reversed().starts(with: end.reversed())
        let record = isWrapped ? Array(event[start.count..<(event.count - end.count)]) : event
        do { return try passes(record) } catch { return true }
    }
}

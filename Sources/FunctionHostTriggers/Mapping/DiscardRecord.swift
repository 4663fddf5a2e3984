// This source file is part of the FunctionHost project.
// SPDX-License-Identifier: Apache-2.0

import FunctionHost

extension DiscardedBatch {
    /// What the on-failure destination is told, as Lambda tells it of a batch from a stream.
    ///
    /// Source: AWS Lambda Developer Guide, *Retain discarded batches*; keys and their order as recorded from the service.
    func json(
        id: InvocationID, functionName: String, shard: ShardID, source: some StreamSource, at time: Timestamp
    ) -> [UInt8] {
        let service = source.service
        let arn = FunctionARN(functionName: functionName)
        var text = #"{"requestContext":{"requestId":"\#(id)","functionArn":\#(JSONText.quoted("\(arn)")),"#
        text += #""condition":"\#(condition.rawValue)","approximateInvokeCount":\#(invokeCount)}"#
        if hasRun {
            let error = isByAnswer ? "null" : "\"Unhandled\""
            text += #","responseContext":{"statusCode":200,"executedVersion":"$LATEST","functionError":\#(error)}"#
        }
        text += #","version":"1.0","timestamp":"\#(time.iso8601)","\#(service.batchInfoName)":{"#
        text += #""shardId":\#(JSONText.quoted(shard.description)),"#
        if let first = records.first, let last = records.last {
            text += #""startSequenceNumber":"\#(first.sequenceNumber)","endSequenceNumber":"\#(last.sequenceNumber)","#
            text += #""approximateArrivalOfFirstRecord":"\#(service.text(of: first.arrivedAt))","#
            text += #""approximateArrivalOfLastRecord":"\#(service.text(of: last.arrivedAt))","#
        }
        text += #""batchSize":\#(records.count),"streamArn":\#(JSONText.quoted(source.arn))}"#
        // What was made of a window that nobody is told the end of is not lost.
        return Array(text.utf8) + (window.map { $0.isFinal ? $0.members : [] } ?? []) + [UInt8(ascii: "}")]
    }
}

extension StreamService {
    /// A time as the service tells it: to the millisecond, or to the second before.
    fileprivate func text(of time: Timestamp) -> String {
        isInSeconds ? "\(time.iso8601.dropLast(5))Z" : time.iso8601
    }
}

// This source file is part of the FunctionHost project.
// SPDX-License-Identifier: Apache-2.0

import FunctionHost

extension DiscardedBatch {
    /// What the on-failure destination is told, as Lambda tells it of a batch from Kinesis.
    ///
    /// Source: AWS Lambda Developer Guide, *Retain discarded batches*; keys and their order as recorded from the service.
    func json(id: InvocationID, functionName: String, shard: ShardID, streamARN: String, at time: Timestamp) -> [UInt8]
    {
        let arn = FunctionARN(functionName: functionName)
        var text = #"{"requestContext":{"requestId":"\#(id)","functionArn":\#(JSONText.quoted("\(arn)")),"#
        text += #""condition":"\#(condition.rawValue)","approximateInvokeCount":\#(invokeCount)}"#
        if hasRun {
            let error = isByAnswer ? "null" : "\"Unhandled\""
            text += #","responseContext":{"statusCode":200,"executedVersion":"$LATEST","functionError":\#(error)}"#
        }
        text += #","version":"1.0","timestamp":"\#(time.iso8601)","KinesisBatchInfo":{"#
        text += #""shardId":\#(JSONText.quoted(shard.description)),"#
        if let first = records.first, let last = records.last {
            text += #""startSequenceNumber":"\#(first.sequenceNumber)","endSequenceNumber":"\#(last.sequenceNumber)","#
            text += #""approximateArrivalOfFirstRecord":"\#(first.arrivedAt.iso8601)","#
            text += #""approximateArrivalOfLastRecord":"\#(last.arrivedAt.iso8601)","#
        }
        text += #""batchSize":\#(records.count),"streamArn":\#(JSONText.quoted(streamARN))}"#
        // What was made of a window that nobody is told the end of is not lost.
        return Array(text.utf8) + (window.map { $0.isFinal ? $0.members : [] } ?? []) + [UInt8(ascii: "}")]
    }
}

// This source file is part of the FunctionHost project.
// SPDX-License-Identifier: Apache-2.0

import FunctionHost

/// Writes events as Kinesis and Lambda do, in one pass into memory that is reckoned before.
package struct KinesisEventWriter: Sendable {
    /// What stands between `eventID` and the end of a record, the same in all of a stream.
    private let tail: [UInt8]

    package init(streamARN: String, _ configuration: InMemoryStream.Configuration) {
        let region = configuration.region
        let identityARN = configuration.invokeIdentityARN ?? "arn:aws:iam::\(configuration.account):role/local"
        tail = Array(
            (#"","eventName":"aws:kinesis:record","invokeIdentityArn":"# + JSONText.quoted(identityARN)
                + #","awsRegion":"# + JSONText.quoted(region) + #","eventSourceARN":"# + JSONText.quoted(streamARN)
                + "}").utf8)
    }

    package func event(of records: [StreamRecord], shard: ShardID) -> [UInt8] {
        // What stands before a record's own number in its `eventID`.
        let shard = Array(JSONText.quoted(shard.description).utf8.dropLast()) + [UInt8(ascii: ":")]
        var capacity = 16
        for record in records {
            capacity += ByteCursor.jsonSize(of: record.partitionKey) + Base64.size(of: record.data.count)
        }
        let own = 200 + SequenceDigits.maximum * 2 + 25 + shard.count + tail.count
        return ByteCursor.write(atMost: capacity + own * records.count) { cursor in
            var digits = SequenceDigits()
            cursor.put(#"{"Records":["#)
            for index in records.indices {
                if index > 0 { cursor.put(UInt8(ascii: ",")) }
                write(records[index], shard, &digits, to: &cursor)
            }
            cursor.put("]}")
        }
    }

    @inline(__always)
    private func write(
        _ record: borrowing StreamRecord, _ shard: [UInt8], _ digits: inout SequenceDigits, to cursor: inout ByteCursor
    ) {
        cursor.put(#"{"kinesis":{"kinesisSchemaVersion":"1.0","partitionKey":""#)
        cursor.putJSON(record.partitionKey)
        cursor.put(#"","sequenceNumber":""#)
        let number = digits.write(record.sequenceNumber, to: &cursor)
        cursor.put(#"","data":""#)
        cursor.putBase64(record.data)
        cursor.put(#"","approximateArrivalTimestamp":"#)
        cursor.putSeconds(record.arrivedAt)
        cursor.put(#"},"eventSource":"aws:kinesis","eventVersion":"1.0","eventID":"#)
        cursor.put(shard)
        cursor.put(number)
        cursor.put(tail)
    }
}

extension ByteCursor {
    /// Writes a time in seconds since 1970 with three digits behind the point; no more than 25 bytes.
    @inline(__always)
    mutating func putSeconds(_ time: Timestamp) {
        let milliseconds = time.nanoseconds / 1_000_000
        if milliseconds < 0 { put(UInt8(ascii: "-")) }
        let (seconds, rest) = milliseconds.magnitude.quotientAndRemainder(dividingBy: 1_000)
        putDecimal(seconds)
        put(UInt8(ascii: "."))
        putDigits(rest, count: 3)
    }
}

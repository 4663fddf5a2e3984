// This source file is part of the FunctionHost project.
// SPDX-License-Identifier: Apache-2.0

import FunctionHost

/// Writes events as DynamoDB and Lambda do: around what records hold, what their stream gives them.
package struct DynamoDBEventWriter: Sendable {
    /// What stands between a record's id and what it holds, the same in all of a stream.
    private let head: [UInt8]
    private let streamARN: [UInt8]

    package init(streamARN: String, region: String) {
        self.streamARN = Array(streamARN.utf8)
        head = Array(
            (#"","eventVersion":"1.1","eventSource":"aws:dynamodb","awsRegion":"# + JSONText.quoted(region)
                + #","eventSourceARN":"# + JSONText.quoted(streamARN) + ",").utf8)
    }

    package func event(of records: [StreamRecord]) -> [UInt8] {
        let own = 13 + 32 + head.count + 33 + 20 + 20 + SequenceDigits.maximum + 4
        let capacity = records.reduce(16) { $0 + own + max($1.data.count, Self.nothing.count) }
        return ByteCursor.write(atMost: capacity) { cursor in
            var digits = SequenceDigits()
            cursor.put(#"{"Records":["#)
            for index in records.indices {
                if index > 0 { cursor.put(UInt8(ascii: ",")) }
                write(records[index], &digits, to: &cursor)
            }
            cursor.put("]}")
        }
    }

    private func write(_ record: borrowing StreamRecord, _ digits: inout SequenceDigits, to cursor: inout ByteCursor) {
        cursor.put(#"{"eventID":""#)
        // An id that no other record has, and the same each time.
        let id = MD5.hash(streamARN + Array(record.sequenceNumber.description.utf8))
        cursor.putHex(UInt64(truncatingIfNeeded: id >> 64))
        cursor.putHex(UInt64(truncatingIfNeeded: id))
        cursor.put(head)
        // Without the first brace and the last two, between which the rest belongs.
        let data = Self.isChange(record.data) ? record.data : Self.nothing
        data.withUnsafeBufferPointer { cursor.put(UnsafeBufferPointer(rebasing: $0[1..<$0.count - 2])) }
        cursor.put(#","ApproximateCreationDateTime":"#)
        cursor.putDecimal(UInt64(max(0, record.arrivedAt.nanoseconds) / 1_000_000_000))
        cursor.put(#","SequenceNumber":""#)
        _ = digits.write(record.sequenceNumber, to: &cursor)
        cursor.put("\"}}")
    }

    /// What stands for a record that is not of a table, which a caller has made: the event is JSON nevertheless.
    private static let nothing = Array(#"{"dynamodb":{"SizeBytes":0}}"#.utf8)

    private static func isChange(_ data: [UInt8]) -> Bool {
        data.starts(with: #"{"eventName":"#.utf8) && data.suffix(3).elementsEqual("\"}}".utf8)
    }
}

extension ByteCursor {
    /// Writes a number in 16 hexadecimal digits.
    fileprivate mutating func putHex(_ number: UInt64) {
        for shift in stride(from: UInt64(60), through: 0, by: -4) {
            let digit = UInt8(truncatingIfNeeded: number >> shift & 15)
            put(digit < 10 ? 0x30 + digit : 0x57 + digit)
        }
    }
}

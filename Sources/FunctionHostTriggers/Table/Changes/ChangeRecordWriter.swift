// This source file is part of the FunctionHost project.
// SPDX-License-Identifier: Apache-2.0

/// Writes what a record of a table's changes holds: all that DynamoDB's event tells of it but what the stream gives it, which
/// ``DynamoDBEventWriter`` adds.
package struct ChangeRecordWriter: Sendable {
    let view: TableChangeView

    package init(view: TableChangeView) { self.view = view }

    private static let expiry: StaticString =
        #","userIdentity":{"type":"Service","principalId":"dynamodb.amazonaws.com"}"#

    /// - Parameters:
    ///   - change: What happened, with both images where there are both.
    ///   - keys: The item's key in DynamoDB's JSON.
    ///   - size: The bytes of the change as DynamoDB counts them, ``size(keys:new:old:)``.
    func data(of change: TableChange, keys: [UInt8], size: Int) -> [UInt8] {
        let new = view.hasNew ? change.newImage : nil
        let old = view.hasOld ? change.oldImage : nil
        let capacity = 250 + keys.count + (new?.jsonSize ?? 0) + (old?.jsonSize ?? 0)
        return ByteCursor.write(atMost: capacity) { cursor in
            cursor.put(#"{"eventName":""#)
            cursor.putJSON(change.kind.rawValue)
            cursor.put("\"")
            if change.isExpiry { cursor.put(Self.expiry) }
            cursor.put(#","dynamodb":{"Keys":"#)
            cursor.put(keys)
            if let new {
                cursor.put(#","NewImage":"#)
                cursor.putItem(new)
            }
            if let old {
                cursor.put(#","OldImage":"#)
                cursor.putItem(old)
            }
            cursor.put(#","SizeBytes":"#)
            cursor.putDecimal(UInt64(size))
            cursor.put(#","StreamViewType":""#)
            cursor.putJSON(view.rawValue)
            cursor.put("\"}}")
        }
    }

    /// What a change of so large items counts for.
    func size(keys: Int, new: Int?, old: Int?) -> Int {
        keys + (view.hasNew ? new ?? 0 : 0) + (view.hasOld ? old ?? 0 : 0)
    }
}

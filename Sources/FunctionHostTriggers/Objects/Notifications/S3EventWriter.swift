// This source file is part of the FunctionHost project.
// SPDX-License-Identifier: Apache-2.0

import FunctionHost

/// Writes events as S3 does.
///
/// Source: Amazon S3 User Guide, *Event message structure*.
struct S3EventWriter: Sendable {
    /// What an event tells beside its key.
    struct Details: Sendable {
        var time: Timestamp
        var requestID: InvocationID
        var notification: String
        /// Nil of what was removed.
        var size: Int64?
        var eTag: String?
        var sequencer: UInt64
    }

    private let bucket: String

    init(bucket: String) { self.bucket = bucket }

    func event(_ change: ObjectChange, of path: ObjectPath, _ details: Details) -> [UInt8] {
        var text =
            #"{"Records":[{"eventVersion":"2.1","eventSource":"aws:s3","awsRegion":"\#(FunctionARN.defaultRegion)","#
        text += #""eventTime":"\#(details.time.iso8601)","eventName":"\#(change.rawValue)","#
        text += #""userIdentity":{"principalId":"local"},"requestParameters":{"sourceIPAddress":"127.0.0.1"},"#
        text += #""responseElements":{"x-amz-request-id":"\#(details.requestID)","x-amz-id-2":"local"},"#
        text += #""s3":{"s3SchemaVersion":"1.0","configurationId":\#(JSONText.quoted(details.notification)),"#
        text +=
            #""bucket":{"name":"\#(bucket)","ownerIdentity":{"principalId":"local"},"arn":"arn:aws:s3:::\#(bucket)"},"#
        text += #""object":{"key":"\#(FormText.encoded(path.text))","#
        if let size = details.size { text += #""size":\#(size),"# }
        if let eTag = details.eTag { text += #""eTag":"\#(eTag)","# }
        text += #""sequencer":"\#(details.sequencer.hexDigits.uppercased())"}}}]}"#
        return Array(text.utf8)
    }
}

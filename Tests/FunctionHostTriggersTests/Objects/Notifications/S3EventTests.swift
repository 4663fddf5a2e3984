// This source file is part of the FunctionHost project.
// SPDX-License-Identifier: Apache-2.0

import FunctionHost
import FunctionHostTesting
import Testing

@testable import FunctionHostTriggers

/// Events as S3 writes them.
@Suite struct S3EventTests {
    private func text(_ change: ObjectChange, _ key: String, size: Int64?, eTag: String?) throws -> String {
        let details = S3EventWriter.Details(
            time: instant("2025-05-10T06:15:30.123Z"), requestID: InvocationID(number: 1, seed: 2),
            notification: "thumbs",
            size: size, eTag: eTag, sequencer: 0x0068_AF3B_2C4D_5E6F)
        return String(
            decoding: S3EventWriter(bucket: "photos").event(change, of: try ObjectPath(key: key), details),
            as: UTF8.self)
    }

    @Test("A put is told with key, size and MD5 in S3's shape")
    func put() throws {
        let eTag = "5d41402abc4b2a76b9719d911017c592"
        let text = try text(.created, "in/red flower!.jpg", size: 2_048, eTag: eTag)
        let id = InvocationID(number: 1, seed: 2)
        #expect(
            text == #"{"Records":[{"eventVersion":"2.1","eventSource":"aws:s3","awsRegion":"local","#
                + #""eventTime":"2025-05-10T06:15:30.123Z","eventName":"ObjectCreated:Put","userIdentity":{"principalId":"local"},"#
                + #""requestParameters":{"sourceIPAddress":"127.0.0.1"},"#
                + #""responseElements":{"x-amz-request-id":"\#(id)","x-amz-id-2":"local"},"#
                + #""s3":{"s3SchemaVersion":"1.0","configurationId":"thumbs","bucket":{"name":"photos","#
                + #""ownerIdentity":{"principalId":"local"},"arn":"arn:aws:s3:::photos"},"#
                + #""object":{"key":"in/red+flower%21.jpg","size":2048,"eTag":"\#(eTag)","sequencer":"0068AF3B2C4D5E6F"}}}]}"#
        )
    }

    @Test("A removal has neither size nor MD5")
    func removal() throws {
        let text = try text(.removed, "a", size: nil, eTag: nil)
        #expect(text.contains(#""eventName":"ObjectRemoved:Delete""#))
        #expect(text.hasSuffix(#""object":{"key":"a","sequencer":"0068AF3B2C4D5E6F"}}}]}"#))
    }

    @Test(
        "A function that takes the event sees the key as it is",
        arguments: ["a b", "a+b", "100%", "ü/ö", "a\"b\\c", "日本"])
    func decoded(key: String) throws {
        let text = try text(.created, key, size: 1, eTag: nil)
        let event = try JSONPayloadCoder().decode(ObjectEvent.self, from: Array(text.utf8))
        let record = try #require(event.records.first)
        #expect(record.key.utf8.elementsEqual(key.utf8))
        #expect((record.bucket, record.size, record.eTag, record.isRemoval) == ("photos", 1, nil, false))
    }

    @Test("Every text comes back from a form as it was, and what is no form is told", arguments: 0..<50)
    func forms(seed: UInt64) {
        var random = SplitMix64(seed: seed)
        let text = String(
            String.UnicodeScalarView((0..<random.below(30)).map { _ in Unicode.Scalar(UInt8(random.below(256))) }))
        let written = FormText.encoded(text)
        #expect(FormText.decoded(written)?.utf8.elementsEqual(text.utf8) == true)
        #expect(written.utf8.allSatisfy { $0 > 0x20 && $0 < 0x7F && $0 != UInt8(ascii: "\"") })
        for broken in ["%", "%4", "%zz", "%ff", "a%"] { #expect(FormText.decoded(broken) == nil) }
    }
}

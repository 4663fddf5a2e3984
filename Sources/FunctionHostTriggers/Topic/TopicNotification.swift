// This source file is part of the FunctionHost project.
// SPDX-License-Identifier: Apache-2.0

import FunctionHost

/// A message as a topic's subscribers get it.
///
/// - Source: Amazon SNS Developer Guide, *HTTP/HTTPS notification JSON format*; AWS Lambda Developer Guide, *Using AWS Lambda with Amazon
///   SNS*. Nothing is signed: a signature and the addresses are `-`.
struct TopicNotification: Sendable {
    let message: TopicMessage
    let id: String
    let topicARN: String
    let time: Timestamp
    /// Its place in the order of a FIFO topic.
    let sequenceNumber: String?

    /// The event that a function gets, with this one record.
    func event(subscriptionARN: String) -> [UInt8] {
        var text = #"{"Records":[{"EventSource":"aws:sns","EventVersion":"1.0","EventSubscriptionArn":"#
        text += JSONText.quoted(subscriptionARN)
        text +=
            #","Sns":{"Type":"Notification","MessageId":"\#(id)","TopicArn":\#(JSONText.quoted(topicARN)),"Subject":"#
        text += message.subject.map(JSONText.quoted) ?? "null"
        text += #","Message":\#(JSONText.quoted(message.body)),"Timestamp":"\#(time.iso8601)","SignatureVersion":"1","#
        text += #""Signature":"-","SigningCertUrl":"-","UnsubscribeUrl":"-","MessageAttributes":\#(attributes)}}]}"#
        return Array(text.utf8)
    }

    /// The body of a queue's message.
    var json: [UInt8] {
        var text = #"{"Type":"Notification","MessageId":"\#(id)""#
        if let sequenceNumber { text += #","SequenceNumber":"\#(sequenceNumber)""# }
        text += #","TopicArn":\#(JSONText.quoted(topicARN))"#
        if let subject = message.subject { text += #","Subject":\#(JSONText.quoted(subject))"# }
        text += #","Message":\#(JSONText.quoted(message.body)),"Timestamp":"\#(time.iso8601)","SignatureVersion":"1","#
        text += #""Signature":"-","SigningCertURL":"-","UnsubscribeURL":"-""#
        if !message.attributes.isEmpty { text += #","MessageAttributes":\#(attributes)"# }
        return Array((text + "}").utf8)
    }

    private var attributes: String {
        let members = message.attributes.sorted { $0.key < $1.key }.map { name, attribute in
            #"\#(JSONText.quoted(name)):{"Type":"\#(attribute.type)","Value":\#(JSONText.quoted(attribute.text))}"#
        }
        return "{\(members.joined(separator: ","))}"
    }

    /// What a subscriber is sent.
    func content(for subscriber: TopicSubscriber) -> DeliveryContent {
        var content = DeliveryContent(id: id, body: [])
        if subscriber.isFunction {
            content.body = event(subscriptionARN: subscriber.subscription.arn)
        } else if subscriber.options.isRaw {
            content.body = Array(message.body.utf8)
            content.attributes = message.attributes.mapValues(\.raw)
        } else {
            content.body = json
        }
        content.groupID = message.groupID
        content.deduplicationID = message.deduplicationID
        return content
    }
}

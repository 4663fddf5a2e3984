// This source file is part of the FunctionHost project.
// SPDX-License-Identifier: Apache-2.0

/// A message to publish.
///
/// - Source: Amazon SNS API Reference, *Publish*.
public struct TopicMessage: Sendable, Hashable {
    /// What it says; not empty.
    public var body: String
    /// A line about it, of 1 to 100 characters; nil for none.
    public var subject: String?
    /// What is sent along, and what filter policies look at.
    public var attributes: [String: TopicAttribute]
    /// Messages of one group come in order; FIFO topics only, where it is required.
    public var groupID: String?
    /// What queues tell a second one by, for five minutes; FIFO topics only.
    public var deduplicationID: String?

    /// Describes a message.
    public init(
        _ body: String, subject: String? = nil, attributes: [String: TopicAttribute] = [:], groupID: String? = nil,
        deduplicationID: String? = nil
    ) {
        self.body = body
        self.subject = subject
        self.attributes = attributes
        self.groupID = groupID
        self.deduplicationID = deduplicationID
    }

    /// In bytes, as the limit counts it: body, subject, and of attributes names, types and values.
    public var size: Int {
        attributes.reduce(body.utf8.count + (subject?.utf8.count ?? 0)) { sum, attribute in
            sum + attribute.key.utf8.count + attribute.value.type.utf8.count + attribute.value.size
        }
    }
}

/// Something that is sent along with a message of a topic.
public enum TopicAttribute: Sendable, Hashable {
    /// Text.
    case string(String)
    /// A number, as it is written.
    case number(String)
    /// A JSON list of strings, numbers, true, false and null.
    case stringArray(String)
    /// Bytes.
    case binary([UInt8])

    var type: String {
        switch self {
        case .string: "String"
        case .number: "Number"
        case .stringArray: "String.Array"
        case .binary: "Binary"
        }
    }

    fileprivate var size: Int {
        switch self {
        case .string(let text), .number(let text), .stringArray(let text): text.utf8.count
        case .binary(let bytes): bytes.count
        }
    }

    /// As filter policies see it.
    var seen: FilterPolicy.Attribute {
        switch self {
        case .string(let text): .string(text)
        case .number(let text): .number(text)
        case .stringArray(let json): .stringArray(json)
        case .binary: .binary
        }
    }

    /// As a queue has it, to which messages come as they are.
    var raw: MessageAttribute {
        switch self {
        case .string(let text), .stringArray(let text): .string(text)
        case .number(let text): .number(text)
        case .binary(let bytes): .binary(bytes)
        }
    }

    /// As events and notifications tell it.
    var text: String {
        switch self {
        case .string(let text), .number(let text), .stringArray(let text): text
        case .binary(let bytes):
            String(
                decoding: ByteCursor.write(atMost: Base64.size(of: bytes.count)) { $0.putBase64(bytes) }, as: UTF8.self)
        }
    }
}

/// Decides whether a message can be published.
struct TopicRules: Sendable {
    let isFIFO: Bool
    let deduplicatesByContent: Bool
    let sizeLimit: Int

    /// What is wrong with a message; nil if nothing is.
    func fault(of message: TopicMessage) -> TopicError? {
        if message.body.isEmpty { return invalid("Empty message") }
        if let subject = message.subject {
            let isPlain = subject.unicodeScalars.allSatisfy { $0.value >= 0x20 && $0.value != 0x7F }
            guard isPlain, (1...100).contains(subject.unicodeScalars.count) else { return invalid("Subject") }
        }
        for (name, attribute) in message.attributes.sorted(by: { $0.key < $1.key }) {
            if let fault = fault(of: attribute, name) { return fault }
        }
        guard message.size <= sizeLimit else { return invalid("Message too long") }
        return orderFault(of: message)
    }

    private func orderFault(of message: TopicMessage) -> TopicError? {
        guard isFIFO else {
            guard message.groupID == nil, message.deduplicationID == nil else {
                return invalid("only FIFO topics, named ….fifo, have groups and deduplication ids")
            }
            return nil
        }
        guard let group = message.groupID, Self.isToken(group) else {
            return invalid("The MessageGroupId parameter is required for FIFO topics")
        }
        guard message.deduplicationID.map(Self.isToken) ?? deduplicatesByContent else {
            return invalid(
                "The topic should either have ContentBasedDeduplication enabled or MessageDeduplicationId provided explicitly"
            )
        }
        return nil
    }

    private func fault(of attribute: TopicAttribute, _ name: String) -> TopicError? {
        guard ResourceName.isValid(name, atMost: 256, "_-."), !name.hasPrefix("."), !name.hasSuffix(".") else {
            return invalid("“\(name)” is no name of an attribute")
        }
        let isGood =
            switch attribute {
            case .string(let text): !text.isEmpty
            case .binary(let bytes): !bytes.isEmpty
            // What is JSON is asked of the one reader of it; what it throws says no more than that.
            case .number(let text): (try? JSONTape(Array(text.utf8), maximumDepth: 1))?.values[0].kind == .number
            case .stringArray(let text): (try? JSONTape(Array(text.utf8), maximumDepth: 1))?.values[0].kind == .list
            }
        return isGood ? nil : invalid("the attribute \(name) is empty, or is no \(attribute.type)")
    }

    private func invalid(_ message: String) -> TopicError {
        TopicError(.invalidParameter, "Invalid parameter: \(message)")
    }

    private static func isToken(_ text: String) -> Bool {
        (1...128).contains(text.utf8.count) && text.utf8.allSatisfy { (0x21...0x7E).contains($0) }
    }
}

// This source file is part of the FunctionHost project.
// SPDX-License-Identifier: Apache-2.0

import FunctionHost

/// Something that a target has not taken yet, as it lies in the host's queue: JSON that people may read.
struct KeptDelivery: Sendable, Hashable {
    /// The target, by its name with whoever sends.
    var target: String
    /// When it was accepted, by the calendar.
    var since: Timestamp
    var content: DeliveryContent
    /// Why it must not be sent, though it is kept; nil if it may be.
    var fault: String?
    /// Whether it was sent before it was kept.
    var wasTried = true

    init(target: String, since: Timestamp, content: DeliveryContent) {
        self.target = target
        self.since = since
        self.content = content
    }

    /// The event alone, which is not sent any more.
    func refused(_ fault: DeliveryFault) -> Self {
        var kept = self
        kept.content.body = content.event ?? content.body
        kept.content.event = nil
        kept.fault = fault.message
        return kept
    }

    var json: [UInt8] {
        var text = #"{"target":\#(JSONText.quoted(target)),"since":\#(since.nanoseconds)"#
        text += #","id":\#(JSONText.quoted(content.id))"#
        if !wasTried { text += #","untried":true"# }
        for case (let key, let value?) in [
            ("groupID", content.groupID), ("deduplicationID", content.deduplicationID), ("trace", content.traceHeader),
            ("fault", fault),
        ] { text += #","\#(key)":\#(JSONText.quoted(value))"# }
        if !content.attributes.isEmpty {
            let members = content.attributes.sortedByName.map { "\(JSONText.quoted($0.key)):\($0.value.kept)" }
            text += #","attributes":{\#(members.joined(separator: ","))}"#
        }
        text += #","body":"#
        var bytes = Array(text.utf8)
        bytes.reserveCapacity(bytes.count + content.body.count * 2 + (content.event?.count ?? 0))
        Self.append(content.body, to: &bytes)
        if let event = content.event {
            bytes += #","event":"#.utf8
            Self.append(event, to: &bytes)
        }
        bytes.append(UInt8(ascii: "}"))
        return bytes
    }

    /// Objects stand there as they are, other text as a string.
    private static func append(_ body: [UInt8], to bytes: inout [UInt8]) {
        if body.first == UInt8(ascii: "{"), JSONText.isValid(body, maximumDepth: EventPattern.maximumEventDepth) {
            bytes += body
        } else {
            bytes += JSONText.quoted(String(decoding: body, as: UTF8.self)).utf8
        }
    }

    /// Reads it; nil if it is none.
    init?(_ json: [UInt8]) {
        // Whatever is wrong with it, it is none.
        guard let tape = try? JSONTape(json, maximumDepth: EventPattern.maximumEventDepth + 1),
            case .object = tape.values[0].kind
        else { return nil }
        var members: [String: Int] = [:]
        for child in tape.children(of: 0) {
            members[String(decoding: tape.values[child].key ?? [], as: UTF8.self)] = child
        }
        func text(_ key: String) -> [UInt8]? {
            guard let index = members[key] else { return nil }
            if case .string(let text) = tape.values[index].kind { return text }
            return Array(tape.text(of: index))
        }
        func string(_ key: String) -> String? { text(key).map { String(decoding: $0, as: UTF8.self) } }
        guard let target = string("target"), let since = string("since").flatMap({ Int64($0) }), let id = string("id"),
            let body = text("body")
        else { return nil }
        var attributes: [String: MessageAttribute] = [:]
        for index in members["attributes"].map({ tape.children(of: $0) }) ?? [] {
            guard let attribute = MessageAttribute(kept: index, in: tape) else { return nil }
            attributes[String(decoding: tape.values[index].key ?? [], as: UTF8.self)] = attribute
        }
        self.init(
            target: target, since: Timestamp(nanoseconds: since),
            content: DeliveryContent(
                id: id, body: body, event: text("event"), attributes: attributes, groupID: string("groupID"),
                deduplicationID: string("deduplicationID"), traceHeader: string("trace")))
        fault = string("fault")
        wasTried = members["untried"] == nil
    }
}

extension MessageAttribute {
    fileprivate var kept: String {
        switch self {
        case .string(let text), .number(let text): #"{"\#(dataType)":\#(JSONText.quoted(text))}"#
        case .binary(let bytes):
            #"{"Binary":"\#(String(decoding: ByteCursor.write(atMost: Base64.size(of: bytes.count)) { $0.putBase64(bytes) }, as: UTF8.self))"}"#
        }
    }

    fileprivate init?(kept index: Int, in tape: JSONTape) {
        guard case .object = tape.values[index].kind, let child = tape.children(of: index).first,
            case .string(let value) = tape.values[child].kind
        else { return nil }
        let text = String(decoding: value, as: UTF8.self)
        switch tape.values[child].key.map({ String(decoding: $0, as: UTF8.self) }) {
        case "String": self = .string(text)
        case "Number": self = .number(text)
        case "Binary":
            guard let bytes = Base64.decoded(value) else { return nil }
            self = .binary(bytes)
        default: return nil
        }
    }
}

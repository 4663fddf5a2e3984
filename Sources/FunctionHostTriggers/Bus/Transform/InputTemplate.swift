// This source file is part of the FunctionHost project.
// SPDX-License-Identifier: Apache-2.0

import FunctionHost

/// A text with places that are filled from an event.
///
/// - Source: Amazon EventBridge User Guide, *Amazon EventBridge input transformation*; where it is silent, what the service was seen to
///   do.
struct InputTemplate: Sendable {
    /// The most characters a template may have.
    static let characterLimit = 8_192
    /// The most bytes that may come of one: what is put into many places grows with their number.
    static let filledLimit = 6 << 20
    /// The most names that may be mapped.
    static let nameLimit = 100

    private enum Value: Sendable {
        case path(JSONPath)
        case ruleARN, ruleName, ingestionTime
        case event, eventWithoutDetail
    }

    private enum Surroundings {
        /// Where a JSON value belongs.
        case json
        /// Inside a string of JSON.
        case string
        /// In a template that is no JSON.
        case text
    }

    private struct Part: Sendable {
        /// What stands before the place.
        let before: [UInt8]
        let value: Value
        let surroundings: Surroundings
    }

    private var parts: [Part] = []
    private var rest: [UInt8] = []
    private let isJSON: Bool

    /// Reads a template.
    ///
    /// - Parameters:
    ///   - paths: What is at the places, by name.
    ///   - id: The target's, for the reasons.
    init(_ template: String, paths: [String: JSONPath], of id: String) throws(TargetInputError) {
        guard template.unicodeScalars.count <= Self.characterLimit else {
            throw TargetInputError(
                reason: "InputTemplate for target \(id) is longer than \(Self.characterLimit) characters")
        }
        guard paths.count <= Self.nameLimit else {
            throw TargetInputError(reason: "InputPathsMap for target \(id) has more than \(Self.nameLimit) names")
        }
        let bytes = Array(template.utf8)
        let blanks: [UInt8] = [0x20, 0x09, 0x0A, 0x0D]
        isJSON = bytes.first { !blanks.contains($0) } == UInt8(ascii: "{")
        let isPlaceAlone = Self.place(in: bytes, at: 0).map { $0.end == bytes.count } ?? false
        // With the places that are values in quotes, each byte stays where it is, and so does what is wrong.
        var sample = bytes
        var (next, copied, isInString) = (0, 0, false)
        while next < bytes.count {
            if isJSON, bytes[next] == UInt8(ascii: "\\"), isInString {
                next += 2
            } else if isJSON, bytes[next] == UInt8(ascii: "\"") {
                isInString.toggle()
                next += 1
            } else if let place = Self.place(in: bytes, at: next) {
                let isWhole = isPlaceAlone || isJSON && !isInString
                guard let value = Self.value(of: place.name, isWhole: isWhole, paths) else {
                    throw TargetInputError(
                        reason: "InputTemplate for target \(id) contains invalid placeholder \(place.name).")
                }
                if isJSON, !isInString { (sample[next], sample[place.end - 1]) = (0x22, 0x22) }
                let surroundings: Surroundings = !isJSON ? .text : isInString ? .string : .json
                parts.append(Part(before: Array(bytes[copied..<next]), value: value, surroundings: surroundings))
                (next, copied) = (place.end, place.end)
            } else {
                next += 1
            }
        }
        rest = Array(bytes[copied...])
        if isJSON, let fault = Self.fault(in: sample) {
            throw TargetInputError(
                reason: "InputTemplate for target \(id) is not JSON: \(fault.sentence) at byte \(fault.offset)")
        }
    }

    private static func fault(in json: [UInt8]) -> JSONFault? {
        do {
            _ = try JSONTape(json, maximumDepth: EventPattern.maximumEventDepth)
            return nil
        } catch {
            return error
        }
    }

    /// The place that begins there, `<name>`; nil if none does.
    private static func place(in bytes: [UInt8], at start: Int) -> (name: String, end: Int)? {
        guard start < bytes.count, bytes[start] == UInt8(ascii: "<") else { return nil }
        let name = bytes[(start + 1)...].prefix { byte in
            switch byte {
            case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
                UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "."), UInt8(ascii: "-"), UInt8(ascii: "_"):
                true
            default: false
            }
        }
        let end = name.endIndex
        guard !name.isEmpty, end < bytes.count, bytes[end] == UInt8(ascii: ">") else { return nil }
        return (String(decoding: name, as: UTF8.self), end + 1)
    }

    private static func value(of name: String, isWhole: Bool, _ paths: [String: JSONPath]) -> Value? {
        switch name {
        case "aws.events.rule-arn": .ruleARN
        case "aws.events.rule-name": .ruleName
        case "aws.events.event.ingestion-time": .ingestionTime
        case "aws.events.event.json": isWhole ? .event : nil
        case "aws.events.event": isWhole ? .eventWithoutDetail : nil
        default: paths[name].map { .path($0) }
        }
    }

    // MARK: - Filling

    /// The text with its places filled.
    ///
    /// - Throws: ``TargetInputError`` if it should be JSON and is not.
    func filled(from event: borrowing InputEvent) throws(TargetInputError) -> [UInt8] {
        var text: [UInt8] = []
        for part in parts {
            text += part.before
            append(part.value, part.surroundings, of: event, to: &text)
            guard text.count <= Self.filledLimit else {
                throw TargetInputError(reason: "the filled template has more than \(Self.filledLimit) bytes")
            }
        }
        text += rest
        if isJSON, let fault = Self.fault(in: text) {
            throw TargetInputError(reason: "the filled template is not JSON: \(fault.sentence) at byte \(fault.offset)")
        }
        return text
    }

    private func append(
        _ value: Value, _ surroundings: Surroundings, of event: borrowing InputEvent, to text: inout [UInt8]
    ) {
        switch value {
        case .ruleARN: append(event.ruleARN, surroundings, to: &text)
        case .ruleName: append(event.ruleName, surroundings, to: &text)
        case .ingestionTime: append(event.ingestionTime, surroundings, to: &text)
        case .event: text += event.json
        case .eventWithoutDetail: if let tape = event.tape { Self.appendEnvelope(of: tape, to: &text) }
        case .path(let path):
            guard let tape = event.tape, let index = path.find(in: tape) else {
                if surroundings == .json { text += "\"\"".utf8 }
                return
            }
            append(index, of: tape, surroundings, to: &text)
        }
    }

    private func append(_ string: String, _ surroundings: Surroundings, to text: inout [UInt8]) {
        text += (surroundings == .json ? JSONText.quoted(string) : string).utf8
    }

    private func append(_ index: Int, of tape: JSONTape, _ surroundings: Surroundings, to text: inout [UInt8]) {
        switch (surroundings, tape.values[index].kind) {
        case (.json, _): text += tape.text(of: index)
        case (_, .string(let string)): text += string
        case (.string, _): text += tape.text(of: index)
        case (.text, _): Self.appendWithoutQuotes(index, of: tape, to: &text)
        }
    }

    /// Lists and objects as the service writes them where there is no JSON: `[a,b]`, `{k:v}`. Nothing calls itself.
    private static func appendWithoutQuotes(_ root: Int, of tape: JSONTape, to text: inout [UInt8]) {
        var open: [(end: Int, closing: UInt8)] = []
        var index = root
        while index < tape.values[root].next {
            let value = tape.values[index]
            while let last = open.last, index >= last.end { text.append(open.removeLast().closing) }
            if index != root, !isFirst(index, of: tape) { text.append(UInt8(ascii: ",")) }
            if index != root, let key = value.key { text += key + [UInt8(ascii: ":")] }
            switch value.kind {
            case .object, .list:
                let isObject = value.kind == .object
                text.append(UInt8(ascii: isObject ? "{" : "["))
                open.append((value.next, UInt8(ascii: isObject ? "}" : "]")))
            case .string(let string): text += string
            case .number, .word: text += tape.text(of: index)
            }
            index += 1
        }
        for last in open.reversed() { text.append(last.closing) }
    }

    /// Whether a value is the first in its object or list: right behind what holds it.
    private static func isFirst(_ index: Int, of tape: JSONTape) -> Bool {
        switch tape.values[index - 1].kind {
        case .object, .list: tape.values[index - 1].next > index
        default: false
        }
    }

    /// The event without its detail, with the keys that it has in templates.
    private static func appendEnvelope(of tape: JSONTape, to text: inout [UInt8]) {
        var values: [[UInt8]: Int] = [:]
        for child in tape.children(of: 0) { values[tape.values[child].key ?? []] = child }
        text.append(UInt8(ascii: "{"))
        var isFirst = true
        for (key, name) in [
            ("id", "id"), ("account", "account"), ("detail-type", "detailType"), ("time", "time"),
            ("source", "source"), ("region", "region"), ("resources", "resources"), ("version", "version"),
        ] {
            guard let index = values[Array(key.utf8)] else { continue }
            text += "\(isFirst ? "" : ",")\"\(name)\":".utf8
            text += tape.text(of: index)
            isFirst = false
        }
        text.append(UInt8(ascii: "}"))
    }
}

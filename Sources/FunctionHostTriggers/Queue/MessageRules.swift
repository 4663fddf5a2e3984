// This source file is part of the FunctionHost project.
// SPDX-License-Identifier: Apache-2.0

import FunctionHost

/// What a message may be, as SQS has it.
///
/// Source: SQS API Reference, *SendMessage*; Developer Guide, *Message attributes*.
package struct MessageRules: Sendable {
    let isFIFO: Bool
    let deduplicatesByContent: Bool
    let sizeLimit: Int

    package init(_ configuration: InMemoryQueue.Configuration, isFIFO: Bool) {
        self.isFIFO = isFIFO
        deduplicatesByContent = configuration.deduplicatesByContent
        sizeLimit = configuration.messageSizeLimit
    }

    /// The size of a message in bytes.
    ///
    /// - Throws: ``SourceError`` as `invalidArgument` if it cannot be sent.
    package func size(of entry: borrowing MessageEntry) throws(SourceError) -> Int {
        var size = entry.body.utf8.count
        guard size > 0, Self.isPlain(entry.body) else {
            throw invalid("a body has one character at least, and no control characters but tab and ends of lines")
        }
        guard entry.attributes.count <= 10 else { throw invalid("\(entry.attributes.count) attributes: up to 10") }
        for (name, attribute) in entry.attributes {
            guard Self.isName(name) else { throw invalid("“\(name)” is no name of an attribute") }
            guard attribute.isValid else {
                throw invalid("the attribute \(name) is empty, no number, or no plain text")
            }
            size += name.utf8.count + attribute.size
        }
        guard size <= sizeLimit else { throw invalid("\(size) bytes in a message: up to \(sizeLimit)") }
        try checkOrder(entry)
        return size
    }

    /// What a message is told from others by; nil in a queue that is not FIFO.
    package func deduplicationID(of entry: borrowing MessageEntry) -> String? {
        isFIFO ? entry.deduplicationID ?? SHA256.hexDigest(of: entry.body) : nil
    }

    /// Sees whether messages may be sent together.
    package func check(batch entries: [MessageEntry]) throws(SourceError) {
        guard (1...InMemoryQueue.batchLimit).contains(entries.count) else {
            throw invalid("\(entries.count) messages: from 1 to \(InMemoryQueue.batchLimit)")
        }
        let bytes = entries.reduce(0) { $0 + $1.body.utf8.count }
        guard entries.count == 1 || bytes <= sizeLimit else {
            throw invalid("\(bytes) bytes in a batch: up to \(sizeLimit)")
        }
    }

    /// Sees whether a message may be invisible for so long.
    package static func check(visibility duration: Duration) throws(SourceError) {
        guard duration >= .zero, duration <= .seconds(12 * 3_600) else {
            throw SourceError(.invalidArgument, reason: "invisible for \(duration): from zero to 12 hours")
        }
    }

    private func checkOrder(_ entry: borrowing MessageEntry) throws(SourceError) {
        if let delay = entry.delay {
            guard !isFIFO else { throw invalid("messages of a FIFO queue have the queue's delay") }
            guard delay >= .zero, delay <= .seconds(900) else { throw invalid("a delay of \(delay): up to 15 minutes") }
        }
        guard isFIFO else {
            guard entry.groupID == nil, entry.deduplicationID == nil else {
                throw invalid("only FIFO queues, named ….fifo, have groups and deduplication ids")
            }
            return
        }
        guard let group = entry.groupID, Self.isToken(group) else {
            throw invalid("a FIFO queue's message has a group id: 1 to 128 letters, digits and punctuation of ASCII")
        }
        guard let key = entry.deduplicationID else {
            guard deduplicatesByContent else {
                throw invalid("a deduplication id is wanted, or a queue that deduplicates by content")
            }
            return
        }
        guard Self.isToken(key) else {
            throw invalid("a deduplication id has 1 to 128 letters, digits and punctuation of ASCII")
        }
    }

    private func invalid(_ reason: String) -> SourceError { SourceError(.invalidArgument, reason: reason) }

    /// Whether a text has only what XML 1.0 allows: tab, ends of lines, and all from a blank on but U+FFFE and U+FFFF.
    static func isPlain(_ text: String) -> Bool {
        var text = text
        return text.withUTF8 { bytes in
            var isPlain = true
            for byte in bytes { isPlain = isPlain && (byte >= 0x20 || byte == 9 || byte == 10 || byte == 13) }
            guard isPlain else { return false }
            return !bytes.indices.dropFirst(2).contains {
                bytes[$0] >= 0xBE && bytes[$0 - 1] == 0xBF && bytes[$0 - 2] == 0xEF
            }
        }
    }

    private static func isName(_ name: String) -> Bool {
        let folded = name.lowercased()
        return ResourceName.isValid(name, atMost: 256, "_-.") && !name.hasPrefix(".") && !name.hasSuffix(".")
            && !name.utf8.elementsContain("..") && !folded.hasPrefix("aws.") && !folded.hasPrefix("amazon.")
    }

    private static func isToken(_ text: String) -> Bool {
        (1...128).contains(text.utf8.count) && text.utf8.allSatisfy { (0x21...0x7E).contains($0) }
    }
}

extension String.UTF8View {
    fileprivate func elementsContain(_ pair: StaticString) -> Bool {
        zip(self, dropFirst()).contains { $0 == pair.utf8Start[0] && $1 == pair.utf8Start[1] }
    }
}

extension MessageAttribute {
    /// What it is called.
    var dataType: String {
        switch self {
        case .string: "String"
        case .number: "Number"
        case .binary: "Binary"
        }
    }

    /// In bytes, its type included.
    fileprivate var size: Int {
        switch self {
        case .string(let text), .number(let text): dataType.utf8.count + text.utf8.count
        case .binary(let bytes): dataType.utf8.count + bytes.count
        }
    }

    fileprivate var isValid: Bool {
        switch self {
        case .string(let text): !text.isEmpty && MessageRules.isPlain(text)
        case .number(let text):
            text.utf8.count <= 128 && text.utf8.allSatisfy { "+-.0123456789eE".utf8.contains($0) }
                && Double(text) != nil
        case .binary(let bytes): !bytes.isEmpty
        }
    }

    /// The MD5 of attributes: of each, in the order of their names, name, type and value with their lengths before them.
    ///
    /// Source: SQS Developer Guide, *Calculating the MD5 message digest for message attributes*.
    static func digest(of attributes: [String: Self]) -> UInt128 {
        var bytes: [UInt8] = []
        func add(_ part: some Collection<UInt8>) {
            withUnsafeBytes(of: UInt32(truncatingIfNeeded: part.count).bigEndian) { bytes.append(contentsOf: $0) }
            bytes.append(contentsOf: part)
        }
        for (name, attribute) in attributes.sortedByName {
            add(name.utf8)
            add(attribute.dataType.utf8)
            switch attribute {
            case .string(let text), .number(let text):
                bytes.append(1)
                add(text.utf8)
            case .binary(let value):
                bytes.append(2)
                add(value)
            }
        }
        return MD5.hash(bytes)
    }
}

extension [String: MessageAttribute] {
    /// By the bytes of their names, which no locale moves.
    package var sortedByName: [(key: String, value: MessageAttribute)] {
        sorted { $0.key.utf8.lexicographicallyPrecedes($1.key.utf8) }
    }
}

// This source file is part of the FunctionHost project.
// SPDX-License-Identifier: Apache-2.0

/// A record as filters see it.
struct RecordView {
    /// With its data as it is.
    let record: [UInt8]
    /// With its data as JSON instead of text; nil if the data is not JSON. Only objects and lists count as that.
    let json: [UInt8]?

    init(_ bytes: [UInt8], of source: FilterCriteria.Source) throws(EventError) {
        var record = bytes
        var members = try Self.members(of: record)
        // What a function gets of Kinesis has around it what was added.
        if source.kind == .kinesis, let inner = members.last(where: { $0.key == Array("kinesis".utf8) }),
            record[inner.value.lowerBound] == UInt8(ascii: "{")
        {
            record = Array(record[inner.value])
            members = try Self.members(of: record)
        }
        self.record = record
        let key = Array(source.dataKey.utf8)
        guard let data = members.last(where: { $0.key == key }) else {
            json = nil
            return
        }
        if Self.startsContainer(record[data.value]) {
            json = record
        } else if source.kind != .dynamoDB, let text = data.text, let value = Self.json(in: text, of: source) {
            json = Array(record[..<data.value.lowerBound] + value + record[data.value.upperBound...])
        } else {
            json = nil
        }
    }

    private static func members(of record: [UInt8]) throws(EventError) -> [MemberReader.Member] {
        let result = record.withUnsafeBufferPointer { bytes -> Result<[MemberReader.Member], EventError> in
            var reader = MemberReader(bytes: bytes)
            var walk = JSONWalk(bytes, maximumDepth: EventPattern.maximumEventDepth)
            if let fault = walk.run(&reader) { return .failure(EventError(fault)) }
            guard reader.isObject else {
                return .failure(EventError(.notAnObject, reason: "a record must be a JSON object"))
            }
            return .success(reader.members)
        }
        return try result.get()
    }

    private static func startsContainer(_ text: some Collection<UInt8>) -> Bool {
        let first = text.first { ![0x20, 0x09, 0x0A, 0x0D].contains($0) }
        return first == UInt8(ascii: "{") || first == UInt8(ascii: "[")
    }

    /// The object or list that `text` is; nil if it is something else.
    private static func json(in text: [UInt8], of source: FilterCriteria.Source) -> [UInt8]? {
        var json = text
        if source.kind == .kinesis {
            guard let decoded = Base64.decoded(text) else { return nil }
            json = decoded
        }
        guard startsContainer(json) else { return nil }
        let fault = json.withUnsafeBufferPointer { bytes in
            var nobody = MemberReader(bytes: bytes)
            // One level is around it in the record.
            var walk = JSONWalk(bytes, maximumDepth: EventPattern.maximumEventDepth - 1)
            return walk.run(&nobody)
        }
        return fault == nil ? json : nil
    }
}

// This source file is part of the FunctionHost project.
// SPDX-License-Identifier: Apache-2.0

import FunctionHost

/// An event as it is on a bus, and as targets get it.
///
/// - Source: Amazon EventBridge User Guide, *AWS service event metadata*.
struct BusEnvelope: Sendable {
    /// Its id.
    let id: String
    /// When it happened.
    let time: Timestamp
    /// All of it: JSON in UTF-8.
    let json: [UInt8]
    /// Where a replay writes its name.
    private let resourcesOffset: Int

    fileprivate init(id: String, time: Timestamp, json: [UInt8], resourcesOffset: Int) {
        self.id = id
        self.time = time
        self.json = json
        self.resourcesOffset = resourcesOffset
    }

    /// The same event as a replay tells it.
    func replayed(by name: String) -> Self {
        var json = json
        json.insert(contentsOf: #""replay-name":\#(JSONText.quoted(name)),"#.utf8, at: resourcesOffset)
        return Self(id: id, time: time, json: json, resourcesOffset: resourcesOffset)
    }
}

extension BusEnvelope {
    /// Reads what ``EnvelopeWriter`` has written; nil if it is something else.
    init?(_ json: [UInt8]) {
        let members = json.withUnsafeBufferPointer { bytes -> [MemberReader.Member] in
            var reader = MemberReader(bytes: bytes)
            var walk = JSONWalk(bytes, maximumDepth: EventPattern.maximumEventDepth)
            return walk.run(&reader) == nil && reader.isObject ? reader.members : []
        }
        func member(_ key: String) -> MemberReader.Member? { members.first { $0.key.elementsEqual(key.utf8) } }
        guard let id = member("id")?.text, let text = member("time")?.text, let resources = member("resources"),
            let local = LocalDateTime(String(decoding: text.dropLast(), as: UTF8.self)),
            let time = TimeZoneRules.utc.instants(of: local).first
        else { return nil }
        let key = Array(#""resources":"#.utf8)
        let offset = resources.value.lowerBound - key.count
        guard offset > 0, json[offset...].starts(with: key) else { return nil }
        self.init(id: String(decoding: id, as: UTF8.self), time: time, json: json, resourcesOffset: offset)
    }
}

/// Writes the events of a bus, in one pass into memory that is reckoned before.
struct EnvelopeWriter: Sendable {
    private let account: [UInt8]
    private let region: [UInt8]

    init(account: String, region: String) {
        self.account = Array((#"","account":"# + JSONText.quoted(account) + #","time":""#).utf8)
        self.region = Array((#"","region":"# + JSONText.quoted(region) + ",").utf8)
    }

    /// Writes an entry that was checked.
    func envelope(of entry: EventEntry, id: String, time: Timestamp) -> BusEnvelope {
        let texts = [id, entry.detailType, entry.source] + entry.resources
        let capacity = texts.reduce(account.count + region.count + entry.detail.utf8.count + 128) {
            $0 + ByteCursor.jsonSize(of: $1) + 3
        }
        var resourcesOffset = 0
        let json = ByteCursor.write(atMost: capacity) { cursor in
            cursor.put(#"{"version":"0","id":""#)
            cursor.putJSON(id)
            cursor.put(#"","detail-type":""#)
            cursor.putJSON(entry.detailType)
            cursor.put(#"","source":""#)
            cursor.putJSON(entry.source)
            cursor.put(account)
            cursor.putJSON(time.isoSeconds)
            cursor.put(region)
            resourcesOffset = cursor.count
            cursor.put(#""resources":["#)
            for (index, resource) in entry.resources.enumerated() {
                cursor.put(index == 0 ? "\"" : ",\"")
                cursor.putJSON(resource)
                cursor.put("\"")
            }
            cursor.put(#"],"detail":"#)
            var detail = entry.detail
            detail.withUTF8 { cursor.put($0) }
            cursor.put("}")
        }
        return BusEnvelope(id: id, time: time, json: json, resourcesOffset: resourcesOffset)
    }
}

extension Timestamp {
    /// The time by the calendar to the second before it: `2026-11-14T12:00:00Z`.
    var isoSeconds: String { iso8601.prefix(19) + "Z" }
}

/// Decides whether an entry is an event.
struct EntryRules: Sendable {
    let allowsServiceSources: Bool

    /// What is wrong with it; nil if nothing is.
    func fault(of entry: EventEntry) -> EventEntryError? {
        for (name, value) in [("Source", entry.source), ("DetailType", entry.detailType), ("Detail", entry.detail)]
        where value.isEmpty {
            return EventEntryError(
                .invalidArgument, "Parameter \(name) is not valid. Reason: \(name) is a required argument.")
        }
        guard allowsServiceSources || !entry.source.hasPrefix("aws.") else {
            return EventEntryError(.notAuthorizedForSource, "Not authorized for the source.")
        }
        // It is written into the envelope as it is: nothing may stand behind it. The envelope is a level of its own.
        guard JSONObjectCheck.isObject(entry.detail, maximumDepth: EventPattern.maximumEventDepth - 1) else {
            return EventEntryError(.malformedDetail, "Detail is malformed.")
        }
        return nil
    }
}

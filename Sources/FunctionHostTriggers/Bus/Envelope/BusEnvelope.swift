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

    /// Writes an entry that was checked.
    init(_ entry: EventEntry, id: String, time: Timestamp, region: String, account: String) {
        self.id = id
        self.time = time
        var text = #"{"version":"0","id":"\#(id)","detail-type":\#(JSONText.quoted(entry.detailType)),"source":"#
        text +=
            #"\#(JSONText.quoted(entry.source)),"account":\#(JSONText.quoted(account)),"time":"\#(time.isoSeconds)","#
        text += #""region":\#(JSONText.quoted(region)),"#
        var json: [UInt8] = []
        let resources = entry.resources.map(JSONText.quoted).joined(separator: ",")
        json.reserveCapacity(text.utf8.count + resources.utf8.count + entry.detail.utf8.count + 32)
        json += text.utf8
        resourcesOffset = json.count
        json += #""resources":["#.utf8
        json += resources.utf8
        json += #"],"detail":"#.utf8
        json += entry.detail.utf8
        json.append(UInt8(ascii: "}"))
        self.json = json
    }

    private init(_ other: Self, json: [UInt8]) {
        id = other.id
        time = other.time
        resourcesOffset = other.resourcesOffset
        self.json = json
    }

    /// The same event as a replay tells it.
    func replayed(by name: String) -> Self {
        var json = json
        json.insert(contentsOf: #""replay-name":\#(JSONText.quoted(name)),"#.utf8, at: resourcesOffset)
        return Self(self, json: json)
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

// This source file is part of the FunctionHost project.
// SPDX-License-Identifier: Apache-2.0

/// An event as a function is given it by a bus, with its detail decoded.
///
/// ```swift
/// try host.register("review") { (event: BusEvent<Order>, _) in print(event.detail.total) }
/// ```
///
/// - Source: Amazon EventBridge User Guide, *Events*.
public struct BusEvent<Detail: Decodable & Sendable>: Decodable, Sendable {
    /// Its id, the same wherever it is told, and told again.
    public let id: String
    /// Who tells of it.
    public let source: String
    /// What kind of event it is.
    public let detailType: String
    /// The account of the bus.
    public let account: String
    /// When it happened, to the second: `2026-11-14T12:00:00Z`.
    public let time: String
    /// The region of the bus.
    public let region: String
    /// What it is about.
    public let resources: [String]
    /// The replay that tells it again; nil if it is told for the first time.
    public let replayName: String?
    /// What it says.
    public let detail: Detail

    private enum CodingKeys: String, CodingKey {
        case id, source, account, time, region, resources, detail
        case detailType = "detail-type"
        case replayName = "replay-name"
    }
}

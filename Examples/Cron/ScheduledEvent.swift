// This source file is part of the FunctionHost project.
// SPDX-License-Identifier: Apache-2.0

import FunctionHost
import FunctionHostTriggers

/// What EventBridge Scheduler sends a function, for a schedule that has no input of its own.
struct ScheduledEvent: Codable, Sendable {
    var version = "0"
    let id: String
    var detailType = "Scheduled Event"
    var source = "aws.scheduler"
    var account = "111122223333"
    /// The planned instant.
    let time: String
    var region = "eu-west-1"
    let resources: [String]
    /// Text, not an object: so it comes from the service.
    var detail = "{}"

    enum CodingKeys: String, CodingKey {
        case version, id, source, account, time, region, resources, detail
        case detailType = "detail-type"
    }

    init(_ firing: ScheduleFiring) {
        id = firing.id
        time = "\(TimeZoneRules.utc.localTime(at: firing.planned))Z"
        resources = ["arn:aws:scheduler:eu-west-1:111122223333:schedule/default/\(firing.name)"]
    }
}

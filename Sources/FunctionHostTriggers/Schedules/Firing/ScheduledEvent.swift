// This source file is part of the FunctionHost project.
// SPDX-License-Identifier: Apache-2.0

import FunctionHost

/// What a function is given by a schedule that has no input of its own.
///
/// Source: Amazon EventBridge User Guide, *Scheduled events*: the detail is empty, the resource is the rule.
struct ScheduledEvent {
    private let firing: ScheduleFiring
    private let id: InvocationID

    init(_ firing: ScheduleFiring, id: InvocationID) {
        self.firing = firing
        self.id = id
    }

    /// The event, its time to the second.
    var json: [UInt8] {
        let time = firing.planned.iso8601.prefix(19) + "Z"
        let arn = "arn:aws:events:\(FunctionARN.defaultRegion):\(FunctionARN.defaultAccount):rule/\(firing.name)"
        var text = #"{"version":"0","id":"\#(id)","detail-type":"Scheduled Event","source":"aws.events","#
        text +=
            #""account":"\#(FunctionARN.defaultAccount)","time":"\#(time)","region":"\#(FunctionARN.defaultRegion)","#
        text += #""resources":[\#(JSONText.quoted(arn))],"detail":{}}"#
        return Array(text.utf8)
    }
}

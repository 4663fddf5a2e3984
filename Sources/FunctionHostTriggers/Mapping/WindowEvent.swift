// This source file is part of the FunctionHost project.
// SPDX-License-Identifier: Apache-2.0

import FunctionHost

/// The event of a window's batch and the answer to it, as Lambda writes and reads them.
///
/// Source: AWS Lambda Developer Guide, *Using Lambda with Kinesis*, the example of a tumbling window.
extension BatchRunner<StreamBatch> {
    /// A function by name, which is given events as the source writes them; those of a window say so.
    init(named name: String, of source: any StreamSource) {
        self.init(functionName: name, keepsState: nil) { host, batch, reportsFailures in
            var event = source.event(of: batch.records, shard: batch.shard)
            if let turn = batch.turn { event = turn.completed(event, batch.shard, source.arn) }
            let response = try await host.invoke(named: name, payload: event)
            if response.functionError != nil { throw FunctionFailure(error: response.error) }
            var state: [UInt8]?
            if let turn = batch.turn, !turn.isFinal {
                state = WindowTurn.state(in: response.payload)
                // A function that does not answer what it made of the window would lose it.
                if state == nil { throw FunctionFailure(error: nil) }
            }
            let answer = reportsFailures ? BatchAnswer(response.payload, coder: host.coder) : .succeeded
            return BatchReply(answer, state: state)
        }
    }
}

extension WindowTurn {
    /// The event with what is told of the window behind its records.
    fileprivate func completed(_ event: [UInt8], _ shard: ShardID, _ arn: String) -> [UInt8] {
        let end = event.lastIndex(of: UInt8(ascii: "}")) ?? event.endIndex
        var text = #","shardId":\#(JSONText.quoted(shard.description)),"eventSourceARN":\#(JSONText.quoted(arn))"#
        text += #","isFinalInvokeForWindow":\#(isFinal),"isWindowTerminatedEarly":\#(isTerminatedEarly)}"#
        return event[..<end] + members + Array(text.utf8)
    }

    /// `window` and `state`, each with a comma before it.
    var members: [UInt8] {
        var bytes = Array(
            #","window":{"start":"\#(Self.text(window.start))","end":"\#(Self.text(window.end))"},"state":"#.utf8)
        guard let state else { return bytes + Array("{}".utf8) }
        if JSONText.isValid(state, maximumDepth: 128) {
            bytes += state
        } else {
            bytes.append(UInt8(ascii: "\""))
            bytes += ByteCursor.write(atMost: Base64.size(of: state.count)) { $0.putBase64(state) }
            bytes.append(UInt8(ascii: "\""))
        }
        return bytes
    }

    private static func text(_ time: Timestamp) -> String { time.iso8601.dropLast(5) + "Z" }

    /// The `state` of an answer, as it was written; nil if there is none, or it is null.
    static func state(in answer: [UInt8]) -> [UInt8]? {
        let key = Array("state".utf8)
        let range = answer.withUnsafeBufferPointer { bytes -> Range<Int>? in
            var reader = MemberReader(bytes: bytes)
            var walk = JSONWalk(bytes, maximumDepth: 128)
            guard walk.run(&reader) == nil, reader.isObject else { return nil }
            return reader.members.last { $0.key == key }?.value
        }
        guard let range, !answer[range].elementsEqual("null".utf8) else { return nil }
        return Array(answer[range])
    }
}

// This source file is part of the FunctionHost project.
// SPDX-License-Identifier: Apache-2.0

import FunctionHost

/// The few shapes of JSON that stand in a row, which the store writes and reads itself: objects of texts or numbers, and lists of attempts.
enum RowJSON {
    static func object(_ members: [String: String]) -> String {
        join(
            members.sorted { $0.key < $1.key }.map { JSONText.quoted($0.key) + ":" + JSONText.quoted($0.value) }, "{",
            "}")
    }

    static func object(_ members: [String: Int]) -> String {
        join(members.sorted { $0.key < $1.key }.map { JSONText.quoted($0.key) + ":" + String($0.value) }, "{", "}")
    }

    static func array(_ attempts: [AttemptRecord]) -> String {
        join(attempts.map(object), "[", "]")
    }

    private static func object(_ attempt: AttemptRecord) -> String {
        var members = [
            "\"number\":\(attempt.number)", "\"startedAt\":\(attempt.startedAt.nanoseconds)",
            "\"duration\":\(attempt.duration.wholeNanoseconds)",
            "\"outcome\":\(JSONText.quoted(attempt.outcome.rawValue))",
        ]
        if let type = attempt.errorType { members.append("\"errorType\":\(JSONText.quoted(type))") }
        if let message = attempt.errorMessage { members.append("\"errorMessage\":\(JSONText.quoted(message))") }
        return join(members, "{", "}")
    }

    private static func join(_ parts: [String], _ start: String, _ end: String) -> String {
        start + parts.joined(separator: ",") + end
    }

    // MARK: - Reading

    static func strings(_ text: String?) throws(SQLiteFault) -> [String: String] {
        guard let text else { return [:] }
        return try members(text).compactMapValues { if case .text(let value) = $0 { value } else { nil } }
    }

    static func integers(_ text: String?) throws(SQLiteFault) -> [String: Int] {
        guard let text else { return [:] }
        return try members(text).compactMapValues { if case .number(let value) = $0 { Int(value) } else { nil } }
    }

    static func attempts(_ text: String?) throws(SQLiteFault) -> [AttemptRecord] {
        guard let text else { return [] }
        guard case .array(let values)? = JSONReader.read(text) else { throw damage(text) }
        var attempts: [AttemptRecord] = []
        for value in values {
            guard case .object(let members) = value, case .number(let number)? = members["number"],
                case .number(let started)? = members["startedAt"], case .number(let duration)? = members["duration"],
                case .text(let outcome)? = members["outcome"]
            else { throw damage(text) }
            var type: String?
            var message: String?
            if case .text(let found)? = members["errorType"] { type = found }
            if case .text(let found)? = members["errorMessage"] { message = found }
            attempts.append(
                AttemptRecord(
                    number: Int(number), startedAt: Timestamp(nanoseconds: started), duration: .nanoseconds(duration),
                    outcome: Outcome(rawValue: outcome) ?? .failed, errorType: type, errorMessage: message))
        }
        return attempts
    }

    private static func members(_ text: String) throws(SQLiteFault) -> [String: JSONReader.Value] {
        guard case .object(let members)? = JSONReader.read(text) else { throw damage(text) }
        return members
    }

    private static func damage(_ text: String) -> SQLiteFault {
        SQLiteFault(damage: "\(text.utf8.count) bytes of tags, lineage or history are not what a store writes")
    }
}

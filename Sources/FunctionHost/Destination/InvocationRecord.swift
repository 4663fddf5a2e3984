// This source file is part of the FunctionHost project.
// SPDX-License-Identifier: Apache-2.0

/// What became of an asynchronous invocation, as Lambda tells its destinations.
///
/// Source: AWS Lambda Developer Guide, *Capturing records of Lambda asynchronous invocations*; keys and their order as recorded
/// from the service. Lambda knows no other conditions than `Success`, `RetriesExhausted`, `EventAgeExceeded` and
/// `ZeroReservedConcurrency`.
public struct InvocationRecord: Sendable, Hashable {
    /// How an invocation ended.
    public enum Condition: Sendable, Hashable, CustomStringConvertible {
        /// Its function answered.
        case success
        /// It failed for good.
        case failure(DeadLetterCause)

        /// The condition as records show it.
        public var description: String {
            switch self {
            case .success: "Success"
            case .failure(let cause): cause.description
            }
        }
    }

    /// What the last attempt came to.
    public struct Response: Sendable, Hashable {
        /// The version that ran.
        public var executedVersion: Qualifier
        /// What Lambda calls the kind of error; nil if there was none.
        public var functionError: String?
        /// The result, or the error as ``ErrorPayload`` has it: JSON.
        public var payload: [UInt8]

        /// A function's answer.
        public static func success(_ payload: [UInt8], version: Qualifier = .latest) -> Self {
            Self(executedVersion: version, functionError: nil, payload: payload)
        }

        /// A function's error. Lambda calls all of them `Unhandled`.
        public static func failure(_ error: ErrorPayload, version: Qualifier = .latest) -> Self {
            Self(executedVersion: version, functionError: "Unhandled", payload: error.json)
        }
    }

    /// When it ended, by the calendar.
    public var timestamp: Timestamp
    /// The invocation's id, which all its attempts share.
    public var id: InvocationID
    /// The function it was for.
    public var function: FunctionARN
    /// How it ended.
    public var condition: Condition
    /// How often its handler began; 0 if it never ran.
    public var approximateInvokeCount: Int
    /// What the function was given.
    public var requestPayload: [UInt8]
    /// What the last attempt came to; nil if it never ran.
    public var response: Response?

    /// Describes how an invocation ended.
    public init(
        timestamp: Timestamp, id: InvocationID, function: FunctionARN, condition: Condition,
        approximateInvokeCount: Int, requestPayload: [UInt8], response: Response?
    ) {
        self.timestamp = timestamp
        self.id = id
        self.function = function
        self.condition = condition
        self.approximateInvokeCount = approximateInvokeCount
        self.requestPayload = requestPayload
        self.response = response
    }
}

extension InvocationRecord {
    /// The record as JSON, in Lambda's order and without space between.
    ///
    /// Payloads stand in it as they are. One that is not JSON, or nests deeper than 127 levels, becomes a string, where bytes
    /// that are not UTF-8 become U+FFFD; one without any bytes becomes `null`. So any coder that takes 128 levels takes it.
    public var json: [UInt8] {
        var text: [UInt8] = []
        text.reserveCapacity(512 + requestPayload.count + (response?.payload.count ?? 0))
        text += #"{"version":"1.0","timestamp":"\#(timestamp.iso8601)","requestContext":{"requestId":"\#(id)""#.utf8
        text += #","functionArn":\#(JSONText.quoted(function.description))"#.utf8
        text += #","condition":\#(JSONText.quoted(condition.description))"#.utf8
        text += #","approximateInvokeCount":\#(approximateInvokeCount)},"requestPayload":"#.utf8
        Self.append(requestPayload, to: &text)
        if let response {
            text += #","responseContext":{"statusCode":200,"executedVersion":"#.utf8
            text += JSONText.quoted(response.executedVersion.description).utf8
            if let error = response.functionError { text += #","functionError":\#(JSONText.quoted(error))"#.utf8 }
            text += #"},"responsePayload":"#.utf8
            Self.append(response.payload, to: &text)
        }
        text.append(UInt8(ascii: "}"))
        return text
    }

    private static func append(_ payload: [UInt8], to text: inout [UInt8]) {
        if payload.isEmpty {
            text += "null".utf8
        } else if JSONText.isValid(payload, maximumDepth: 127) {
            text += payload
        } else {
            text += JSONText.quoted(String(decoding: payload, as: UTF8.self)).utf8
        }
    }
}

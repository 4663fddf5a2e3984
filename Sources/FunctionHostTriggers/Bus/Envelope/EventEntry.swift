// This source file is part of the FunctionHost project.
// SPDX-License-Identifier: Apache-2.0

public import FunctionHost

/// An event to put on a bus.
///
/// - Source: Amazon EventBridge API Reference, *PutEventsRequestEntry*.
public struct EventEntry: Sendable, Hashable {
    /// Who tells of it, such as `com.example.shop`; wanted, and not beginning with `aws.`.
    public var source: String
    /// What kind of event it is; wanted.
    public var detailType: String
    /// What it says: a JSON object as text; wanted, if only `{}`.
    public var detail: String
    /// When it happened, by the calendar; when it is put unless given. Told in whole seconds.
    public var time: Timestamp?
    /// What it is about, as resource names.
    public var resources: [String]
    /// The trace it belongs to, which targets are given on.
    public var traceHeader: String?

    /// Describes an event.
    public init(
        source: String, detailType: String, detail: String, time: Timestamp? = nil, resources: [String] = [],
        traceHeader: String? = nil
    ) {
        self.source = source
        self.detailType = detailType
        self.detail = detail
        self.time = time
        self.resources = resources
        self.traceHeader = traceHeader
    }

    /// Its size in bytes as the limit counts it: 14 for a time, and the UTF-8 of all texts but the trace's.
    ///
    /// - Source: Amazon EventBridge User Guide, *Calculating PutEvents event entry size*.
    public var size: Int {
        resources.reduce((time == nil ? 0 : 14) + source.utf8.count + detailType.utf8.count + detail.utf8.count) {
            $0 + $1.utf8.count
        }
    }
}

/// Why a bus did not accept an entry.
///
/// - Source: Amazon EventBridge API Reference, *PutEventsResultEntry*.
public struct EventEntryError: Error, Hashable, Sendable, CustomStringConvertible {
    /// Which kind of fault it is; more may come.
    public struct Code: Sendable, Hashable, CustomStringConvertible {
        /// Its name, as EventBridge has it.
        public let description: String

        /// Something is missing.
        public static let invalidArgument = Self(description: "InvalidArgument")
        /// The detail is no JSON object, or nests too deeply.
        public static let malformedDetail = Self(description: "MalformedDetail")
        /// The source is one of those that only services have.
        public static let notAuthorizedForSource = Self(description: "NotAuthorizedForSource")
        /// The host's queue has no room; try again later. Some targets may have it already.
        public static let throttled = Self(description: "ThrottlingException")
        /// The host's queue failed, or the host is shutting down. Some targets may have it already.
        public static let internalFailure = Self(description: "InternalFailure")
    }

    /// Which kind of fault it is.
    public let code: Code
    /// What is wrong.
    public let message: String

    init(_ code: Code, _ message: String) {
        self.code = code
        self.message = message
    }

    /// The code and the message.
    public var description: String { "\(code): \(message)" }
}

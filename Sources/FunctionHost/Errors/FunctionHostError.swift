// This source file is part of the FunctionHost project.
// SPDX-License-Identifier: Apache-2.0

/// What went wrong in the host, as opposed to in a handler, whose own errors pass through unchanged.
///
/// Neither a description nor a reason ever holds a payload, so an error may be logged as it is.
public struct FunctionHostError: Error, Sendable, CustomStringConvertible {
    /// What kind of error it is.
    public let code: Code
    /// The function it concerns; nil where no function is involved.
    public let functionName: String?
    /// What is wrong, where, and what can be done about it.
    public let reason: String
    /// Which limit was reached, for ``Code/throttled``.
    public let throttle: Throttle?
    /// The error behind this one: what an init closure threw, or what the decoder found.
    public let underlying: (any Error)?

    /// Makes an error; hosts, adapters and tests of code that handles such errors do.
    public init(
        _ code: Code,
        functionName: String? = nil,
        reason: String,
        throttle: Throttle? = nil,
        underlying: (any Error)? = nil
    ) {
        self.code = code
        self.functionName = functionName
        self.reason = reason
        self.throttle = throttle
        self.underlying = underlying
    }

    /// How long to wait before trying again, for ``Code/throttled``; nil where waiting does not help.
    public var retryAfter: Duration? { throttle?.retryAfter }

    /// Code, function and reason in one line.
    public var description: String {
        "\(code)" + (functionName.map { " (\($0))" } ?? "") + ": \(reason)"
    }
}

extension FunctionHostError {
    /// The kinds of errors: an open set, so match the ones you handle and leave a default.
    public struct Code: Sendable, Hashable, CustomStringConvertible {
        /// The code as text, as logs and metric labels show it.
        public let description: String

        private init(_ description: String) { self.description = description }

        /// No function of that name or qualifier is registered, or it has been removed.
        public static let notFound = Self("notFound")
        /// A function of that name exists already.
        public static let alreadyRegistered = Self("alreadyRegistered")
        /// A name is not 1 to 64 of `A-Z a-z 0-9 _ -`.
        public static let invalidName = Self("invalidName")
        /// A configuration cannot be: a value is out of its range, or limits contradict each other.
        public static let invalidConfiguration = Self("invalidConfiguration")
        /// A reference's types are not those the function was registered with.
        public static let typeMismatch = Self("typeMismatch")
        /// A concurrency limit is reached, or waiting for it took longer than allowed.
        public static let throttled = Self("throttled")
        /// The attempt passed its deadline.
        public static let timedOut = Self("timedOut")
        /// The init closure of an execution environment threw.
        public static let initFailed = Self("initFailed")
        /// The init closure of an execution environment passed its time limit.
        public static let initTimedOut = Self("initTimedOut")
        /// A payload has more bytes than the limit.
        public static let payloadTooLarge = Self("payloadTooLarge")
        /// A payload is not what the function takes; the reason says where.
        public static let payloadUndecodable = Self("payloadUndecodable")
        /// A payload cannot be encoded, and has to be: for a durable queue, or to be looked at.
        public static let payloadUnencodable = Self("payloadUnencodable")
        /// A result cannot be encoded.
        public static let resultUnencodable = Self("resultUnencodable")
        /// An encoded result has more bytes than the limit.
        public static let resultTooLarge = Self("resultTooLarge")
        /// The host is shutting down or has shut down, and takes nothing new.
        public static let shuttingDown = Self("shuttingDown")
        /// The invocation was cut off by the host's shutdown: not the caller's doing, nor the handler's.
        public static let interrupted = Self("interrupted")
        /// The function is placed on the bulkhead, whose invocations need the host to be running.
        public static let notRunning = Self("notRunning")
        /// `run()` was called while the host runs.
        public static let alreadyRunning = Self("alreadyRunning")
        /// `run()` was called after the host has finished.
        public static let alreadyFinished = Self("alreadyFinished")
        /// A response stream was written to after its reader had left.
        public static let streamClosed = Self("streamClosed")
        /// An option of an event is out of its range.
        public static let invalidOptions = Self("invalidOptions")
        /// The queue holds as many events, or bytes, as it may.
        public static let queueFull = Self("queueFull")
        /// The queue's store failed; the reason says how.
        public static let queueUnavailable = Self("queueUnavailable")
        /// A function called itself too often in a chain.
        public static let recursionLimit = Self("recursionLimit")
        /// The system refused something the host needs: a directory, for one.
        public static let systemError = Self("systemError")
    }
}

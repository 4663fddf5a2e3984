// This source file is part of the FunctionHost project.
// SPDX-License-Identifier: Apache-2.0

/// What a caller asks of one invocation beside its input.
public struct InvocationOptions: Sendable {
    /// When the caller wants an answer at the latest; the function's own timeout applies as well.
    ///
    /// Covers waiting for room and a cold start too.
    public var deadline: Timestamp?
    /// How long the caller will wait for an answer, from the moment it asks: a ``deadline`` without looking at a clock.
    public var timeLimit: Duration?
    /// What to do if the limit is reached; nil for the function's own policy.
    public var saturation: SaturationPolicy?
    /// What the handler finds in ``InvocationContext/clientContext``.
    public var clientContext: ClientContext?
    /// The trace the invocation belongs to.
    public var traceHeader: String?

    /// Nothing special.
    public init(
        deadline: Timestamp? = nil,
        timeLimit: Duration? = nil,
        saturation: SaturationPolicy? = nil,
        clientContext: ClientContext? = nil,
        traceHeader: String? = nil
    ) {
        self.deadline = deadline
        self.timeLimit = timeLimit
        self.saturation = saturation
        self.clientContext = clientContext
        self.traceHeader = traceHeader
    }
}

/// What a caller sends along beside the input, in Lambda's three parts.
public struct ClientContext: Sendable, Hashable, Codable {
    /// About the calling application.
    public var client: [String: String]
    /// Whatever the caller likes.
    public var custom: [String: String]
    /// About the caller's surroundings; `env` on the wire.
    public var environment: [String: String]

    /// Makes a client context.
    public init(
        client: [String: String] = [:], custom: [String: String] = [:], environment: [String: String] = [:]
    ) {
        self.client = client
        self.custom = custom
        self.environment = environment
    }

    private enum CodingKeys: String, CodingKey {
        case client, custom
        case environment = "env"
    }

    /// Reads Lambda's JSON, in which each part may be missing.
    public init(from decoder: any Decoder) throws {
        let container = try decoder.container(keyedBy: CodingKeys.self)
        client = try container.decodeIfPresent([String: String].self, forKey: .client) ?? [:]
        custom = try container.decodeIfPresent([String: String].self, forKey: .custom) ?? [:]
        environment = try container.decodeIfPresent([String: String].self, forKey: .environment) ?? [:]
    }
}

/// Options that were given, behind one reference: most callers give none.
package final class CallerOptions: Sendable {
    package let deadline: Timestamp?
    package let saturation: SaturationPolicy?
    /// What the handler is told of them; nil if there is nothing to tell.
    package let details: CallerDetails?
    /// Which attempt it is; 1 is the first.
    package let attempt: Int

    package init(_ options: InvocationOptions, now: Timestamp) {
        let limit = options.timeLimit.map { now.advanced(by: $0) }
        deadline = options.deadline.map { deadline in limit.map { min(deadline, $0) } ?? deadline } ?? limit
        saturation = options.saturation
        attempt = 1
        details =
            options.clientContext == nil && options.traceHeader == nil
            ? nil
            : CallerDetails(alias: nil, clientContext: options.clientContext, traceHeader: options.traceHeader)
    }

    /// What goes with an event from the queue: it never waits for room, where it would keep others from being worked on.
    package init(attempt: Int, traceHeader: String?) {
        deadline = nil
        saturation = .reject
        self.attempt = attempt
        details = traceHeader.map { CallerDetails(alias: nil, clientContext: nil, traceHeader: $0) }
    }
}

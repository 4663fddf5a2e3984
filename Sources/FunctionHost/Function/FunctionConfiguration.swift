// This source file is part of the FunctionHost project.
// SPDX-License-Identifier: Apache-2.0

/// How a function is run. Everything in it can be changed while the function is live.
///
/// A value out of its range is refused by `register` and `update` with ``FunctionHostError/Code/invalidConfiguration``.
public struct FunctionConfiguration: Sendable {
    /// How long one attempt of the handler may take.
    ///
    /// Defaults to 3 seconds. From 1 millisecond to 15 minutes. After it the handler is cancelled, its caller gets
    /// ``FunctionHostError/Code/timedOut``, and its execution environment is discarded.
    ///
    /// nil lets it take as long as it likes. In the caller's task such a handler is called like any function, with no task
    /// of its own, which is the cheapest invocation there is; only its caller's cancellation reaches it then, and the
    /// host's shutdown waits for it and names it.
    public var timeout: Duration? = .seconds(3)

    /// How long the init closure of an execution environment may take on a cold start, beside ``timeout``.
    ///
    /// Defaults to 10 seconds. From 1 millisecond to 15 minutes.
    public var initTimeout: Duration = .seconds(10)

    /// How long the shutdown closure of an execution environment may take.
    ///
    /// Defaults to 2 seconds, as Lambda gives its extensions. From 0, which cancels it at once, to 15 minutes.
    public var shutdownTimeout: Duration = .seconds(2)

    /// How many invocations may run at one time, guaranteed to the function and at once its maximum.
    ///
    /// Defaults to nil: the function shares what no other has reserved. 0 switches the function off.
    public var reservedConcurrency: Int?

    /// How many execution environments are made ahead, while the host runs, and kept although idle.
    ///
    /// Defaults to 0. At most ``reservedConcurrency`` where that is set.
    public var provisionedConcurrency = 0

    /// What becomes of an invocation when the limit is reached. Defaults to ``SaturationPolicy/reject``.
    public var saturation: SaturationPolicy = .reject

    /// The memory class, in MiB: what the meter charges for. Nothing is reserved.
    ///
    /// Defaults to 128. From 128 to 10,240.
    public var memorySize = 128

    /// How long an idle execution environment is kept. Defaults to nil: the host's time is taken.
    public var idleTimeout: Duration?

    /// Where the handler runs. Defaults to ``Placement/callersTask``.
    public var placement: Placement = .callersTask

    /// What the handler finds in ``InvocationContext/variables``; never the process's own environment.
    ///
    /// Defaults to none. Names are two or more of `[a-zA-Z0-9_]` and begin with a letter; at most 4 KB in all.
    public var variables: [String: String] = [:]

    /// How often, and how much later, an event is tried again whose handler failed; only for what is enqueued.
    ///
    /// Defaults to ``RetryPolicy/lambda``: twice, after one and after two minutes.
    public var retry = RetryPolicy.lambda

    /// How old an event may become before it is given up, from the time it is first due, over all attempts.
    ///
    /// Defaults to 6 hours, as in Lambda. From 1 second to 366 days.
    public var maximumEventAge: Duration = .seconds(21_600)

    /// How often the process may end while an event is being tried before the event is given up.
    ///
    /// Defaults to 3. At least 1. Of the events that were being tried together only one is tried at a time afterwards, so that
    /// the one to blame does not take the others with it.
    public var maximumDeaths = 3

    /// How often the function may occur in a chain of invocations, each of which enqueued the next.
    ///
    /// Defaults to 16, as in Lambda; nil for no limit. At least 1.
    public var recursionLimit: Int? = 16

    /// Who gets the record of an event that succeeded. Defaults to nobody.
    public var onSuccess: DestinationTarget?

    /// Who gets the record of an event that failed for good. Defaults to nobody.
    public var onFailure: DestinationTarget?

    /// Whether an event that failed for good is kept in the host's dead-letter queue, whether ``onFailure`` is set or not.
    ///
    /// Defaults to true. Without ``onFailure`` it is kept in any case: nothing is dropped.
    public var keepsDeadLetters = true

    /// A sentence for people who list functions. At most 256 characters.
    public var summary = ""

    /// A configuration of defaults, to be changed.
    public init() {}

    /// A configuration with the settings most often wanted.
    public init(
        timeout: Duration? = .seconds(3),
        reservedConcurrency: Int? = nil,
        saturation: SaturationPolicy = .reject,
        memorySize: Int = 128,
        placement: Placement = .callersTask,
        retry: RetryPolicy = .lambda,
        onSuccess: DestinationTarget? = nil,
        onFailure: DestinationTarget? = nil
    ) {
        self.timeout = timeout
        self.reservedConcurrency = reservedConcurrency
        self.saturation = saturation
        self.memorySize = memorySize
        self.placement = placement
        self.retry = retry
        self.onSuccess = onSuccess
        self.onFailure = onFailure
    }
}

/// Where a function's handler runs.
public struct Placement: Sendable, Hashable {
    private let name: String

    /// In the task of the caller, on the caller's thread until it suspends: the cheapest.
    ///
    /// At its deadline the handler is cancelled and waited for: one that ignores cancellation holds its caller up, and is
    /// reported as overdue.
    public static let callersTask = Self(name: "callersTask")

    /// In the task of ``FunctionHost/run()``, on threads of the host's own.
    ///
    /// At the deadline the caller is answered whatever the handler does; a handler that goes on regardless keeps its place
    /// under the concurrency limit, is listed as running, and its late answer is refused.
    public static let bulkhead = Self(name: "bulkhead")
}

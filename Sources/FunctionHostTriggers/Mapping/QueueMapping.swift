// This source file is part of the FunctionHost project.
// SPDX-License-Identifier: Apache-2.0

public import FunctionHost

/// Connects a queue to a function, which is invoked with its messages, batch by batch, for as long as the host runs.
///
/// Made by `map` of the host. Messages are deleted when the function has succeeded; those that failed are visible again when their
/// visibility timeout is over, and the queue's own redrive policy says how often. While a batch runs its messages stay invisible.
public final class QueueMapping: HostService {
    /// What it is called in events.
    public let name: String
    /// The function's name.
    public let functionName: String
    /// Where the messages come from.
    public let source: any QueueSource

    private let control: MappingControl<QueueMappingConfiguration>
    private let runner: BatchRunner<QueueBatch>
    private let filter: (@Sendable (QueueMessage) -> Bool)?

    init(
        _ name: String, _ source: any QueueSource, _ runner: BatchRunner<QueueBatch>,
        _ configuration: QueueMappingConfiguration, _ filter: (@Sendable (QueueMessage) -> Bool)?
    ) {
        self.name = name
        self.source = source
        self.runner = runner
        self.filter = filter
        functionName = runner.functionName
        control = MappingControl(configuration)
    }

    /// What it is doing.
    public var status: MappingState { control.status }

    /// How batches are made.
    public var configuration: QueueMappingConfiguration { control.configuration }

    /// Receives nothing any more until it is resumed; batches that run are waited for.
    public func pause() { control.wish(.pause, .disabling) }

    /// Goes on after a pause.
    public func resume() { control.wish(.run, .enabling) }

    /// Ends it; batches that run are waited for.
    public func delete() { control.wish(.delete, .deleting) }

    /// Changes how batches are made, from the next one on.
    ///
    /// - Throws: ``/FunctionHost/FunctionHostError`` as `invalidConfiguration`.
    public func update(_ change: (inout QueueMappingConfiguration) -> Void) throws(FunctionHostError) {
        try control.update { configuration throws(FunctionHostError) in
            var configuration = configuration
            change(&configuration)
            try configuration.check(functionName, isFIFO: source.isFIFO)
            return configuration
        }
    }

    /// Works until the host shuts down or the mapping is deleted.
    public func run(on host: FunctionHost) async {
        await control.run(on: host) {
            let (configuration, generation) = control.begin()
            return await QueuePoller(name, source, runner, configuration, filter).run(on: host, control.wakeup) {
                [control] in
                guard control.isCurrent(generation) else { return false }
                control.became(.enabled, as: .run)
                return true
            }
        } forget: {
        }
    }
}

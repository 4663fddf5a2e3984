// This source file is part of the FunctionHost project.
// SPDX-License-Identifier: Apache-2.0

extension FunctionHost {
    /// Lets a service work for as long as the host runs: from now on, or from the beginning of ``run()``.
    ///
    /// A shutdown waits for services as it waits for invocations.
    ///
    /// - Throws: ``FunctionHostError`` as `shuttingDown`.
    public func attach(_ service: some HostService) throws(FunctionHostError) {
        try attach(service, isUnique: false)
    }

    /// Attaches a service; one that is unique is refused, as `alreadyRegistered`, where there is another of its type and name.
    package func attach(_ service: some HostService, isUnique: Bool) throws(FunctionHostError) {
        switch services.attach(service, isUnique: isUnique) {
        case .kept: break
        case .start(let place): start(place)
        case .taken:
            throw FunctionHostError(
                .alreadyRegistered,
                reason: "there is a \(type(of: service)) called \(service.name); end it, or give this one another name")
        case .refused:
            throw FunctionHostError(
                .shuttingDown,
                reason: "the host is shutting down and begins no service; attach \(service.name) to another")
        }
    }

    /// The services of one type that were attached and have not ended, by name.
    public func services<Service: HostService>(_ type: Service.Type) -> [Service] {
        services.all.compactMap { $0 as? Service }.sorted { $0.name < $1.name }
    }

    /// Tells the observers something, on behalf of a service.
    public func tell(_ event: some ServiceEvent) { observers.emit(.service(event)) }

    /// Whether a shutdown has begun.
    package var isShuttingDown: Bool { !dispatcher.takesEvents }

    /// Returns when a shutdown begins, or the task is cancelled.
    public func waitForShutdown() async { _ = await waitUnlessShutDown(OneShot()) }

    /// Lets time pass on the host's clock, until a shutdown begins or the task is cancelled.
    ///
    /// - Returns: Whether all of it has passed.
    public func sleepUnlessShutDown(for duration: Duration) async -> Bool {
        await sleepUnlessShutDown(until: time.now.advanced(by: duration))
    }

    /// Waits for a time on the host's clock, until a shutdown begins or the task is cancelled.
    ///
    /// - Returns: Whether the time has come.
    public func sleepUnlessShutDown(until deadline: Timestamp) async -> Bool {
        await waitUnlessShutDown(OneShot(), until: deadline)
    }

    /// Waits for what is given, or for a time, whatever else happens.
    package func wait(_ ticket: OneShot<Bool>, until deadline: Timestamp?) async {
        let alarm = deadline.map { timer.schedule(ClosureDeadline { _ in ticket.give(true) }, at: $0) }
        _ = await ticket.wait()
        if let alarm { timer.cancel(alarm) }
    }

    /// Waits for what is given: true by whoever holds the ticket or at the deadline, false if a shutdown begins or the task is
    /// cancelled first.
    package func waitUnlessShutDown(_ ticket: OneShot<Bool>, until deadline: Timestamp? = nil) async -> Bool {
        guard services.expectShutdown(ticket) else { return false }
        let alarm = deadline.map { timer.schedule(ClosureDeadline { _ in ticket.give(true) }, at: $0) }
        defer {
            if let alarm { timer.cancel(alarm) }
            services.forget(ticket)
        }
        return await withTaskCancellationHandler {
            await ticket.wait()
        } onCancel: {
            ticket.give(false)
        }
    }

    // MARK: - Inside

    /// Begins with the services that were attached before the host ran.
    func startServices() {
        for place in services.open() { start(place) }
    }

    private func start(_ place: ServiceRoster.Place) {
        let isTaken = mailbox.submit(
            HostWork(executor: nil, name: system.namesTasks ? place.service.name : nil) {
                self.services.begins(place)
                await withDiscardingTaskGroup { group in
                    group.addTask {
                        await place.service.run(on: self)
                        place.end.give(true)
                    }
                    if await !place.end.wait() { group.cancelAll() }
                }
                self.ended(place)
            })
        if !isTaken { ended(place) }
    }

    private func ended(_ place: ServiceRoster.Place) {
        services.ended(place)
        tellIfDrained()
    }
}

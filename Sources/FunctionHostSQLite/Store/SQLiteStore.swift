// This source file is part of the FunctionHost project.
// SPDX-License-Identifier: Apache-2.0

public import FunctionHost
import Synchronization

/// Keeps events in a file, so that they survive the end of the process, and, unless told otherwise, a power cut.
///
/// One file is one queue, and several processes on one machine may share it. An acknowledged event is on the disk. Callers that come
/// at the same time share a transaction, and with it the wait for the disk.
///
/// ```swift
/// let store = try SQLiteStore(path: "/var/lib/shop/queue.db")
/// ```
///
/// All work is done by a thread of the store's own; callers wait without holding one. Who is cancelled while waiting for room in the
/// mailbox leaves; what has been handed in is done all the same. Times are the calendar's, and payloads must be bytes.
public final class SQLiteStore: InvocationStore {
    /// Where the file is.
    public let path: String
    private let configuration: Configuration
    private let mailbox: Mailbox
    /// What guests share.
    let shelf = Mutex<[String: any AnyObject & Sendable]>([:])

    /// Opens a file, or makes it, and brings it up to date.
    ///
    /// - Parameters:
    ///   - path: A file on a local disk, in a directory that is there; beside it lie two more, whose names end in `-wal` and `-shm`.
    ///   - configuration: How events are kept.
    /// - Throws: ``/FunctionHost/StoreError`` as `missingDirectory`, `readOnly`, `corrupt`, `newerSchema`, `locked`, `diskFull` or `inputOutput`.
    public init(path: String, configuration: Configuration = Configuration()) throws(StoreError) {
        configuration.check()
        self.path = path
        self.configuration = configuration
        mailbox = Mailbox(
            MailboxStateMachine(
                room: Load(events: configuration.maximumPendingEvents, bytes: configuration.maximumPendingBytes),
                batchLimit: Load(events: configuration.maximumBatchEvents, bytes: configuration.maximumBatchBytes),
                maximumWaiting: configuration.maximumWaitingCallers))
        let thread = try StoreThread(mailbox: mailbox, path: path, configuration: configuration)
        startThread(named: "host-sqlite") { thread.run() }
    }

    deinit {
        // No call is under way: each holds the store. The thread closes the connection and ends.
        _ = mailbox.close()
    }

    /// Lets nothing more in, and returns when everything that was handed in is done and the file is closed.
    public func close() async {
        for call in mailbox.close() { call.fail(StoreError.closed(path)) }
        await mailbox.waitForEnd()
    }

    /// The calendar's time, bytes only; lease and poll as configured.
    public var traits: StoreTraits {
        StoreTraits(
            timeline: .calendar, keepsValues: false, leaseDuration: configuration.leaseDuration,
            pollInterval: configuration.pollInterval)
    }

    /// What the thread has done so far.
    package var statistics: StoreStatistics { mailbox.statistics }

    // MARK: - Handing in

    func hand<Answer: Sendable>(
        _ make: (CheckedContinuation<Answer, any Error>) -> Call
    ) async throws -> Answer {
        do {
            return try await withCheckedThrowingContinuation { continuation in
                let call = make(continuation)
                switch mailbox.hand(in: call) {
                case .taken: break
                case .full: call.fail(NoRoom())
                case .closed: call.fail(StoreError.closed(path))
                }
            }
        } catch is NoRoom {
            return try await wait(make)
        }
    }

    /// Waits for room in the mailbox, where a task that is cancelled leaves.
    private func wait<Answer: Sendable>(
        _ make: (CheckedContinuation<Answer, any Error>) -> Call
    ) async throws -> Answer {
        let id = mailbox.expect()
        return try await withTaskCancellationHandler {
            try await withCheckedThrowingContinuation { continuation in
                let call = make(continuation)
                switch mailbox.wait(call, as: id) {
                case .taken, .waits: break
                case .overloaded: call.fail(StoreError(overloaded: configuration.maximumWaitingCallers, path))
                case .cancelled: call.fail(CancellationError())
                case .closed: call.fail(StoreError.closed(path))
                }
            }
        } onCancel: {
            mailbox.cancel(id)
        }
    }
}

/// The mailbox is full: the caller has to wait.
private struct NoRoom: Error {}

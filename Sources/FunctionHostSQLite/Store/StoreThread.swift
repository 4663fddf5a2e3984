// This source file is part of the FunctionHost project.
// SPDX-License-Identifier: Apache-2.0

import CSQLite
import FunctionHost

/// The store's own thread, the only one that touches its connection.
///
/// It takes everything that has piled up while the disk was busy with the transaction before, does it in one transaction, and
/// answers once that is safe: many callers share one wait for the disk.
///
/// `@unchecked Sendable`: made by the thread that opens the store, and from `run()` on touched by the thread that runs it only.
final class StoreThread: @unchecked Sendable {
    private let mailbox: Mailbox
    private let path: String
    private let configuration: SQLiteStore.Configuration
    /// Nil after a fault, until the file is opened anew.
    private var ledger: Ledger?
    private var answers = Answers()
    private var statistics = StoreStatistics()

    init(
        mailbox: Mailbox, path: String, configuration: SQLiteStore.Configuration
    ) throws(StoreError) {
        self.mailbox = mailbox
        self.path = path
        self.configuration = configuration
        do throws(StoreFault) { ledger = try open() } catch { throw StoreError(error, path: path) }
    }

    func run() {
        var spare = Batch()
        while var batch = mailbox.take(after: spare, statistics) {
            if batch.transactionCount > 0 { transact(batch) }
            for call in batch.cares { care(call) }
            ledger.map(tidy)
            batch.removeAll()
            spare = batch
        }
        ledger = nil
        mailbox.threadEnded()
    }

    private func open() throws(StoreFault) -> Ledger {
        let connection = try Connection.open(path: path, configuration: configuration)
        do throws(SQLiteFault) {
            return try Ledger(connection, lendingLimit: configuration.maximumBatchBytes)
        } catch {
            throw .sqlite(error)
        }
    }

    // MARK: - A transaction

    private enum Outcome {
        /// It is safe.
        case committed(changed: Bool)
        /// Nothing of it is in the file, unless there is a mark: then it was the commit that failed, and only the file knows.
        case failed(SQLiteFault, Mark?)
        case notOpened(StoreFault)
    }

    private func transact(_ batch: borrowing Batch) {
        switch attempt(batch) {
        case .committed(let changed): succeeded(batch, changed: changed)
        case .failed(let fault, let mark): failed(batch, fault, mark)
        case .notOpened(let fault): batch.fail(StoreError(fault, path: path))
        }
    }

    private func attempt(_ batch: borrowing Batch) -> Outcome {
        do throws(StoreFault) { if ledger == nil { try reopen() } } catch { return .notOpened(error) }
        guard let ledger else { preconditionFailure("a store that is open has no ledger") }
        var mark: Mark?
        do throws(SQLiteFault) {
            try ledger.begin(changing: batch.changes, onlyAppending: batch.onlyAppends)
            try perform(batch, ledger)
            mark = try ledger.seal()
            try ledger.commit()
            return .committed(changed: mark != nil)
        } catch {
            ledger.rollBack()
            return .failed(error, mark)
        }
    }

    private func perform(_ batch: borrowing Batch, _ ledger: Ledger) throws(SQLiteFault) {
        answers.removeAll()
        for call in batch.settles { answers.settles.append(try ledger.settle(call.settlement, now: call.now)) }
        for call in batch.turns { answers.turns.append(try ledger.settle(call.settlement, now: call.wish.now)) }
        for call in batch.extends { answers.extends.append(try ledger.extend(call.tokens, until: call.end)) }
        for call in batch.appends {
            answers.appends.append(try ledger.append(call.events, room: call.room, now: call.now))
        }
        if !(batch.leases.isEmpty && batch.turns.isEmpty) { answers.leases = try lease(batch.wishes, ledger) }
        for call in batch.others { answers.others.append(try call.perform(on: ledger)) }
    }

    /// One claim for all that ask for the same.
    private func lease(_ wishes: [LeaseWish], _ ledger: Ledger) throws(SQLiteFault) -> [LeaseAnswer] {
        if wishes.allSatisfy({ $0.request.asksForTheSame(as: wishes[0].request) }) { return try ledger.lease(wishes) }
        var answers = [LeaseAnswer](repeating: LeaseAnswer(), count: wishes.count)
        var left = Array(wishes.indices)
        while let first = left.first {
            let same = left.filter { wishes[$0].request.asksForTheSame(as: wishes[first].request) }
            for (index, answer) in zip(same, try ledger.lease(same.map { wishes[$0] })) { answers[index] = answer }
            left.removeAll { same.contains($0) }
        }
        return answers
    }

    private func succeeded(_ batch: borrowing Batch, changed: Bool) {
        if changed { statistics.commits += 1 }
        statistics.operations += batch.transactionCount
        answers.give(to: batch)
    }

    // MARK: - Faults

    private func failed(_ batch: borrowing Batch, _ fault: SQLiteFault, _ mark: Mark?) {
        if fault.kind == SQLITE_FULL, batch.transactionCount > 1 {
            // What ends takes no room, and what is small may find some.
            for single in batch.apart() { transact(single) }
            return
        }
        if fault.endsConnection {
            // Nobody else holds it: this closes the connection.
            ledger = nil
            // If it cannot be opened either, the first error says enough; the next call tries again.
            if let mark, let isThere = try? reopen(lookingFor: mark), isThere {
                succeeded(batch, changed: true)
                return
            }
        }
        batch.fail(StoreError(fault, path: path))
    }

    /// Opens the file anew after a fault; returns whether the transaction that failed in its last step is in it.
    ///
    /// A `fsync` that has failed is not tried again: the system may have forgotten what it could not write. A connection that is
    /// closed leaves the log as it is known to be on the disk, and a transaction of its own then overwrites what a failed one may
    /// have left behind it: what was refused does not come back.
    @discardableResult
    private func reopen(lookingFor mark: Mark? = nil) throws(StoreFault) -> Bool {
        let opened = try open()
        do throws(SQLiteFault) {
            let isThere = if let mark { try opened.has(mark) } else { false }
            try opened.writeOver()
            statistics.recoveries += 1
            ledger = opened
            return isThere
        } catch {
            throw .sqlite(error)
        }
    }

    // MARK: - Between transactions

    private func care(_ call: any CareCall) {
        do throws(StoreFault) {
            if ledger == nil { try reopen() }
        } catch {
            call.fail(StoreError(error, path: path))
            return
        }
        guard let ledger else { return }
        do throws(SQLiteFault) {
            try call.perform(on: ledger.connection)
        } catch {
            ledger.rollBack()
            if error.endsConnection { self.ledger = nil }
            call.fail(StoreError(error, path: path))
        }
    }

    /// Writes the log into the file once it is long, after its callers have been answered.
    private func tidy(_ ledger: Ledger) {
        let pages = ledger.connection.logPages
        let limit = max(1, configuration.logBytes / 4_096)
        guard pages >= limit else { return }
        do throws(SQLiteFault) {
            // Somebody who reads all the time may keep the log from beginning anew: then it is worth while to wait.
            try ledger.connection.checkpoint(pages > 4 * limit ? .restarting : .passive)
            statistics.checkpoints += 1
        } catch {
            if error.endsConnection { self.ledger = nil }
        }
    }
}

// This source file is part of the FunctionHost project.
// SPDX-License-Identifier: Apache-2.0

public import FunctionHost
import Synchronization

extension InMemoryTable {
    /// Deletes items whose time is over, by ``Configuration/timeToLive``; their records say that the table has done it.
    ///
    /// An item's time is over at the second that its attribute tells, if that is a number, and not more than five years ago.
    ///
    /// - Returns: How many were deleted.
    /// - Throws: ``TableError`` as `full` if there is no room for the record of a deletion.
    /// - Source: DynamoDB Developer Guide, *Using time to live (TTL)*.
    @discardableResult
    public func removeExpired() throws(TableError) -> Int {
        guard let attribute = configuration.timeToLive else { return 0 }
        var (count, start): (Int, ItemKey?) = (0, nil)
        repeat {
            let (now, wallTime) = (clock.now, clock.wallTime)
            // A piece at a time: nobody waits for a look at a million items.
            let from = start
            let piece = machine.withLock {
                $0.removeExpired(attribute, after: from, now: now, wallTime: wallTime)
            }
            announce(piece.places)
            if let fault = piece.fault { throw fault }
            count += piece.count
            start = piece.next
        } while start != nil
        return count
    }
}

/// What came of a look at a piece of a table.
private struct ExpiryPiece: Sendable {
    var count = 0
    var places: [RecordPlace] = []
    /// What to go on after; nil if this was the last piece.
    var next: ItemKey?
    /// What the last deletion failed at.
    var fault: TableError?
}

extension TableStateMachine {
    /// How many items are looked at while others wait.
    private static var pieceSize: Int { 500 }

    /// Deletes items of a piece of the table whose time is over.
    fileprivate mutating func removeExpired(
        _ attribute: String, after start: ItemKey?, now: Timestamp, wallTime: Timestamp
    ) -> ExpiryPiece {
        guard let rule = TableExpiryRule(attribute, at: wallTime) else { return ExpiryPiece() }
        var piece = ExpiryPiece()
        var expired: [ItemKey] = []
        var place = start.map { start in items.first { $0 <= start } } ?? items.start
        for _ in 0..<Self.pieceSize {
            guard place != items.end else {
                piece.next = nil
                break
            }
            let kept = items[place]
            if rule.isOver(kept.item) { expired.append(kept.key) }
            piece.next = kept.key
            place = items.after(place)
        }
        for key in expired {
            do throws(TableError) {
                let deletion = PreparedOperation(deleting: key)
                piece.places += try write(deletion, now: now, wallTime: wallTime, isExpiry: true).1
                piece.count += 1
            } catch {
                piece.fault = error
                break
            }
        }
        return piece
    }
}

/// Deletes items of a table whose time is over, again and again while a host runs.
///
/// ```swift
/// try host.attach(TableExpiry(of: sessions, every: .seconds(60)))
/// ```
public struct TableExpiry: HostService {
    private let arn: String
    private let period: Duration
    private let remove: @Sendable () async throws -> Int

    /// - Parameters:
    ///   - table: One with ``InMemoryTable/Configuration/timeToLive``.
    ///   - period: How long to wait from one look at all items to the next; at least a second.
    /// - Throws: ``TableError`` as `invalidConfiguration` if the table has no attribute for it, or the period is shorter.
    public init(of table: InMemoryTable, every period: Duration = .seconds(60)) throws(TableError) {
        try self.init(table.name, arn: table.arn, table.configuration, every: period) { try table.removeExpired() }
    }

    /// - Parameter remove: Deletes what has expired, and returns how many there were.
    /// - Throws: ``TableError`` as `invalidConfiguration`.
    package init(
        _ name: String, arn: String, _ configuration: InMemoryTable.Configuration, every period: Duration,
        remove: @escaping @Sendable () async throws -> Int
    ) throws(TableError) {
        guard configuration.timeToLive != nil, period >= .seconds(1) else {
            throw TableError(
                .invalidConfiguration,
                reason: "the table \(name) has no timeToLive, or the period of \(period) is shorter than a second")
        }
        self.arn = arn
        self.period = period
        self.remove = remove
    }

    /// The table's name.
    public var name: String { "expiry of \(arn)" }

    /// Works until a shutdown begins.
    public func run(on host: FunctionHost) async {
        repeat {
            do {
                let count = try await remove()
                if count > 0 { host.tell(TableExpiryEvent(serviceName: name, kind: .expired(items: count))) }
            } catch {
                // Items stay, and are found again.
                let reason = (error as? TableError)?.reason ?? "\(error)"
                host.tell(TableExpiryEvent(serviceName: name, kind: .waits(reason: reason)))
            }
        } while await host.sleepUnlessShutDown(for: period)
    }
}

/// What a ``TableExpiry`` tells the host's observers, by ``/FunctionHost/HostEvent/service(_:)``.
public struct TableExpiryEvent: ServiceEvent {
    /// What happened; more may come.
    public enum Kind: Sendable {
        /// So many items were deleted.
        case expired(items: Int)
        /// There was no room for the record of a deletion, or the table's file is at fault; it is tried again.
        case waits(reason: String)
    }

    /// The name of the expiry.
    public let serviceName: String
    /// What happened.
    public let kind: Kind

    /// The name and what happened, in a line.
    public var description: String {
        switch kind {
        case .expired(let count): "\(serviceName): \(count) items have expired"
        case .waits(let reason): "\(serviceName): expired items wait: \(reason)"
        }
    }
}

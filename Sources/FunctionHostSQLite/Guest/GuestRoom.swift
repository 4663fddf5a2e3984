// This source file is part of the FunctionHost project.
// SPDX-License-Identifier: Apache-2.0

/// The guests of one connection.
final class GuestRoom {
    private var guests: [ObjectIdentifier: any StoreGuest] = [:]
    private let savepoint: Statement
    private let release: Statement
    private let rollBackTo: Statement

    init(on connection: Connection) throws(SQLiteFault) {
        savepoint = try connection.prepare("SAVEPOINT guest")
        release = try connection.prepare("RELEASE guest")
        rollBackTo = try connection.prepare("ROLLBACK TO guest")
    }

    func guest<Guest: StoreGuest>(_ kind: Guest.Type, on connection: Connection) throws(SQLiteFault) -> Guest {
        if let known = guests[ObjectIdentifier(kind)] as? Guest { return known }
        let guest = try Guest(on: connection)
        guests[ObjectIdentifier(kind)] = guest
        return guest
    }

    func forget() { for guest in guests.values { guest.forget() } }

    /// Does something by itself within the transaction: what fails undoes what it has done, and nothing else.
    ///
    /// - Throws: What `body` throws, whose work is undone then. If that cannot be done alone, the whole transaction has to be.
    func apart<Answer>(
        on connection: Connection, _ body: () throws -> Answer
    ) throws(SQLiteFault) -> Result<Answer, any Error> {
        try savepoint.run()
        do {
            let answer = try body()
            try release.run()
            return .success(answer)
        } catch {
            if let fault = error as? SQLiteFault, fault.endsConnection || fault.isOutOfRoom { throw fault }
            // Some faults end the transaction by themselves.
            guard connection.isInTransaction else {
                throw error as? SQLiteFault ?? SQLiteFault(damage: "the transaction has ended by itself")
            }
            try rollBackTo.run()
            try release.run()
            forget()
            return .failure(error)
        }
    }
}

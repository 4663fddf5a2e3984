// This source file is part of the FunctionHost project.
// SPDX-License-Identifier: Apache-2.0

/// Whoever keeps tables of its own in a store's file, and works in the store's transactions.
///
/// One lives with each connection, on the store's thread, and holds what is prepared there. Its tables have a version of their own:
/// whoever does not know them leaves them alone.
package protocol StoreGuest: AnyObject, SendableMetatype {
    /// What its tables are known by in the file.
    static var name: String { get }

    /// What each version of its tables adds to the one before, the first one to none.
    static var migrations: [String] { get }

    /// Prepares what it needs; its tables are there.
    init(on connection: Connection) throws(SQLiteFault)

    /// Something it has done is undone: what it knows of the file may be wrong.
    func forget()
}

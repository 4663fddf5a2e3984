// This source file is part of the FunctionHost project.
// SPDX-License-Identifier: Apache-2.0

/// The numbers that functions have in the file; each is looked up once.
final class FunctionTable {
    private var entries: [String: FunctionEntry] = [:]
    private var names: [Int: String] = [:]
    private let find: Statement
    private let add: Statement
    private let findName: Statement

    init(on connection: Connection) throws(SQLiteFault) {
        find = try connection.prepare("SELECT number, age FROM functions WHERE name = ?1")
        add = try connection.prepare(
            """
            INSERT INTO functions (name, age) VALUES (?1, ?2) ON CONFLICT (name) DO UPDATE SET age = ?2
            RETURNING number, age
            """)
        findName = try connection.prepare("SELECT name FROM functions WHERE number = ?1")
    }

    /// A function; nil if the file does not know it.
    func known(_ name: String) throws(SQLiteFault) -> FunctionEntry? {
        if let entry = entries[name] { return entry }
        find.bind(name, 1)
        return try read(find, name)
    }

    /// A function by its number.
    func entry(of number: Int) throws(SQLiteFault) -> FunctionEntry {
        guard let entry = try known(try name(of: number)) else { throw Self.missing(number) }
        return entry
    }

    /// A function, which is entered now if the file does not know it, with the age of its first event as a rule.
    func entry(of name: String, age: @autoclosure () -> Int64) throws(SQLiteFault) -> FunctionEntry {
        if let entry = try known(name), entry.age >= 0 || age() < 0 { return entry }
        add.bind(name, 1)
        add.bind(age(), 2)
        guard let entry = try read(add, name) else { throw SQLiteFault(damage: "a new function has no row") }
        return entry
    }

    func name(of number: Int) throws(SQLiteFault) -> String {
        if let name = names[number] { return name }
        findName.bind(number, 1)
        guard try findName.step() else { throw Self.missing(number) }
        defer { findName.reset() }
        guard let name = findName.text(0) else { throw Self.missing(number) }
        names[number] = name
        return name
    }

    /// The transaction that may have entered functions is undone.
    func forget() {
        entries = [:]
        names = [:]
    }

    private func read(_ statement: Statement, _ name: String) throws(SQLiteFault) -> FunctionEntry? {
        guard try statement.step() else { return nil }
        defer { statement.reset() }
        let entry = FunctionEntry(number: statement.int(0), age: statement.integer(1))
        entries[name] = entry
        names[entry.number] = name
        return entry
    }

    private static func missing(_ number: Int) -> SQLiteFault {
        SQLiteFault(damage: "an event's function, number \(number), has no name")
    }
}

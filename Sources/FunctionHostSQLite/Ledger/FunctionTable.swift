// This source file is part of the FunctionHost project.
// SPDX-License-Identifier: Apache-2.0

/// The numbers that functions have in the file; each is looked up once.
final class FunctionTable {
    private var numbers: [String: Int] = [:]
    private var names: [Int: String] = [:]
    private let find: Statement
    private let add: Statement
    private let findName: Statement

    init(on connection: Connection) throws(SQLiteFault) {
        find = try connection.prepare("SELECT number FROM functions WHERE name = ?1")
        add = try connection.prepare("INSERT INTO functions (name) VALUES (?1) RETURNING number")
        findName = try connection.prepare("SELECT name FROM functions WHERE number = ?1")
    }

    /// A function's number; nil if the file does not know it.
    func known(_ name: String) throws(SQLiteFault) -> Int? {
        if let number = numbers[name] { return number }
        find.bind(name, 1)
        guard let number = try find.integer() else { return nil }
        return remember(Int(number), name)
    }

    /// A function's number, given now if it has none.
    func number(of name: String) throws(SQLiteFault) -> Int {
        if let number = try known(name) { return number }
        add.bind(name, 1)
        guard let number = try add.integer() else { preconditionFailure("an insertion without a row") }
        return remember(Int(number), name)
    }

    func name(of number: Int) throws(SQLiteFault) -> String {
        if let name = names[number] { return name }
        findName.bind(number, 1)
        guard try findName.step(), let name = findName.text(0) else {
            throw SQLiteFault(damage: "an event's function, number \(number), has no name")
        }
        findName.reset()
        _ = remember(number, name)
        return name
    }

    /// The transaction that may have given numbers is undone.
    func forget() {
        numbers = [:]
        names = [:]
    }

    private func remember(_ number: Int, _ name: String) -> Int {
        numbers[name] = number
        names[number] = name
        return number
    }
}

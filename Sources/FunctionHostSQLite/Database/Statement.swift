// This source file is part of the FunctionHost project.
// SPDX-License-Identifier: Apache-2.0

import CSQLite
package import FunctionHost

/// A prepared statement, used again and again by the one thread that owns its connection.
///
/// What is bound by reference must live until ``reset()``.
package final class Statement {
    private let pointer: OpaquePointer
    /// Where an id lies while it is bound: 16 bytes.
    private let idBytes = UnsafeMutableRawPointer.allocate(byteCount: 16, alignment: 8)

    init(_ sql: String, on connection: OpaquePointer) throws(SQLiteFault) {
        var pointer: OpaquePointer?
        let code = sqlite3_prepare_v3(connection, sql, -1, UInt32(SQLITE_PREPARE_PERSISTENT), &pointer, nil)
        guard code == SQLITE_OK, let pointer else { throw SQLiteFault(on: connection) }
        self.pointer = pointer
    }

    deinit {
        sqlite3_finalize(pointer)
        idBytes.deallocate()
    }

    // MARK: - Running

    /// Goes on to the next row; false if there is none, and the statement is ready to run again.
    package func step() throws(SQLiteFault) -> Bool {
        switch sqlite3_step(pointer) {
        case SQLITE_ROW: return true
        case SQLITE_DONE:
            sqlite3_reset(pointer)
            return false
        default:
            let fault = SQLiteFault(on: sqlite3_db_handle(pointer))
            sqlite3_reset(pointer)
            throw fault
        }
    }

    /// Runs a statement whose rows, if it has any, nobody wants.
    package func run() throws(SQLiteFault) {
        if try step() { sqlite3_reset(pointer) }
    }

    /// Runs a statement that changes rows; returns how many.
    package func change() throws(SQLiteFault) -> Int {
        try run()
        return Int(sqlite3_changes(sqlite3_db_handle(pointer)))
    }

    /// The integer that a statement gives; nil if it gives none.
    package func integer() throws(SQLiteFault) -> Int64? {
        guard try step() else { return nil }
        defer { reset() }
        return isNull(0) ? nil : integer(0)
    }

    /// Leaves the rows that have not been looked at.
    package func reset() { sqlite3_reset(pointer) }

    // MARK: - Binding; the first parameter is 1

    package func bind(_ value: Int64, _ place: Int32) { sqlite3_bind_int64(pointer, place, value) }

    package func bind(_ value: Int, _ place: Int32) { sqlite3_bind_int64(pointer, place, Int64(value)) }

    package func bind(_ time: Timestamp, _ place: Int32) { sqlite3_bind_int64(pointer, place, time.nanoseconds) }

    package func bindNull(_ place: Int32) { sqlite3_bind_null(pointer, place) }

    package func bind(_ value: Int64?, _ place: Int32) {
        if let value { bind(value, place) } else { bindNull(place) }
    }

    package func bind(_ text: String?, _ place: Int32) {
        guard var text else { return bindNull(place) }
        text.withUTF8 { bytes in
            // A null pointer would bind NULL.
            let start = UnsafeRawPointer(bytes.baseAddress ?? ("" as StaticString).utf8Start)
            _ = sqlite3_bind_text(
                pointer, place, start.assumingMemoryBound(to: CChar.self), Int32(bytes.count), copied)
        }
    }

    /// Binds an id; a second one in the same statement would overwrite it.
    package func bind(_ id: InvocationID, _ place: Int32) {
        idBytes.storeBytes(of: id.high.bigEndian, as: UInt64.self)
        idBytes.storeBytes(of: id.low.bigEndian, toByteOffset: 8, as: UInt64.self)
        sqlite3_bind_blob(pointer, place, idBytes, 16, nil)
    }

    /// Binds an id that may stand beside another one.
    package func bindCopy(_ id: InvocationID?, _ place: Int32) {
        guard let id else { return bindNull(place) }
        withUnsafeBytes(of: (id.high.bigEndian, id.low.bigEndian)) { bytes in
            _ = sqlite3_bind_blob(pointer, place, bytes.baseAddress, 16, copied)
        }
    }

    /// Binds bytes without copying them.
    package func bind(_ bytes: UnsafeBufferPointer<UInt8>, _ place: Int32) {
        if let start = bytes.baseAddress, !bytes.isEmpty {
            sqlite3_bind_blob64(pointer, place, start, UInt64(bytes.count), nil)
        } else {
            sqlite3_bind_zeroblob(pointer, place, 0)
        }
    }

    /// Binds bytes that need not live on.
    package func bindCopy(_ bytes: [UInt8], _ place: Int32) {
        guard !bytes.isEmpty else { return _ = sqlite3_bind_zeroblob(pointer, place, 0) }
        bytes.withUnsafeBytes { bytes in
            _ = sqlite3_bind_blob64(pointer, place, bytes.baseAddress, UInt64(bytes.count), copied)
        }
    }

    // MARK: - The row; the first column is 0

    package func isNull(_ column: Int32) -> Bool { sqlite3_column_type(pointer, column) == SQLITE_NULL }

    package func integer(_ column: Int32) -> Int64 { sqlite3_column_int64(pointer, column) }

    package func int(_ column: Int32) -> Int { Int(sqlite3_column_int64(pointer, column)) }

    package func time(_ column: Int32) -> Timestamp { Timestamp(nanoseconds: sqlite3_column_int64(pointer, column)) }

    package func text(_ column: Int32) -> String? {
        guard let start = sqlite3_column_text(pointer, column) else { return nil }
        let count = Int(sqlite3_column_bytes(pointer, column))
        return String(decoding: UnsafeBufferPointer(start: start, count: count), as: UTF8.self)
    }

    package func bytes(_ column: Int32) -> [UInt8] {
        guard let start = sqlite3_column_blob(pointer, column) else { return [] }
        return Array(UnsafeRawBufferPointer(start: start, count: Int(sqlite3_column_bytes(pointer, column))))
    }

    /// An id; nil if the column holds none.
    package func id(_ column: Int32) -> InvocationID? {
        guard let start = sqlite3_column_blob(pointer, column), sqlite3_column_bytes(pointer, column) == 16 else {
            return nil
        }
        return InvocationID(
            high: UInt64(bigEndian: start.loadUnaligned(as: UInt64.self)),
            low: UInt64(bigEndian: start.loadUnaligned(fromByteOffset: 8, as: UInt64.self)))
    }
}

/// Tells SQLite to keep a copy of what is bound.
private let copied = unsafeBitCast(-1, to: sqlite3_destructor_type.self)

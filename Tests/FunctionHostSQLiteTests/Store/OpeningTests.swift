// This source file is part of the FunctionHost project.
// SPDX-License-Identifier: Apache-2.0

import CSQLite
import FunctionHost
import FunctionHostSQLite
import Testing

#if canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#elseif canImport(Darwin)
    import Darwin
#endif

@Suite struct OpeningTests {
    let directory = TemporaryDirectory()

    private func code(opening path: String, _ configuration: SQLiteStore.Configuration = .init()) -> StoreError? {
        do throws(StoreError) {
            _ = try SQLiteStore(path: path, configuration: configuration)
            return nil
        } catch {
            return error
        }
    }

    @Test("A directory that is not there is named")
    func missingDirectory() throws {
        let error = try #require(code(opening: directory.file("nowhere/queue.db")))
        #expect(error.code == .missingDirectory)
        #expect(error.reason.contains(directory.file("nowhere")))
        #expect(!error.isPassing)
    }

    @Test("A directory is no file")
    func directoryItself() {
        #expect(code(opening: directory.path)?.code == .inputOutput)
    }

    @Test(
        "A file that is no database is corrupt, and is left as it is",
        arguments: [Array("name,value\n1,2\n".utf8), [UInt8](repeating: 0xA5, count: 10_000)])
    func garbage(bytes: [UInt8]) throws {
        directory.write(bytes, to: "queue.db")
        let error = try #require(code(opening: directory.file()))
        #expect(error.code == .corrupt)
        #expect(error.reason.contains("is no store"))
        let file = try #require(fopen(directory.file(), "r"))
        defer { fclose(file) }
        var read = [UInt8](repeating: 0, count: bytes.count + 1)
        #expect(fread(&read, 1, read.count, file) == bytes.count)
        #expect(read.dropLast() == bytes[...])
    }

    @Test("An empty file becomes a store")
    func empty() {
        directory.write([], to: "queue.db")
        #expect(code(opening: directory.file()) == nil)
    }

    @Test("A database of something else is not touched")
    func foreign() throws {
        let other = RawConnection(directory.file())
        other.run("CREATE TABLE prices (item TEXT, price INTEGER)")
        #expect(code(opening: directory.file())?.code == .corrupt)
        #expect(other.rows("SELECT name FROM sqlite_schema") == [["prices"]])
        #expect(other.rows("PRAGMA journal_mode") == [["delete"]])
    }

    @Test("A file that a newer version made is refused, with both versions")
    func newerSchema() async throws {
        let store = try SQLiteStore(path: directory.file())
        await store.close()
        RawConnection(directory.file()).run("PRAGMA user_version = 99")
        let error = try #require(code(opening: directory.file()))
        #expect(error.code == .newerSchema)
        #expect(error.reason.contains("99"))
    }

    @Test("A file that may only be read is refused")
    func readOnly() async throws {
        let store = try SQLiteStore(path: directory.file())
        await store.close()
        #expect(code(opening: "file:\(directory.file())?mode=ro")?.code == .readOnly)
    }

    @Test("A file and a directory that may not be written to are refused", .enabled(if: getuid() != 0, "root may"))
    func permissions() async throws {
        let store = try SQLiteStore(path: directory.file())
        await store.close()
        chmod(directory.file(), 0o400)
        #expect(code(opening: directory.file())?.code == .readOnly)
        chmod(directory.path, 0o500)
        defer { chmod(directory.path, 0o700) }
        #expect(code(opening: directory.file("other.db"))?.code == .readOnly)
    }

    @Test("A file that somebody has locked is refused for now")
    func locked() throws {
        let other = RawConnection(directory.file())
        other.run("CREATE TABLE t (a); DROP TABLE t; BEGIN EXCLUSIVE")
        var configuration = SQLiteStore.Configuration()
        configuration.busyTimeout = .zero
        let error = try #require(code(opening: directory.file(), configuration))
        #expect(error.code == .locked)
        #expect(error.isPassing)
        other.run("ROLLBACK")
        #expect(code(opening: directory.file()) == nil)
    }

    @Test("A database in memory would keep nothing")
    func inMemory() {
        #expect(code(opening: ":memory:")?.code == .inputOutput)
    }

    @Test("The file is told by its application id, and is in the mode that was asked for")
    func settings() async throws {
        let store = try SQLiteStore(path: directory.file())
        let other = RawConnection(directory.file())
        #expect(other.rows("PRAGMA application_id") == [[String(0x466E_4874)]])
        #expect(other.rows("PRAGMA journal_mode") == [["wal"]])
        #expect(other.rows("PRAGMA user_version") == [["2"]])
        #expect(store.traits.timeline == .calendar)
        #expect(!store.traits.keepsValues)
        await store.close()
    }

    @Test("Two that open a new file at the same time make one store of it")
    func together() async throws {
        let path = directory.file()
        try await withThrowingDiscardingTaskGroup { group in
            for number in 0..<8 {
                group.addTask {
                    try await SQLiteStore(path: path, configuration: .patient).append(.event(number))
                }
            }
        }
        #expect(try await SQLiteStore(path: path).figures(now: .second(0)).ready == 8)
    }
}

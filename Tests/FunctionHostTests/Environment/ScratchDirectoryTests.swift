// This source file is part of the FunctionHost project.
// SPDX-License-Identifier: Apache-2.0

import FunctionHost
import Testing

#if canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#elseif canImport(Darwin)
    import Darwin
#endif

@Suite struct ScratchDirectoryTests {
    private func exists(_ path: String) -> Bool { access(path, F_OK) == 0 }

    private func write(_ path: String) {
        let file = open(path, O_CREAT | O_WRONLY | O_EXCL, 0o600)
        #expect(file >= 0)
        close(file)
    }

    @Test("Each directory is new, empty and this user's alone")
    func made() throws {
        let (first, second) = (try ScratchDirectory(for: "resize"), try ScratchDirectory(for: "resize"))
        defer {
            first.remove()
            second.remove()
        }
        #expect(first.path != second.path)
        #expect(first.path.contains("FunctionHost-resize-"))
        var status = stat()
        #expect(stat(first.path, &status) == 0)
        #expect(status.st_mode & 0o777 == 0o700)
        #expect(rmdir(second.path) == 0, "it was not empty")
    }

    @Test("A directory is removed with everything nested in it")
    func nested() throws {
        let scratch = try ScratchDirectory(for: "resize")
        var path = scratch.path
        for level in 0..<20 {
            write("\(path)/file")
            write("\(path)/.hidden")
            path += "/\(level)"
            #expect(mkdir(path, 0o700) == 0)
        }
        for number in 0..<300 { write("\(scratch.path)/many-\(number)") }
        scratch.remove()
        #expect(!exists(scratch.path))
    }

    @Test("Symbolic links are removed, and what they point to is left alone")
    func links() throws {
        let (scratch, other) = (try ScratchDirectory(for: "resize"), try ScratchDirectory(for: "other"))
        defer { other.remove() }
        write("\(other.path)/kept")
        #expect(symlink(other.path, "\(scratch.path)/directory") == 0)
        #expect(symlink("\(other.path)/kept", "\(scratch.path)/file") == 0)
        #expect(symlink("/nowhere", "\(scratch.path)/dangling") == 0)
        scratch.remove()
        #expect(!exists(scratch.path))
        #expect(exists("\(other.path)/kept"))
    }

    @Test("A directory that has become a link is not followed")
    func replaced() throws {
        let (scratch, other) = (try ScratchDirectory(for: "resize"), try ScratchDirectory(for: "other"))
        defer { other.remove() }
        write("\(other.path)/kept")
        rmdir(scratch.path)
        #expect(symlink(other.path, scratch.path) == 0)
        defer { unlink(scratch.path) }
        scratch.remove()
        #expect(exists("\(other.path)/kept"))
    }

    @Test("Removing a directory that is gone does nothing")
    func gone() throws {
        let scratch = try ScratchDirectory(for: "resize")
        scratch.remove()
        scratch.remove()
        #expect(!exists(scratch.path))
    }

    @Test("A directory that cannot be made is an error that says why")
    func impossible() {
        let error = #expect(throws: FunctionHostError.self) { try ScratchDirectory(for: "no/such/place") }
        #expect(error?.code == .systemError)
        #expect(error?.functionName == "no/such/place")
        #expect(error?.reason.hasPrefix("no scratch directory could be made in ") == true)
    }

    @Test("An environment makes its directory when first asked and takes it along when it ends")
    func environment() throws {
        let environment = Environment(id: EnvironmentID(1), function: FunctionIdentity(name: "resize"))
        let path = try environment.scratchPath()
        #expect(try environment.scratchPath() == path)
        #expect(exists(path))
        environment.end()
        #expect(!exists(path))
    }

    @Test("A context made by hand leaves no directory behind")
    func context() throws {
        var context: InvocationContext? = InvocationContext(functionName: "greet")
        let path = try #require(try context?.scratchDirectory())
        #expect(exists(path))
        #expect(try context?.scratchDirectory() == path)
        context = nil
        #expect(!exists(path))
    }
}

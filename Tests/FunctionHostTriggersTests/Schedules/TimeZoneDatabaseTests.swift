// This source file is part of the FunctionHost project.
// SPDX-License-Identifier: Apache-2.0

import FunctionHost
import FunctionHostTriggers
import Testing

#if canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#elseif canImport(Darwin)
    import Darwin
#endif

/// A directory of zones, made for the purpose, with things in it that are none.
@Suite struct TimeZoneDatabaseTests {
    /// Emptied and removed when the test has ended.
    private final class Directory {
        let path: String

        init() {
            var template = Array("/tmp/FunctionHost-zones-XXXXXX".utf8CString)
            path = template.withUnsafeMutableBufferPointer { String(cString: mkdtemp($0.baseAddress!)) }
        }

        func add(_ name: String, _ bytes: [UInt8]) {
            guard let file = fopen("\(path)/\(name)", "wb") else { return }
            fwrite(bytes, 1, bytes.count, file)
            fclose(file)
        }

        deinit {
            for name in ["Made", "Pipe", "Loop", "Huge", "Text"] { unlink("\(path)/\(name)") }
            rmdir(path)
        }
    }

    @Test("A zone is read from the directory that is given")
    func given() throws {
        let directory = Directory()
        directory.add("Made", MadeZoneFile(types: [5_400], footer: "<+0130>-1:30").bytes)
        let zone = try TimeZoneRules(named: "Made", in: directory.path)
        #expect(zone.name == "Made")
        #expect(zone.utcOffset(at: instant("2025-01-01T00:00:00Z")) == .seconds(5_400))
    }

    @Test("A pipe holds nobody up, and neither does a file that is too large, a circle of links or a text")
    func others() throws {
        let directory = Directory()
        mkfifo("\(directory.path)/Pipe", 0o600)
        symlink("Loop", "\(directory.path)/Loop")
        directory.add("Huge", Array("TZif".utf8) + [UInt8](repeating: 0, count: 1 << 21))
        directory.add("Text", Array("no zone\n".utf8))
        let expected: [(String, TimeZoneError.Code)] = [
            ("Pipe", .unknown), ("Loop", .unreadable), ("Huge", .malformed), ("Text", .malformed),
        ]
        for (name, code) in expected {
            let error = #expect(throws: TimeZoneError.self) { try TimeZoneRules(named: name, in: directory.path) }
            #expect(error?.code == code)
        }
    }
}

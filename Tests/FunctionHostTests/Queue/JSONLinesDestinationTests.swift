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

@Suite struct JSONLinesDestinationTests {
    private func record(_ number: Int, payload: String = "null") -> InvocationRecord {
        InvocationRecord(
            timestamp: .at(0), id: InvocationID(high: 0, low: UInt64(number)),
            function: FunctionARN(functionName: "checkout"), condition: .success, approximateInvokeCount: number,
            requestPayload: Array(payload.utf8), response: .success(Array("1".utf8)))
    }

    private func contents(of path: String) -> String {
        let file = open(path, O_RDONLY)
        guard file >= 0 else { return "" }
        defer { close(file) }
        var bytes: [UInt8] = []
        var buffer = [UInt8](repeating: 0, count: 1 << 16)
        while case let count = read(file, &buffer, buffer.count), count > 0 { bytes += buffer[..<count] }
        return String(decoding: bytes, as: UTF8.self)
    }

    private func put(_ text: String, at path: String) {
        let file = open(path, O_CREAT | O_WRONLY | O_TRUNC, 0o600)
        let written = write(file, text, text.utf8.count)
        #expect(written == text.utf8.count)
        close(file)
    }

    private func withDirectory(_ body: (String) async throws -> Void) async throws {
        let directory = try ScratchDirectory(for: "records")
        defer { directory.remove() }
        try await body(directory.path)
    }

    private struct Wire: Decodable {
        struct Context: Decodable { let approximateInvokeCount: Int }
        let requestContext: Context
    }

    @Test("Each record becomes a line, with or without waiting for the disk", arguments: [false, true])
    func lines(isSynchronized: Bool) async throws {
        try await withDirectory { directory in
            let destination = JSONLinesDestination(path: "\(directory)/records", isSynchronized: isSynchronized)
            for number in 1...3 { try await destination.deliver(Delivery(record(number))) }
            let expected = (1...3).map { String(decoding: record($0).json, as: UTF8.self) + "\n" }
            #expect(contents(of: destination.path) == expected.joined())
            var status = stat()
            #expect(stat(destination.path, &status) == 0)
            #expect(status.st_mode & 0o777 == 0o600)
        }
    }

    @Test("A payload of several lines becomes one that means the same")
    func breaks() async throws {
        try await withDirectory { directory in
            let destination = JSONLinesDestination(path: "\(directory)/records")
            try await destination.deliver(Delivery(record(1, payload: "{\r\n\"a\":\n\"b\\n\"}\n")))
            let text = contents(of: destination.path)
            #expect(text.contains(#""requestPayload":{  "a": "b\n"} ,"responseContext""#))
            #expect(text.utf8.count(where: { $0 == UInt8(ascii: "\n") }) == 1)
            #expect(!text.utf8.contains(UInt8(ascii: "\r")))
        }
    }

    @Test("A line that was cut off stays alone")
    func cutOff() async throws {
        try await withDirectory { directory in
            let destination = JSONLinesDestination(path: "\(directory)/records")
            put("{\"version\":\"1.", at: destination.path)
            for number in 1...2 { try await destination.deliver(Delivery(record(number))) }
            let lines = contents(of: destination.path).split(separator: "\n", omittingEmptySubsequences: false)
            #expect(lines.count == 4)
            #expect(lines.first == "{\"version\":\"1.")
            #expect(lines[1] == String(decoding: record(1).json, as: UTF8.self))
            #expect(lines.last == "")
        }
    }

    @Test("The file may be moved away between two records")
    func moved() async throws {
        try await withDirectory { directory in
            let destination = JSONLinesDestination(path: "\(directory)/records")
            try await destination.deliver(Delivery(record(1)))
            #expect(rename(destination.path, "\(directory)/old") == 0)
            try await destination.deliver(Delivery(record(2)))
            #expect(contents(of: "\(directory)/old").contains("\"approximateInvokeCount\":1}"))
            #expect(contents(of: destination.path).contains("\"approximateInvokeCount\":2}"))
        }
    }

    /// Long lines, so that a write takes the system several steps.
    @Test("Of several writers each line is whole", arguments: [false, true])
    func writers(isSynchronized: Bool) async throws {
        let (writers, each) = (8, isSynchronized ? 8 : 60)
        try await withDirectory { directory in
            try await withThrowingTaskGroup(of: Void.self) { group in
                for writer in 0..<writers {
                    group.addTask {
                        let destination = JSONLinesDestination(
                            path: "\(directory)/records", isSynchronized: isSynchronized)
                        for number in 0..<each {
                            let filler = String(repeating: "x", count: 40_000)
                            try await destination.deliver(
                                Delivery(record(writer * each + number, payload: "\"\(filler)\"")))
                        }
                    }
                }
                try await group.waitForAll()
            }
            let numbers = try contents(of: "\(directory)/records").split(separator: "\n").map { line in
                try JSONPayloadCoder().decode(Wire.self, from: Array(line.utf8)).requestContext.approximateInvokeCount
            }
            #expect(numbers.sorted() == Array(0..<writers * each))
        }
    }

    @Test("Somebody who keeps the file locked holds nobody up")
    func locked() async throws {
        try await withDirectory { directory in
            let destination = JSONLinesDestination(path: "\(directory)/records")
            let file = open(destination.path, O_CREAT | O_RDONLY, 0o600)
            defer { close(file) }
            #expect(flock(file, LOCK_EX) == 0)
            for number in 1...2 { try await destination.deliver(Delivery(record(number))) }
            #expect(contents(of: destination.path).split(separator: "\n").count == 2)
        }
    }

    @Test("A file that cannot be opened is an error that says why and what to do")
    func missingDirectory() async throws {
        let destination = JSONLinesDestination(path: "/no/such/directory/records")
        let error = await #expect(throws: FunctionHostError.self) { try await destination.deliver(Delivery(record(1))) }
        #expect(error?.code == .systemError)
        #expect(
            error?.reason
                == "the file /no/such/directory/records cannot be opened: No such file or directory; "
                + "check its directory and its permissions")
    }

    @Test("A directory, a device or a pipe is refused, and nobody waits for its reader")
    func otherFiles() async throws {
        try await withDirectory { directory in
            let pipe = "\(directory)/pipe"
            #expect(mkfifo(pipe, 0o600) == 0)
            for path in [directory, pipe, "/dev/null"] {
                let error = await #expect(throws: FunctionHostError.self, "\(path)") {
                    try await JSONLinesDestination(path: path).deliver(Delivery(record(1)))
                }
                #expect(error?.code == .systemError)
                #expect(error?.reason.hasPrefix("the file \(path) ") == true)
            }
        }
    }
}

// This source file is part of the FunctionHost project.
// SPDX-License-Identifier: Apache-2.0

#if canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#elseif canImport(Darwin)
    import Darwin
#endif

/// The files that the system keeps of all zones.
enum TimeZoneDatabase {
    private static let usualDirectories = [
        "/usr/share/zoneinfo", "/usr/lib/zoneinfo", "/usr/share/lib/zoneinfo", "/etc/zoneinfo",
        "/var/db/timezone/zoneinfo",
    ]

    /// A file of the database has a few kilobytes; what is longer than this is none.
    private static let sizeLimit = 1 << 20

    /// The bytes of a zone's file.
    static func file(of name: String, in directory: String?) throws(TimeZoneError) -> [UInt8] {
        guard isName(name) else {
            throw TimeZoneError(
                .invalidName, name: String(name.prefix(64)),
                reason: "this is no name of a zone; give one of the IANA database, such as Europe/Berlin")
        }
        guard let directory = directory ?? self.directory() else {
            throw TimeZoneError(
                .noDatabase, name: name,
                reason: "this machine has no time zone database; install the package tzdata, or set TZDIR")
        }
        return try contents(of: "\(directory)/\(name)", zone: name)
    }

    /// Whether a name stays within the directory: only letters, digits, `_ + -`, and slashes between parts.
    private static func isName(_ name: String) -> Bool {
        let parts = name.utf8.split(separator: UInt8(ascii: "/"), omittingEmptySubsequences: false)
        return name.utf8.count <= 255
            && parts.allSatisfy { part in
                !part.isEmpty
                    && part.allSatisfy { byte in
                        switch byte {
                        case UInt8(ascii: "A")...UInt8(ascii: "Z"), UInt8(ascii: "a")...UInt8(ascii: "z"),
                            UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "_"), UInt8(ascii: "+"),
                            UInt8(ascii: "-"):
                            true
                        default: false
                        }
                    }
            }
    }

    private static func directory() -> String? {
        if let named = getenv("TZDIR").map({ String(cString: $0) }), !named.isEmpty { return named }
        return usualDirectories.first { access($0, R_OK) == 0 }
    }

    private static func contents(of path: String, zone name: String) throws(TimeZoneError) -> [UInt8] {
        // Without waiting: a pipe that somebody put there must not hold up the process.
        let descriptor = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK)
        guard descriptor >= 0 else { throw failure(errno, zone: name) }
        defer { close(descriptor) }
        var status = stat()
        guard fstat(descriptor, &status) == 0 else { throw failure(errno, zone: name) }
        guard status.st_mode & S_IFMT == S_IFREG else {
            throw TimeZoneError(.unknown, name: name, reason: "this is no file of the database; give a zone's name")
        }
        var bytes: [UInt8] = []
        var chunk = [UInt8](repeating: 0, count: 8_192)
        while bytes.count <= sizeLimit {
            let count = read(descriptor, &chunk, chunk.count)
            if count < 0, errno == EINTR { continue }
            guard count >= 0 else { throw failure(errno, zone: name) }
            guard count > 0 else { return bytes }
            bytes += chunk[..<count]
        }
        throw TimeZoneError(.malformed, name: name, reason: "the file has more than \(sizeLimit) bytes")
    }

    private static func failure(_ code: Int32, zone name: String) -> TimeZoneError {
        switch code {
        case ENOENT, ENOTDIR, ENAMETOOLONG:
            TimeZoneError(
                .unknown, name: name,
                reason:
                    "the time zone database does not have it; names are as in Europe/Berlin, capitals included, and the "
                    + "package tzdata brings them all")
        default:
            TimeZoneError(
                .unreadable, name: name, reason: "its file cannot be read: \(String(cString: strerror(code)))")
        }
    }
}

// This source file is part of the FunctionHost project.
// SPDX-License-Identifier: Apache-2.0

import FunctionHostTriggers

#if canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#elseif canImport(Darwin)
    import Darwin
#endif
/// A directory for a store, and others beside and above it that nobody may read from or write to; all go with this.
///
/// The store lies eight levels deep: a store with a mistake, on its way up, does its harm in here.
final class Playground: Sendable {
    /// What is in each file outside.
    static let secret = "canary outside the root"

    private static let depth = 8

    let path: String
    var root: String { level(Self.depth) + "/root" }
    var outside: String { level(Self.depth) + "/outside" }

    init() {
        let parent = getenv("TMPDIR").map { String(cString: $0) } ?? "/tmp"
        var template = Array("\(parent)/objects-XXXXXX".utf8CString)
        precondition(mkdtemp(&template) != nil)
        path = String(decoding: template.dropLast().map { UInt8(bitPattern: $0) }, as: UTF8.self)
        for depth in 1...Self.depth {
            mkdir(level(depth), 0o755)
            mkdir(level(depth) + "/outside", 0o755)
            write(Self.secret, to: level(depth) + "/outside/secret")
        }
        for directory in [root, outside + "/deep"] { mkdir(directory, 0o755) }
        for file in ["secret", "a", "deep/secret"] { write(Self.secret, to: outside + "/" + file) }
    }

    deinit { remove(path) }

    private func level(_ depth: Int) -> String { path + String(repeating: "/up", count: depth) }

    func store(_ configuration: ObjectStore.Configuration = .init()) throws -> ObjectStore {
        try ObjectStore(bucket: "drop", directory: root, configuration: configuration)
    }

    /// Writes a file below the root, as somebody else would: not at once.
    func drop(_ text: String, at key: String) { write(text, to: root + "/" + key) }

    func makeDirectory(_ key: String) { mkdir(root + "/" + key, 0o755) }

    func link(_ key: String, to target: String) { symlink(target, root + "/" + key) }

    func rename(_ key: String, to newKey: String) {
        #if canImport(Glibc)
            _ = Glibc.rename(root + "/" + key, root + "/" + newKey)
        #elseif canImport(Musl)
            _ = Musl.rename(root + "/" + key, root + "/" + newKey)
        #else
            _ = Darwin.rename(root + "/" + key, root + "/" + newKey)
        #endif
    }

    func delete(_ key: String) { unlink(root + "/" + key) }

    /// Whether everything outside is as it was.
    var isUntouched: Bool {
        names(in: outside) == ["a", "deep", "secret"] && names(in: outside + "/deep") == ["secret"]
            && names(in: level(Self.depth)) == ["outside", "root"]
            && (1..<Self.depth).allSatisfy { names(in: level($0)) == ["outside", "up"] }
            && (1..<Self.depth).allSatisfy { names(in: level($0) + "/outside") == ["secret"] }
            && (1...Self.depth).allSatisfy { read(level($0) + "/outside/secret") == Self.secret }
            && ["a", "deep/secret"].allSatisfy { read(outside + "/" + $0) == Self.secret }
    }

    func names(in directory: String) -> [String] {
        guard let stream = opendir(directory) else { return [] }
        defer { closedir(stream) }
        var names: [String] = []
        while let entry = readdir(stream) {
            let name = withUnsafePointer(to: &entry.pointee.d_name) { pointer in
                pointer.withMemoryRebound(to: CChar.self, capacity: 256) { String(cString: $0) }
            }
            if name != "." && name != ".." { names.append(name) }
        }
        return names.sorted()
    }

    func read(_ path: String) -> String? {
        let file = open(path, O_RDONLY | O_CLOEXEC)
        guard file >= 0 else { return nil }
        defer { close(file) }
        var bytes = [UInt8](repeating: 0, count: 65_536)
        let count = pread(file, &bytes, bytes.count, 0)
        return String(decoding: bytes.prefix(max(0, count)), as: UTF8.self)
    }

    private func write(_ text: String, to path: String) {
        let file = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0o644)
        precondition(file >= 0, "\(path): \(errno)")
        let bytes = Array(text.utf8)
        precondition(pwrite(file, bytes, bytes.count, 0) == bytes.count)
        close(file)
    }

    private func remove(_ path: String) {
        for name in names(in: path) {
            let child = path + "/" + name
            if unlink(child) != 0 { remove(child) }
        }
        rmdir(path)
    }
}

extension StoredObject {
    var text: String { String(decoding: content, as: UTF8.self) }
}

// This source file is part of the FunctionHost project.
// SPDX-License-Identifier: Apache-2.0

#if canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#elseif canImport(Darwin)
    import Darwin
#endif

/// A directory for one execution environment, readable by this user only and removed with what is in it.
package struct ScratchDirectory: Sendable {
    package let path: String

    /// Makes a new, empty directory in the system's place for temporary files.
    package init(for functionName: String) throws(FunctionHostError) {
        let parent = getenv("TMPDIR").map { String(cString: $0) } ?? "/tmp"
        var template = Array("\(parent)/FunctionHost-\(functionName)-XXXXXX".utf8CString)
        guard let made = template.withUnsafeMutableBufferPointer({ mkdtemp($0.baseAddress!) }) else {
            let code = errno
            throw FunctionHostError(
                .systemError, functionName: functionName,
                reason: "no scratch directory could be made in \(parent): \(String(cString: strerror(code)))")
        }
        path = String(cString: made)
    }

    /// Removes the directory and everything in it; symbolic links are removed, not followed.
    package func remove() {
        let parent = open(path, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC)
        if parent >= 0 { Self.removeContents(of: parent) }
        rmdir(path)
    }

    /// Empties the open directory and closes it.
    private static func removeContents(of descriptor: Int32) {
        guard let directory = fdopendir(descriptor) else {
            close(descriptor)
            return
        }
        defer { closedir(directory) }
        while let entry = readdir(directory) {
            let name = withUnsafePointer(to: &entry.pointee.d_name) { pointer in
                pointer.withMemoryRebound(to: CChar.self, capacity: Int(NAME_MAX) + 1) { String(cString: $0) }
            }
            if name == "." || name == ".." { continue }
            if unlinkat(descriptor, name, 0) == 0 { continue }
            let child = openat(descriptor, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC)
            if child >= 0 { removeContents(of: child) }
            unlinkat(descriptor, name, Int32(AT_REMOVEDIR))
        }
    }
}

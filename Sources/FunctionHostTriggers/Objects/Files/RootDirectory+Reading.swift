// This source file is part of the FunctionHost project.
// SPDX-License-Identifier: Apache-2.0

#if canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#elseif canImport(Darwin)
    import Darwin
#endif
extension RootDirectory {
    /// Reads part of a file, or all of it.
    ///
    /// - Parameters:
    ///   - range: Bytes counted from 0; what is behind the end of the file is left out. Nil for all.
    ///   - limit: How many bytes it may be.
    /// - Returns: The bytes, and what the file was when it was opened. A file that others write to meanwhile may be cut off or
    ///   mixed; one that is put in place of another may not.
    /// - Throws: ``ObjectError`` as `notFound`, `notAnObject`, `tooLarge`, or `invalidArgument` for a range behind the end.
    func read(_ path: ObjectPath, _ range: Range<Int64>?, limit: Int) throws(ObjectError) -> ([UInt8], FileStamp) {
        let opened = try opened(path)
        let stamp = opened.stamp
        if let range, range.lowerBound >= stamp.size {
            throw ObjectError(
                .invalidArgument, key: path.text,
                reason:
                    "the range begins at byte \(range.lowerBound), and there are \(stamp.size); begin before the end")
        }
        let wanted = (range ?? 0..<stamp.size).clamped(to: 0..<stamp.size)
        guard wanted.count <= limit else {
            throw ObjectError(
                .tooLarge, key: path.text,
                reason: "\(wanted.count) bytes are more than the \(limit) that are got at once; ask for a range")
        }
        return (try Self.read(opened.file, wanted, path), stamp)
    }

    private static func read(
        _ file: borrowing Descriptor, _ range: Range<Int64>, _ path: ObjectPath
    ) throws(ObjectError) -> [UInt8] {
        let number = file.number
        var code: Int32 = 0
        let bytes = [UInt8](unsafeUninitializedCapacity: range.count) { buffer, count in
            while count < range.count {
                let got = pread(
                    number, buffer.baseAddress! + count, range.count - count, off_t(range.lowerBound) + off_t(count))
                if got > 0 {
                    count += got
                } else if got == 0 {
                    // It has become shorter meanwhile.
                    break
                } else if errno != EINTR {
                    code = errno
                    break
                }
            }
        }
        guard code == 0 else { throw ObjectError(errno: code, key: path.text, "reading") }
        return bytes
    }
}

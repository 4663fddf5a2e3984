// This source file is part of the FunctionHost project.
// SPDX-License-Identifier: Apache-2.0

#if canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#elseif canImport(Darwin)
    import Darwin
#endif

/// Standard input, line by line, in bytes: what is not UTF-8 stays as it is.
enum Input {
    /// Without the character that ends it; nil at the end.
    static func nextLine() -> [UInt8]? {
        var line: [UInt8] = []
        while true {
            let byte = getchar()
            if byte == EOF { return line.isEmpty ? nil : line }
            if byte == 0x0A { return line }
            line.append(UInt8(truncatingIfNeeded: byte))
        }
    }
}

/// Standard output.
enum Output {
    /// Writes at once, so that whoever asks line by line is answered line by line.
    static func show(_ line: String) {
        var rest = Array("\(line)\n".utf8)[...]
        while !rest.isEmpty {
            let count = rest.withUnsafeBytes { write(1, $0.baseAddress, $0.count) }
            // Nobody reads any more: there is nobody to tell.
            guard count > 0 || errno == EINTR else { exit(1) }
            rest = rest.dropFirst(max(0, count))
        }
    }
}

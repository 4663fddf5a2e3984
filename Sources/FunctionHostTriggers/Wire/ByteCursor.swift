// This source file is part of the FunctionHost project.
// SPDX-License-Identifier: Apache-2.0

/// Writes bytes one after another into memory whose size was reckoned before.
///
/// Whoever reckons too little traps here and writes nowhere else.
struct ByteCursor {
    private var next: UnsafeMutablePointer<UInt8>
    private let start: UnsafeMutablePointer<UInt8>
    private let end: UnsafeMutablePointer<UInt8>

    /// Writes to the beginning of uninitialized memory.
    private init(_ memory: UnsafeMutableBufferPointer<UInt8>) {
        start = memory.baseAddress!
        next = start
        end = start + memory.count
    }

    /// How many bytes were written.
    var count: Int { next - start }

    /// Makes an array of what `body` writes, no more than `capacity`.
    static func write(atMost capacity: Int, _ body: (inout Self) -> Void) -> [UInt8] {
        guard capacity > 0 else { return [] }
        return Array(unsafeUninitializedCapacity: capacity) { memory, count in
            var cursor = Self(memory)
            body(&cursor)
            count = cursor.count
        }
    }

    /// Makes room for so many bytes and returns where they belong.
    @inline(__always)
    mutating func take(_ count: Int) -> UnsafeMutablePointer<UInt8> {
        precondition(count <= end - next, "more is written than was reckoned")
        defer { next += count }
        return next
    }

    @inline(__always)
    mutating func put(_ byte: UInt8) { take(1).initialize(to: byte) }

    @inline(__always)
    mutating func put(_ bytes: UnsafeBufferPointer<UInt8>) {
        guard let source = bytes.baseAddress else { return }
        take(bytes.count).initialize(from: source, count: bytes.count)
    }

    @inline(__always)
    mutating func put(_ bytes: [UInt8]) { bytes.withUnsafeBufferPointer { put($0) } }

    @inline(__always)
    mutating func put(_ text: StaticString) {
        take(text.utf8CodeUnitCount).initialize(from: text.utf8Start, count: text.utf8CodeUnitCount)
    }

    /// Writes a number of so many digits, with zeros before it.
    @inline(__always)
    mutating func putDigits(_ number: UInt64, count: Int) { Self.writeDigits(number, count: count, at: take(count)) }

    @inline(__always)
    static func writeDigits(_ number: UInt64, count: Int, at place: UnsafeMutablePointer<UInt8>) {
        var (rest, index) = (number, count)
        while index > 0 {
            index -= 1
            let quotient = rest / 10
            (place + index).initialize(to: UInt8(truncatingIfNeeded: rest &- quotient &* 10) | 0x30)
            rest = quotient
        }
    }

    /// Writes a number without zeros before it: 20 bytes at most. Returns what was written.
    @discardableResult
    mutating func putDecimal(_ number: UInt64) -> UnsafeBufferPointer<UInt8> {
        var (count, bound) = (1, UInt64(10))
        while number >= bound {
            count += 1
            if count == 20 { break }
            bound &*= 10
        }
        let place = take(count)
        Self.writeDigits(number, count: count, at: place)
        return UnsafeBufferPointer(start: place, count: count)
    }
}

// This source file is part of the FunctionHost project.
// SPDX-License-Identifier: Apache-2.0

/// An address of the Internet, in one form for all texts that name it.
///
/// - Source: RFC 4291 for addresses with colons; a dotted tail and a zone are not taken. An IPv4 address in IPv6 (`::ffff:a00:1`)
///   counts as IPv4, as in Java, on which EventBridge is built.
struct IPAddress: Hashable, Sendable {
    let isIPv4: Bool
    let high: UInt64
    let low: UInt64

    /// Nil if the text is no address, or a name.
    init?(_ text: UnsafeBufferPointer<UInt8>) {
        // Nothing else is like that, and most texts are refused here.
        guard let first = text.first, first == UInt8(ascii: ":") || HexDigit.value(first) != nil else { return nil }
        if let address = Self.dotted(text) {
            (isIPv4, high, low) = (true, 0, address)
            return
        }
        guard let groups = Self.groups(text) else { return nil }
        let halves = groups.reduce((UInt64(0), UInt64(0))) { ($0.0 << 16 | $0.1 >> 48, $0.1 << 16 | UInt64($1)) }
        let isMapped = halves.0 == 0 && halves.1 >> 32 == 0xFFFF
        (isIPv4, high, low) = (isMapped, halves.0, isMapped ? halves.1 & 0xFFFF_FFFF : halves.1)
    }

    private static func dotted(_ text: UnsafeBufferPointer<UInt8>) -> UInt64? {
        var address: UInt64 = 0
        var part: UInt64?
        var parts = 0
        for byte in text {
            if byte == UInt8(ascii: ".") {
                guard let whole = part, parts < 3 else { return nil }
                address = address << 8 | whole
                part = nil
                parts += 1
            } else {
                let digit = byte &- UInt8(ascii: "0")
                guard digit < 10 else { return nil }
                let value = (part ?? 0) * 10 + UInt64(digit)
                guard value <= 255 else { return nil }
                part = value
            }
        }
        guard parts == 3, let part else { return nil }
        return address << 8 | part
    }

    /// The eight groups, those that `::` stands for included.
    private static func groups(_ text: UnsafeBufferPointer<UInt8>) -> [UInt16]? {
        guard text.count >= 2, text.count <= 39 else { return nil }
        var groups: [UInt16] = []
        var gap: Int?
        var index = 0
        if text[0] == UInt8(ascii: ":") {
            guard text[1] == UInt8(ascii: ":") else { return nil }
            gap = 0
            index = 2
        }
        while index < text.count {
            var value: UInt16 = 0
            let start = index
            while index < text.count, index - start < 4, let digit = HexDigit.value(text[index]) {
                value = value << 4 | UInt16(digit)
                index += 1
            }
            guard index > start, groups.count < 8 else { return nil }
            groups.append(value)
            guard index < text.count else { break }
            guard text[index] == UInt8(ascii: ":"), index + 1 < text.count else { return nil }
            index += 1
            if text[index] == UInt8(ascii: ":") {
                guard gap == nil else { return nil }
                gap = groups.count
                index += 1
            }
        }
        guard let gap else { return groups.count == 8 ? groups : nil }
        guard groups.count < 8 else { return nil }
        groups.insert(contentsOf: repeatElement(0, count: 8 - groups.count), at: gap)
        return groups
    }
}

/// All addresses that begin with the same bits.
struct AddressBlock: Hashable, Sendable {
    /// Why a text is no block.
    struct Fault: Error { let reason: String }

    private let address: IPAddress
    private let highMask: UInt64
    private let lowMask: UInt64

    /// - Parameter text: `address/bits`, from 0 to 31 or 127 bits: AWS takes no block of one address.
    init(_ text: [UInt8]) throws(Fault) {
        let parts = text.split(separator: UInt8(ascii: "/"), omittingEmptySubsequences: false)
        guard parts.count == 2 else { throw Fault(reason: "Malformed CIDR, one '/' required") }
        guard let address = Array(parts[0]).withUnsafeBufferPointer(IPAddress.init) else {
            throw Fault(reason: "Nonstandard IP address: \(String(decoding: parts[0], as: UTF8.self))")
        }
        guard let bits = Int(String(decoding: parts[1], as: UTF8.self)) else {
            throw Fault(reason: "Malformed CIDR, mask bits must be an integer")
        }
        guard bits >= 0 else { throw Fault(reason: "Malformed CIDR, mask bits must not be negative") }
        let count = address.isIPv4 ? 32 : 128
        guard bits < count else {
            throw Fault(reason: "\(address.isIPv4 ? "IPv4" : "IPv6") mask bits must be < \(count)")
        }
        self.address = address
        // Shifts by as many bits as there are give zero.
        highMask = ~(UInt64.max >> (address.isIPv4 ? 64 : UInt64(min(bits, 64))))
        let lowBits = address.isIPv4 ? bits + 32 : max(0, bits - 64)
        lowMask = ~(UInt64.max >> UInt64(lowBits))
    }

    func contains(_ other: IPAddress) -> Bool {
        other.isIPv4 == address.isIPv4 && (other.high ^ address.high) & highMask == 0
            && (other.low ^ address.low) & lowMask == 0
    }
}

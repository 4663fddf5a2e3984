// This source file is part of the FunctionHost project.
// SPDX-License-Identifier: Apache-2.0

/// Numbers by a tag and bytes, in one flat table that is looked into without allocating.
struct ByteTable: Sendable {
    struct Key: Hashable {
        let tag: Int32
        let bytes: [UInt8]
    }

    fileprivate struct Slot {
        var hash: UInt64 = 0
        var tag: Int32 = 0
        /// Below zero where there is nothing.
        var value: Int32 = -1
        var start: Int32 = 0
        var count: Int32 = 0
    }

    private var slots: [Slot] = []
    private var bytes: [UInt8] = []

    /// - Parameter values: From zero.
    init(_ values: [Key: Int32]) {
        guard !values.isEmpty else { return }
        var capacity = 4
        while capacity < values.count * 2 { capacity *= 2 }
        slots = Array(repeating: Slot(), count: capacity)
        for (key, value) in values {
            let hash = key.bytes.withUnsafeBufferPointer { Self.hash(key.tag, $0) }
            var index = Int(truncatingIfNeeded: hash) & (capacity - 1)
            while slots[index].value >= 0 { index = (index + 1) & (capacity - 1) }
            slots[index] = Slot(
                hash: hash, tag: key.tag, value: value, start: Int32(bytes.count), count: Int32(key.bytes.count))
            bytes += key.bytes
        }
    }

    /// Below zero if there is none.
    @inline(__always)
    func value(_ tag: Int32, _ text: UnsafeBufferPointer<UInt8>) -> Int32 {
        guard !slots.isEmpty else { return -1 }
        return withView { $0.value(tag, text) }
    }

    /// Lends what is looked into, for many looks at a time.
    @inline(__always)
    func withView<Result, Failure: Error>(_ body: (View) throws(Failure) -> Result) throws(Failure) -> Result {
        try slots.withUnsafeBufferPointer { slots throws(Failure) in
            try bytes.withUnsafeBufferPointer { bytes throws(Failure) in try body(View(slots: slots, bytes: bytes)) }
        }
    }

    struct View {
        fileprivate let slots: UnsafeBufferPointer<Slot>
        fileprivate let bytes: UnsafeBufferPointer<UInt8>

        /// Below zero if there is none.
        @inline(__always)
        func value(_ tag: Int32, _ text: UnsafeBufferPointer<UInt8>) -> Int32 {
            guard !slots.isEmpty else { return -1 }
            let hash = ByteTable.hash(tag, text)
            var index = Int(truncatingIfNeeded: hash) & (slots.count - 1)
            while true {
                let slot = slots[index]
                if slot.value < 0 { return -1 }
                if slot.hash == hash, slot.tag == tag, Int(slot.count) == text.count,
                    equals(text, from: Int(slot.start))
                {
                    return slot.value
                }
                index = (index + 1) & (slots.count - 1)
            }
        }

        @inline(__always)
        private func equals(_ text: UnsafeBufferPointer<UInt8>, from start: Int) -> Bool {
            for index in 0..<text.count where bytes[start + index] != text[index] { return false }
            return true
        }
    }

    /// Eight bytes at a time; who chooses the patterns chooses what is in the table, so nobody gains by collisions.
    @inline(__always)
    fileprivate static func hash(_ tag: Int32, _ text: UnsafeBufferPointer<UInt8>) -> UInt64 {
        let raw = UnsafeRawBufferPointer(text)
        var state = UInt64(truncatingIfNeeded: text.count) &* 0x9E37_79B9_7F4A_7C15 ^ UInt64(UInt32(bitPattern: tag))
        var place = 0
        while place + 8 <= raw.count {
            state = mixed(state, raw.loadUnaligned(fromByteOffset: place, as: UInt64.self))
            place += 8
        }
        if place < raw.count {
            var rest: UInt64 = 0
            if raw.count >= 8 {
                // The last eight bytes, some of them for the second time.
                rest = raw.loadUnaligned(fromByteOffset: raw.count - 8, as: UInt64.self)
            } else {
                for index in 0..<raw.count { rest = rest << 8 | UInt64(raw[index]) }
            }
            state = mixed(state, rest)
        }
        return state ^ state >> 29
    }

    @inline(__always)
    private static func mixed(_ state: UInt64, _ bytes: UInt64) -> UInt64 {
        let product = (state ^ bytes).multipliedFullWidth(by: 0xD6E8_FEB8_6659_FD93)
        return product.high ^ product.low
    }
}

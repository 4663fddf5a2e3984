// This source file is part of the FunctionHost project.
// SPDX-License-Identifier: Apache-2.0

/// Which version of which file was announced last; made to hold a million of them.
///
/// Files lie in slots of up to 32, each a text of a line for a file: `key`, a tab, `identity`. So a slot is kept in a store as it is,
/// a change writes one slot anew, and a file is in one slot at a time. An index of eight bytes leads from a key's hash to its slot.
struct KnownFiles: Sendable {
    /// How many files a slot has at most.
    static let slotSize = 32
    /// As many slots as the index can tell apart.
    private static let slotLimit = 1 << 24

    private struct Slot {
        var lines: [UInt8] = []
        var count: UInt8 = 0
        /// Which of its files, by their lines, the scan that is under way has seen.
        var seen: UInt32 = 0
    }

    private var slots: [Slot] = []
    private var index = SlotIndex()
    /// Slots with room, each once.
    private var open: [Int] = []
    /// Slots that are not kept as they are.
    private var changed: Set<Int> = []
    /// How many files there are.
    private(set) var count = 0

    init() {}

    /// Reads slots as they were kept.
    ///
    /// - Parameter damaged: Called with what cannot be read: what it held is not known any more.
    init(_ kept: [String: String], damaged: (String) -> Void) {
        var numbered: [(Int, String)] = []
        for (name, text) in kept {
            if let number = Int(name), (0..<Self.slotLimit).contains(number) {
                numbered.append((number, text))
            } else {
                damaged(name)
            }
        }
        numbered.sort { $0.0 < $1.0 }
        for (number, text) in numbered {
            while slots.count <= number { slots.append(Slot()) }
            if !load(text, into: number) { damaged("\(number)") }
        }
        open = slots.indices.reversed().filter { slots[$0].count < Self.slotSize }
    }

    private mutating func load(_ text: String, into number: Int) -> Bool {
        var isWhole = true
        for line in text.utf8.split(separator: Self.newline) {
            let parts = line.split(separator: Self.tab, omittingEmptySubsequences: false)
            guard parts.count == 2, slots[number].count < Self.slotSize,
                let path = ObjectPath(String(decoding: parts[0], as: UTF8.self), in: nil), place(of: path) == nil
            else {
                isWhole = false
                changed.insert(number)
                continue
            }
            append(path, String(decoding: parts[1], as: UTF8.self), to: number)
        }
        return isWhole
    }

    // MARK: - Files

    /// The identity of what was announced last; nil if none was.
    func identity(of path: ObjectPath) -> String? {
        place(of: path).map { String(decoding: slots[$0.slot].lines[$0.identity], as: UTF8.self) }
    }

    /// The same, and the scan that is under way has seen it.
    mutating func identitySeen(of path: ObjectPath) -> String? {
        guard let place = place(of: path) else { return nil }
        slots[place.slot].seen |= 1 << UInt32(place.line)
        return String(decoding: slots[place.slot].lines[place.identity], as: UTF8.self)
    }

    /// A version of a file was announced.
    mutating func remember(_ path: ObjectPath, _ identity: String) {
        if let place = place(of: path) {
            slots[place.slot].lines.replaceSubrange(place.identity, with: identity.utf8)
            slots[place.slot].seen |= 1 << UInt32(place.line)
            changed.insert(place.slot)
            return
        }
        let number = open.last ?? addSlot()
        append(path, identity, to: number)
        slots[number].seen |= 1 << UInt32(slots[number].count - 1)
        changed.insert(number)
        if slots[number].count == Self.slotSize { open.removeLast() }
    }

    /// A file is not there any more.
    mutating func forget(_ path: ObjectPath) {
        guard let place = place(of: path) else { return }
        index.remove(Self.hash(path), place.slot)
        // Without room left over: most slots stay as they are.
        let lines = slots[place.slot].lines
        slots[place.slot].lines = Array(lines[..<place.start] + lines[(place.identity.upperBound + 1)...])
        let seen = slots[place.slot].seen
        let below = seen & (1 << UInt32(place.line) - 1)
        slots[place.slot].seen = below | (seen >> 1 & ~(1 << UInt32(place.line) - 1))
        if slots[place.slot].count == Self.slotSize { open.append(place.slot) }
        slots[place.slot].count -= 1
        count -= 1
        changed.insert(place.slot)
    }

    // MARK: - Scans

    /// A scan begins: it has seen nothing yet.
    mutating func beginScan() {
        for number in slots.indices { slots[number].seen = 0 }
    }

    /// The files of the next slots that the scan has not seen, or all of them, some at a time.
    ///
    /// - Parameter slot: Where to go on; set to nil behind the last.
    func files(from slot: inout Int?, onlyUnseen: Bool) -> [ObjectPath] {
        var found: [ObjectPath] = []
        while let number = slot {
            guard number < slots.count else {
                slot = nil
                break
            }
            for (line, text) in slots[number].lines.split(separator: Self.newline).enumerated()
            where !onlyUnseen || slots[number].seen & 1 << UInt32(line) == 0 {
                let key = text.prefix { $0 != Self.tab }
                if let path = ObjectPath(String(decoding: key, as: UTF8.self), in: nil) { found.append(path) }
            }
            slot = number + 1
            if !found.isEmpty { break }
        }
        return found
    }

    // MARK: - Keeping

    /// Whether anything is to be kept.
    var hasChanges: Bool { !changed.isEmpty }

    /// Slots to keep, by their names; as many as there may be at a time.
    mutating func takeChanges(atMost limit: Int) -> [(name: String, text: String)] {
        let taken = changed.sorted().prefix(limit)
        changed.subtract(taken)
        return taken.map { ("\($0)", String(decoding: slots[$0].lines, as: UTF8.self)) }
    }

    /// Slots were not kept after all.
    mutating func keepAgain(_ names: some Sequence<String>) { changed.formUnion(names.compactMap { Int($0) }) }

    // MARK: - Inside

    private static let newline = UInt8(ascii: "\n")
    private static let tab = UInt8(ascii: "\t")

    private struct Place {
        let slot: Int
        /// Which line of the slot it is.
        let line: Int
        let start: Int
        let identity: Range<Int>
    }

    private static func hash(_ path: ObjectPath) -> UInt64 { UInt64(bitPattern: Int64(path.hashValue)) }

    private func place(of path: ObjectPath) -> Place? {
        var key = path.text
        return key.withUTF8 { key in
            for slot in index.candidates(Self.hash(path)) {
                if let place = Self.place(of: key, in: slots[slot].lines, slot) { return place }
            }
            return nil
        }
    }

    private static func place(of key: UnsafeBufferPointer<UInt8>, in lines: [UInt8], _ slot: Int) -> Place? {
        lines.withUnsafeBufferPointer { lines in
            var (start, number) = (0, 0)
            while start < lines.count {
                let isIt =
                    start + key.count < lines.count && lines[start + key.count] == tab
                    && lines[start..<(start + key.count)].elementsEqual(key)
                var end = start
                while lines[end] != newline { end += 1 }
                if isIt {
                    return Place(slot: slot, line: number, start: start, identity: (start + key.count + 1)..<end)
                }
                (start, number) = (end + 1, number + 1)
            }
            return nil
        }
    }

    private mutating func append(_ path: ObjectPath, _ identity: String, to number: Int) {
        let line = path.text.utf8.count + identity.utf8.count + 2
        var lines = slots[number].lines
        slots[number].lines = []
        lines.reserveCapacity(lines.count + line)
        lines.append(contentsOf: path.text.utf8)
        lines.append(Self.tab)
        lines.append(contentsOf: identity.utf8)
        lines.append(Self.newline)
        slots[number].lines = lines
        slots[number].count += 1
        index.add(Self.hash(path), number)
        count += 1
    }

    private mutating func addSlot() -> Int {
        precondition(slots.count < Self.slotLimit, "more than 500 million files are known: watch fewer in one store")
        slots.append(Slot())
        open.append(slots.count - 1)
        return slots.count - 1
    }
}

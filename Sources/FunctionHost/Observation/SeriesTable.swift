// This source file is part of the FunctionHost project.
// SPDX-License-Identifier: Apache-2.0

/// Figures kept for each function and version, found by the function's identity without hashing its name.
struct SeriesTable<Series: Sendable>: Sendable {
    struct Key: Hashable, Sendable {
        let name: String
        let version: Qualifier
    }

    /// A function heard of: its object's address, and where its figures are.
    private struct Known: Sendable {
        var address: ObjectIdentifier?
        var place = 0
    }

    private(set) var series: ContiguousArray<Series> = []
    private var places: [Key: Int] = [:]
    /// The function heard of last, for each of some addresses: four times as many as there are functions, a power of two.
    private var cache = ContiguousArray(repeating: Known(), count: 256)
    /// The same functions, kept so that no other object comes to lie at an address in `cache`.
    private var kept = ContiguousArray<FunctionIdentity?>(repeating: nil, count: 256)
    private let empty: Series

    init(empty: Series) { self.empty = empty }

    subscript(place: Int) -> Series {
        get { series[place] }
        _modify { yield &series[place] }
    }

    /// Every function, by name and version.
    var sorted: [(key: Key, series: Series)] {
        places.map { ($0.key, series[$0.value]) }
            .sorted { ($0.key.name, $0.key.version.description) < ($1.key.name, $1.key.version.description) }
    }

    mutating func place(of identity: FunctionIdentity) -> Int {
        let address = ObjectIdentifier(identity)
        let known = cache[slot(of: address)]
        if known.address == address { return known.place }
        let place = place(of: Key(name: identity.name, version: identity.version))
        if series.count > cache.count / 4 { growCache() }
        cache[slot(of: address)] = Known(address: address, place: place)
        kept[slot(of: address)] = identity
        return place
    }

    mutating func place(of key: Key) -> Int {
        if let place = places[key] { return place }
        series.append(empty)
        places[key] = series.count - 1
        return series.count - 1
    }

    /// Objects lie at regular distances, which multiplying spreads out.
    private func slot(of address: ObjectIdentifier) -> Int {
        let spread = UInt(bitPattern: address) &* 0x9E37_79B9_7F4A_7C15
        return Int(spread >> UInt(UInt.bitWidth - cache.count.trailingZeroBitCount))
    }

    private mutating func growCache() {
        let count = cache.count * 2
        cache = ContiguousArray(repeating: Known(), count: count)
        kept = ContiguousArray(repeating: nil, count: count)
    }

    /// Begins anew; `keep` makes of old figures what they start with.
    mutating func reset(_ keep: (Series) -> Series) {
        for place in series.indices { series[place] = keep(series[place]) }
    }
}

// This source file is part of the FunctionHost project.
// SPDX-License-Identifier: Apache-2.0

import FunctionHost
import FunctionHostTesting
import Testing

@testable import FunctionHostTriggers

/// Listings, held against a plain account of all keys.
@Suite struct ObjectListingTests {
    /// What a listing must be.
    private static func expected(
        _ keys: [String], _ prefix: String, _ delimiter: String?, _ startAfter: String, _ limit: Int
    ) -> (objects: [String], groups: [String], next: String?) {
        var (objects, groups): ([String], [String]) = ([], [])
        var last = ""
        let sorted = keys.sorted { $0.utf8.lexicographicallyPrecedes($1.utf8) }
        for key in sorted where key.hasPrefix(prefix) && startAfter.utf8.lexicographicallyPrecedes(key.utf8) {
            var group: String?
            if let delimiter, let range = key.dropFirst(prefix.count).firstRange(of: delimiter) {
                group = String(key[..<range.upperBound])
            }
            if let group {
                if groups.last == group || !startAfter.utf8.lexicographicallyPrecedes(group.utf8) { continue }
            }
            if objects.count + groups.count == limit { return (objects, groups, last) }
            if let group { groups.append(group) } else { objects.append(key) }
            last = group ?? key
        }
        return (objects, groups, nil)
    }

    @Test("Whatever is asked of whatever tree, the listing is that of the account, page by page", arguments: 0..<12)
    func model(seed: UInt64) async throws {
        var random = SplitMix64(seed: seed)
        let playground = Playground()
        let store = try playground.store()
        let names = ["a", "b", "a-b", "a.b", "A", "aa", "z é", "b0"]
        var keys: Set<String> = []
        for _ in 0..<60 {
            let key = (0...random.below(4)).map { _ in names[random.below(names.count)] }.joined(separator: "/")
            if (try? await store.put([1], as: key)) != nil { keys.insert(key) }
        }
        for _ in 0..<10 { playground.makeDirectory("empty\(random.below(5))") }
        for _ in 0..<60 {
            let prefix = ["", "a", "a/", "a/b", "b/a-", "z", "none/", "a//", "/"][random.below(9)]
            let delimiter = [nil, "/", "-", "a", "é"][random.below(5)]
            let limit = 1 + random.below(8)
            var startAfter = random.chance(50) ? "" : keys.sorted()[random.below(keys.count)]
            while true {
                let listing = try await store.list(
                    prefix: prefix, delimiter: delimiter, startAfter: startAfter, limit: limit)
                let wanted = Self.expected(Array(keys), prefix, delimiter, startAfter, limit)
                let asked = "seed \(seed): \(prefix) \(delimiter ?? "-") after \(startAfter), \(limit)"
                #expect(listing.objects.map(\.key) == wanted.objects, "\(asked)")
                #expect(listing.groups == wanted.groups, "\(asked)")
                #expect(listing.next == wanted.next, "\(asked)")
                guard let next = listing.next, next != startAfter else { break }
                startAfter = next
            }
        }
    }

    @Test("A directory of more names than are held is listed in order")
    func large() async throws {
        let playground = Playground()
        for number in 0..<2_500 { playground.drop("", at: "f\(number)") }
        let store = try playground.store()
        var (keys, next): ([String], String?) = ([], "")
        while let after = next {
            let listing = try await store.list(startAfter: after, limit: 700)
            keys += listing.objects.map(\.key)
            next = listing.next
        }
        #expect(keys == (0..<2_500).map { "f\($0)" }.sorted())
    }
}

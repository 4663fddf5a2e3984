// This source file is part of the FunctionHost project.
// SPDX-License-Identifier: Apache-2.0

import FunctionHost
import FunctionHostTesting
import Testing

@testable import FunctionHostTriggers

/// What was announced, held against a dictionary.
@Suite struct KnownFilesTests {
    private func path(_ number: Int) -> ObjectPath { ObjectPath("d\(number % 7)/file \(number)", in: nil)! }

    @Test(
        "Remembering, changing and forgetting are those of a dictionary, and what is kept is what is known",
        arguments: 0..<20)
    func model(seed: UInt64) {
        var random = SplitMix64(seed: seed)
        var known = KnownFiles()
        var model: [ObjectPath: String] = [:]
        var kept: [String: String] = [:]
        for step in 0..<2_000 {
            let path = path(random.below(300))
            switch random.below(10) {
            case 0..<4:
                known.remember(path, "v\(step)")
                model[path] = "v\(step)"
            case 4..<7:
                known.forget(path)
                model[path] = nil
            case 7:
                for slot in known.takeChanges(atMost: 1 + random.below(5)) { kept[slot.name] = slot.text }
            default: #expect(known.identity(of: path) == model[path])
            }
            #expect(known.count == model.count)
        }
        while known.hasChanges { for slot in known.takeChanges(atMost: 3) { kept[slot.name] = slot.text } }
        let again = KnownFiles(kept) { Issue.record("slot \($0) is damaged") }
        #expect(!again.hasChanges)
        for number in 0..<300 {
            #expect(known.identity(of: path(number)) == model[path(number)])
            #expect(again.identity(of: path(number)) == model[path(number)])
        }
    }

    @Test("A scan tells what it has not seen, and only that", arguments: 0..<10)
    func sweep(seed: UInt64) {
        var random = SplitMix64(seed: seed)
        var known = KnownFiles()
        for number in 0..<200 { known.remember(path(number), "v") }
        known.beginScan()
        var unseen: Set<ObjectPath> = []
        for number in 0..<200 {
            if random.chance(70) {
                #expect(known.identitySeen(of: path(number)) == "v")
            } else {
                unseen.insert(path(number))
            }
        }
        // What goes and comes meanwhile changes nothing for the others.
        for number in 0..<200 where random.chance(10) {
            known.forget(path(number))
            unseen.remove(path(number))
        }
        for number in 500..<520 { known.remember(path(number), "v") }
        var slot: Int? = 0
        var told: [ObjectPath] = []
        while slot != nil { told += known.files(from: &slot, onlyUnseen: true) }
        #expect(Set(told) == unseen)
        #expect(told.count == unseen.count)
    }

    @Test("What is damaged is told, and the rest is known")
    func damage() {
        var damaged: [String] = []
        let known = KnownFiles(["0": "a\t1\nb\n", "x": "c\t1\n", "2": "d\t1\n", "3": "../e\t1\n", "-1": ""]) {
            damaged.append($0)
        }
        #expect(damaged.sorted() == ["-1", "0", "3", "x"])
        #expect(known.count == 2)
        #expect(known.hasChanges)
    }

    @Test("What has gone leaves room for what comes: slots do not grow without end")
    func bounded() {
        var known = KnownFiles()
        var names: Set<String> = []
        for number in 0..<5_000 {
            known.remember(path(number), "v")
            if number >= 100 { known.forget(path(number - 100)) }
            for slot in known.takeChanges(atMost: 100) { names.insert(slot.name) }
        }
        #expect(known.count == 100)
        #expect(names.count < 12)
    }
}

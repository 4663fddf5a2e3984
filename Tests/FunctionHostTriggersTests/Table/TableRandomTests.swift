// This source file is part of the FunctionHost project.
// SPDX-License-Identifier: Apache-2.0

import FunctionHost
import FunctionHostTriggers
import Testing

/// A table against a plain dictionary: whatever is done in whatever order, both have the same items, tell the same images, and the
/// stream of changes rebuilds the table.
@Suite struct TableRandomTests {
    private struct Model {
        var items: [AttributeMap: AttributeMap] = [:]
        var changes: [TableChange] = []

        mutating func set(_ key: AttributeMap, _ item: AttributeMap?) {
            let old = items[key]
            items[key] = item
            guard old != item else { return }
            let kind: TableChange.Kind = old == nil ? .insert : item == nil ? .remove : .modify
            changes.append(TableChange(kind, keys: key, newImage: item, oldImage: old))
        }
    }

    private struct Step {
        let key: AttributeMap
        let item: AttributeMap?
        let condition: TableCondition?
        let holds: (AttributeMap?) -> Bool
    }

    private func step(_ random: inout SplitMix64) throws -> Step {
        let key: AttributeMap = [
            "id": .string("p\(random.below(4))"), "at": .number(try TableNumber(random.below(40))),
        ]
        var item: AttributeMap? = random.chance(30) ? nil : key
        if item != nil { item?["n"] = .number(try TableNumber(random.below(4))) }
        if item != nil, random.chance(50) { item?["s"] = .stringSet(random.chance(50) ? ["a", "b"] : ["a"]) }
        switch random.below(6) {
        case 0: return Step(key: key, item: item, condition: .notExists("id")) { $0 == nil }
        case 1: return Step(key: key, item: item, condition: .exists("id")) { $0 != nil }
        case 2: return Step(key: key, item: item, condition: .compare("n", .equal, 2)) { $0?["n"] == 2 }
        case 3:
            return Step(key: key, item: item, condition: .contains("s", "b")) { $0?["s"] == .stringSet(["a", "b"]) }
        default: return Step(key: key, item: item, condition: nil) { _ in true }
        }
    }

    @Test("A table is a dictionary, and its changes rebuild it", arguments: 0..<40 as Range<UInt64>)
    func model(seed: UInt64) async throws {
        var random = SplitMix64(seed: seed)
        let bench = try TableBench(sortKey: .number("at")) { $0.shardCount = Int(seed % 3) + 1 }
        var model = Model()
        for _ in 0..<400 {
            if random.chance(10) {
                try transaction(bench.table, &model, &random)
                continue
            }
            let step = try step(&random)
            let old = model.items[step.key]
            do {
                let write =
                    if let item = step.item {
                        try bench.table.put(item, if: step.condition)
                    } else {
                        try bench.table.delete(step.key, if: step.condition)
                    }
                #expect(step.holds(old), "seed \(seed)")
                #expect(write.old == old && write.new == step.item, "seed \(seed)")
                model.set(step.key, step.item)
            } catch {
                #expect(error.code == .conditionFailed && !step.holds(old) && error.item == old, "seed \(seed)")
            }
        }
        try await check(bench, model, seed)
    }

    private func transaction(_ table: InMemoryTable, _ model: inout Model, _ random: inout SplitMix64) throws {
        var steps: [AttributeMap: Step] = [:]
        for _ in 0..<random.below(5) + 1 {
            let step = try step(&random)
            steps[step.key] = step
        }
        let ordered = steps.values.sorted { "\($0.key)" < "\($1.key)" }
        let operations = ordered.map { step in
            step.item.map { .put($0, if: step.condition) } ?? TableOperation.delete(step.key, if: step.condition)
        }
        do {
            try table.transact(operations)
            #expect(ordered.allSatisfy { $0.holds(model.items[$0.key]) })
            for step in ordered { model.set(step.key, step.item) }
        } catch {
            #expect(error.code == .transactionCancelled)
            #expect(error.reasons.map { $0 == nil } == ordered.map { $0.holds(model.items[$0.key]) })
        }
    }

    private func check(_ bench: TableBench, _ model: Model, _ seed: UInt64) async throws {
        let items = try bench.items(limit: 7)
        #expect(items.count == model.items.count && Set(items) == Set(model.items.values), "seed \(seed)")
        #expect(bench.table.figures.items == model.items.count)
        for partition in 0..<4 {
            let id = AttributeValue.string("p\(partition)")
            let expected = model.items.values.filter { $0["id"] == id }.sorted { left, right in
                guard case .number(let left)? = left["at"], case .number(let right)? = right["at"] else { return false }
                return left < right
            }
            #expect(try bench.table.query(id).items == expected, "seed \(seed)")
        }
        let records = try await bench.records().sorted { $0.sequenceNumber < $1.sequenceNumber }
        let changes = try records.map { try TableChange($0) }
        #expect(changes == model.changes, "seed \(seed)")
        var replica: [AttributeMap: AttributeMap] = [:]
        for change in changes { replica[change.keys] = change.newImage }
        #expect(replica == model.items, "seed \(seed)")
    }

    @Test("Items keep their order in the tree, however many come and go", arguments: 0..<8 as Range<UInt64>)
    func tree(seed: UInt64) throws {
        var random = SplitMix64(seed: seed)
        let table = try TableBench(sortKey: .number("at"), changes: nil).table
        var model: Set<Int> = []
        for round in 0..<6 {
            for _ in 0..<2_000 {
                let number = seed % 2 == 0 ? random.below(3_000) : model.count
                let key: AttributeMap = ["id": "a", "at": .number(try TableNumber(number))]
                if random.chance(round % 2 == 0 ? 10 : 80) {
                    try table.delete(key)
                    model.remove(number)
                } else {
                    try table.put(key)
                    model.insert(number)
                }
            }
            let found = try table.allItems().compactMap { item -> String? in
                if case .number(let number)? = item["at"] { number.description } else { nil }
            }
            #expect(found == model.sorted().map(String.init), "seed \(seed)")
            let middle = TableNumber(1_500)
            let above = try table.query("a", sortKey: .greater(.number(middle))).items.count
            #expect(above == model.filter { $0 > 1_500 }.count, "seed \(seed)")
        }
    }
}

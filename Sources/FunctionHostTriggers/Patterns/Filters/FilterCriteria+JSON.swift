// This source file is part of the FunctionHost project.
// SPDX-License-Identifier: Apache-2.0

extension FilterCriteria {
    /// Reads filters as AWS writes them: `{"Filters": [{"Pattern": "{\"body\": …}"}]}`.
    ///
    /// - Parameters:
    ///   - json: The text; no `Filters` is the same as none in it.
    ///   - source: Where the records come from.
    ///   - filterLimit: How many there may be, from 1 to 10. Defaults to 5.
    /// - Throws: ``FilterCriteriaError``.
    public init(json: String, of source: Source, filterLimit: Int = 5) throws(FilterCriteriaError) {
        guard let patterns = Self.patterns(in: json) else {
            throw FilterCriteriaError(.malformed, reason: #"the text is not {"Filters": [{"Pattern": "…"}]}"#)
        }
        try self.init(patterns, of: source, filterLimit: filterLimit)
    }

    private static func patterns(in json: String) -> [String]? {
        // Whatever is wrong in it, the text is not what it should be.
        guard let tape = try? JSONTape(Array(json.utf8), maximumDepth: 8), case .object = tape.values[0].kind else {
            return nil
        }
        var patterns: [String] = []
        for list in tape.children(of: 0) where tape.values[list].key == Array("Filters".utf8) {
            guard case .list = tape.values[list].kind else { return nil }
            for filter in tape.children(of: list) {
                guard case .object = tape.values[filter].kind else { return nil }
                let members = tape.children(of: filter)
                guard let pattern = members.last(where: { tape.values[$0].key == Array("Pattern".utf8) }),
                    case .string(let text) = tape.values[pattern].kind
                else { return nil }
                patterns.append(String(decoding: text, as: UTF8.self))
            }
        }
        return patterns
    }
}

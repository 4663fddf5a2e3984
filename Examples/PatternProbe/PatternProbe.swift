// This source file is part of the FunctionHost project.
// SPDX-License-Identifier: Apache-2.0

import FunctionHostTriggers

/// Answers for each line of standard input whether its event matches its pattern.
@main
struct PatternProbe {
    static func main() {
        while let line = Input.nextLine() {
            Output.show(answer(to: line).rawValue)
        }
    }

    enum Answer: String { case match, noMatch = "no-match", invalid }

    private static func answer(to line: [UInt8]) -> Answer {
        guard let question = Question(line) else { return .invalid }
        do {
            let matches =
                switch question.mode {
                case "rule": try EventPattern(question.pattern).matches(question.event)
                case "esm-sqs": try FilterCriteria([question.pattern], of: .sqs).passes(question.event)
                default: throw UnknownMode()
                }
            return matches ? .match : .noMatch
        } catch {
            // The pattern is none, or the event is not a JSON object: then there is nothing to be matched.
            return .invalid
        }
    }

    private struct UnknownMode: Error {}
}

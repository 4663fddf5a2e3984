// This source file is part of the FunctionHost project.
// SPDX-License-Identifier: Apache-2.0

import Testing

/// A mistake of what is around a mapping, and the rule it breaks: what the scenarios would see if the mapping made it.
enum MappingBug: String, CaseIterable, Sendable, CustomTestStringConvertible {
    // A stream
    case streamWakeUpIsLost
    case recordComesTwice
    case recordIsSkipped
    case childrenWithoutParents
    case openShardEnds
    case keyIsAnother
    case recordsLookOlder
    case recordsLookYounger
    case subscriptionStays

    // Where checkpoints are kept
    case checkpointIsForgotten
    case checkpointIsAhead
    case checkpointsAreOfAll

    // A queue
    case queueWakeUpIsLost
    case deleteLies
    case receiptsAreSwapped
    case receivedIsVisible
    case visibilityIsIgnored
    case givenBackIsIgnored
    case groupsAreNotLocked
    case receivedIsLost

    // What else there is
    case destinationDrops
    case filterLeaks
    case limitIsOneMore
    case queueLimitIsOneMore
    case pauseIsNotHeard

    var testDescription: String { rawValue }

    /// What it breaks.
    var rule: MappingRule {
        switch self {
        case .streamWakeUpIsLost, .openShardEnds, .checkpointIsAhead, .checkpointsAreOfAll, .queueWakeUpIsLost:
            .everythingEnds
        case .recordComesTwice, .keyIsAnother, .groupsAreNotLocked: .keyOrder
        case .recordIsSkipped: .checkpointBehind
        case .childrenWithoutParents: .parentsFirst
        case .recordsLookOlder: .notTooEarly
        case .recordsLookYounger: .neverTooOld
        case .subscriptionStays: .nothingLeftBehind
        case .checkpointIsForgotten, .deleteLies, .receiptsAreSwapped: .notAgain
        case .receivedIsVisible, .visibilityIsIgnored: .onceAtATime
        case .givenBackIsIgnored: .returned
        case .receivedIsLost: .asOftenAsMayBe
        case .destinationDrops: .poisonGivenUp
        case .filterLeaks: .filtered
        case .limitIsOneMore, .queueLimitIsOneMore: .limit
        case .pauseIsNotHeard: .quietWhenPaused
        }
    }

    /// The scenario that sees it.
    var scenario: @Sendable (MappingBug?) async throws -> Set<MappingRule> {
        switch self {
        case .streamWakeUpIsLost, .openShardEnds, .checkpointIsAhead, .checkpointIsForgotten, .recordComesTwice,
            .recordIsSkipped, .childrenWithoutParents, .keyIsAnother:
            ShardScenarios.tree
        case .recordsLookOlder, .recordsLookYounger: ShardScenarios.age
        case .subscriptionStays, .pauseIsNotHeard: ShardScenarios.changes
        case .checkpointsAreOfAll: ShardScenarios.twoMappings
        case .destinationDrops: ShardScenarios.poison
        case .filterLeaks: ShardScenarios.filters
        case .limitIsOneMore: ShardScenarios.throttling
        case .deleteLies, .receiptsAreSwapped, .queueWakeUpIsLost, .groupsAreNotLocked: QueueMappingScenarios.partly
        case .receivedIsVisible, .visibilityIsIgnored: QueueMappingScenarios.slow
        case .givenBackIsIgnored: QueueMappingScenarios.pauses
        case .receivedIsLost: QueueMappingScenarios.poison
        case .queueLimitIsOneMore: QueueMappingScenarios.filters
        }
    }
}

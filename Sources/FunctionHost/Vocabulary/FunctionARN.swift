// This source file is part of the FunctionHost project.
// SPDX-License-Identifier: Apache-2.0

/// A function's name as Lambda writes it where names must be unique in the world.
///
/// A host has no region and no account; unless told otherwise they are `local` and twelve zeros.
public struct FunctionARN: Sendable, Hashable, CustomStringConvertible {
    /// The region where none is given.
    public static let defaultRegion = "local"
    /// The account where none is given.
    public static let defaultAccount = "000000000000"

    /// The function's name.
    public var functionName: String
    /// Which version is meant; it is always written.
    public var qualifier: Qualifier
    /// The region.
    public var region: String
    /// The account, of twelve digits.
    public var account: String

    /// Names a function.
    public init(
        functionName: String, qualifier: Qualifier = .latest, region: String = Self.defaultRegion,
        account: String = Self.defaultAccount
    ) {
        self.functionName = functionName
        self.qualifier = qualifier
        self.region = region
        self.account = account
    }

    /// The name as text, such as `arn:aws:lambda:local:000000000000:function:resize:$LATEST`.
    public var description: String { "arn:aws:lambda:\(region):\(account):function:\(functionName):\(qualifier)" }
}

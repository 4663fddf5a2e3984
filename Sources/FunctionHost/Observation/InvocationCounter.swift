// This source file is part of the FunctionHost project.
// SPDX-License-Identifier: Apache-2.0

/// What an observer in the core implements besides, to be told of the two most frequent events without an event being made.
package protocol InvocationCounter: AnyObject, HostObserver {
    func countStart(of identity: FunctionIdentity)
    func count(_ report: InvocationReport)
}

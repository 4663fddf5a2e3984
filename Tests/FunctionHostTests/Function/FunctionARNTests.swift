// This source file is part of the FunctionHost project.
// SPDX-License-Identifier: Apache-2.0

import FunctionHost
import Testing

@Suite struct FunctionARNTests {
    @Test("A function's ARN names its version, and a place of no meaning unless one is given")
    func text() {
        #expect(
            FunctionARN(functionName: "resize").description
                == "arn:aws:lambda:local:000000000000:function:resize:$LATEST")
        #expect(
            FunctionARN(functionName: "resize", region: "eu-west-1", account: "123456789012").description
                == "arn:aws:lambda:eu-west-1:123456789012:function:resize:$LATEST")
    }
}

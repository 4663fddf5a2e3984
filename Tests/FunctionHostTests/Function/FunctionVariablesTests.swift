// This source file is part of the FunctionHost project.
// SPDX-License-Identifier: Apache-2.0

import FunctionHost
import Testing

@Suite struct FunctionVariablesTests {
    private func fault(_ variables: [String: String]) -> String? {
        var configuration = FunctionConfiguration()
        configuration.variables = variables
        return configuration.fault
    }

    @Test(
        "Two or more letters, digits and underscores, a letter first, make a name",
        arguments: ["ab", "Z_", "a1", "LEVEL"])
    func allowed(name: String) {
        #expect(fault([name: ""]) == nil)
    }

    @Test(
        "Any other name of a variable is refused and told",
        arguments: ["", "a", "_a", "1a", "a-b", "a b", "aé", "éa", "a\0", "@a", "[a", "`a", "{a"])
    func refused(name: String) {
        #expect(
            fault([name: "value"]) == "a variable is named \(String(reflecting: name)); "
                + "names are two or more of a-z A-Z 0-9 _ and begin with a letter")
    }

    @Test("Names that Lambda keeps for itself are refused", arguments: ["AWS_REGION", "LAMBDA_TASK_ROOT"])
    func reserved(name: String) {
        #expect(fault([name: "x"]) == "the variable \(name) is reserved, as it is in Lambda")
        #expect(fault([name.lowercased(): "x"]) == nil)
    }

    /// Lambda measures the JSON text: `{"ab":"…"}` is 9 bytes around the value.
    @Test("The JSON text of the variables has at most 4,096 bytes", arguments: [(4_087, nil), (4_088, 4_097)])
    func size(valueSize: Int, refused: Int?) {
        let value = String(repeating: "x", count: valueSize)
        #expect(
            fault(["ab": value]) == refused.map { "variables measure \($0) bytes; at most 4,096 are allowed" })
    }

    @Test("Bytes are measured, with the comma between two variables")
    func sizeOfTwo() {
        let value = String(repeating: "é", count: 2_038)
        #expect(fault(["ab": value, "cd": "xxx"]) == nil)
        #expect(fault(["ab": value, "cd": "xxxx"])?.hasPrefix("variables measure 4097 bytes") == true)
    }
}

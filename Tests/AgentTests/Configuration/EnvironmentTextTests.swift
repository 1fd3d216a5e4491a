import Testing

@testable import Agent

@Suite struct EnvironmentTextTests {
    private let environment = EnvironmentText(variables: [
        "NAME": "value", "EMPTY": "", "DOLLAR": "${NAME}", "_x9": "y",
    ])

    @Test(
        arguments: [
            ("plain", "plain"), ("", ""), ("${NAME}", "value"), ("a${NAME}b${NAME}c", "avaluebvaluec"),
            ("$$", "$"), ("$${NAME}", "${NAME}"), ("$$$$", "$$"), ("${EMPTY}", ""), ("${EMPTY:-x}", "x"),
            ("${NOPE:-}", ""), ("${NOPE:-a b:-c}", "a b:-c"), ("${NAME:-x}", "value"), ("${_x9}", "y"),
            // What a variable holds is never looked at again.
            ("${DOLLAR}", "${NAME}"), ("é${NAME}é", "évalueé"),
        ])
    func variablesAreFilledIn(text: String, filled: String) throws {
        #expect(try environment.filled(text) == filled)
    }

    @Test(
        arguments: [
            ("${NOPE}", "environment variable NOPE is not set; ${NOPE:-default} would give it a default"),
            ("$NAME", "write $$ for a dollar sign, ${NAME} for an environment variable"),
            ("costs 5$", "write $$ for a dollar sign, ${NAME} for an environment variable"),
            ("${NAME", "${ without its closing }"),
            ("${}", "an environment variable is written ${NAME} or ${NAME:-default}"),
            ("${9A}", "an environment variable is written ${NAME} or ${NAME:-default}"),
            ("${NAME?x}", "an environment variable is written ${NAME} or ${NAME:-default}"),
            ("${NA-ME}", "an environment variable is written ${NAME} or ${NAME:-default}"),
        ])
    func mistakesAreTold(text: String, sentence: String) {
        #expect(throws: EnvironmentText.Problem(sentence: sentence)) { try environment.filled(text) }
    }
}

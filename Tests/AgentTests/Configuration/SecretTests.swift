import Testing

@testable import Agent

/// Whatever is wrong with a file, what may be a secret in it does not get into a message.
@Suite struct SecretTests {
    private static let http = "[outputs.a]\ntype = \"http\"\nurl = \"https://x/\"\n"

    @Test(
        arguments: [
            http + "bearer_token = \"hunter2\"\n", http + "bearer_token = hunter2\n", http + "password = 'hunter2'\n",
            http + "\"pass word\" = \"hunter2\"\n", http + "token = \"\"\"hunter2\"\"\"\n",
            http + "token = \"\"\"\nhunter2\nx = \"hunter2\"\n", http + "token = \"\"\"\nhunter2 \\q\n\"\"\"\n",
            http + "token = \"hunter2\n", http + "password_file = \"/x\"\npassword = = \"hunter2\"\n",
            http + "headers = { Authorization = \"hunter2\", X = 5 }\n",
            http + "headers = { Authorization = \"hunter2\" X = 5 }\n",
            http + "headers = { \"a b\" = \"hunter2\" }\n", http + "headers = \"hunter2\"\n",
            http + "headers = [\"hunter2\"]\n", http + "header = { x = \"hunter2\" }\n",
            http + "headers.X-A = \"hunter2\\n\"\n", http + "headers.X-A = \"$hunter2\"\n",
            http + "[outputs.a.headers]\nX = \"hunter2\" \"hunter2\"\n",
            http + "[outputs.a.headers]\nX.Y = \"hunter2\"\n",
            http + "[outputs.a.headers]\nX = hunter2\n", http + "headers = { X = \"${SECRET}\\u0001\" }\n",
            http + "basic_auth = \"me:hunter2\"\n", http + "api_key = 'hunter2'\n",
            "[outputs.a]\ntype = \"http\"\nurl = \"http://me:hunter2@x/\"\n",
            "[outputs.a]\ntype = \"http\"\nurl = \"http://me:hunter2/3@4@x/\"\n",
            "[outputs.a]\ntype = \"http\"\nurl = \"me:hunter2@x/\"\n",
            "[outputs.a]\ntype = \"http\"\nurl = http://me:hunter2@x/\n",
            "[outputs.a]\ntype = \"http\"\nurl = \"ftp://x/?sig=hunter2\"\n",
            "[outputs.a]\ntype = \"http\"\nurl = \"${SECRET}\"\n", "[outputs.a]\ntype = \"${SECRET}\"\n",
            "[agent]\ninterval = \"${SECRET}\"\n",
            "[trace]\nmax_units = \"${SECRET}\"\nfold_transient = \"${SECRET}\"\n",
            "[outputs.a]\ntype = \"stdout\"\nformat = \"${SECRET}\"\ngroup_by = [\"${SECRET}\"]\n",
        ])
    func secretsAreNotShown(text: String) {
        let shown = problems(text, environment: ["SECRET": "hunter2"])
        #expect(shown.contains("error: "))
        #expect(!shown.contains("hunter2"), "\(shown)")
        #expect(!shown.contains("unter"), "\(shown)")
    }
}

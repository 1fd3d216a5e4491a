import Model
import Testing

@Suite struct SuggestionTests {
    @Test(
        arguments: [
            ("intervall", "interval"), ("INTERVAL", "interval"), ("itnerval", "interval"),
            ("bearer_token", "bearer_token_file"),
            ("hostnme", "hostname"), ("ulr", "url"), ("quite_different", nil), ("x", nil), ("", nil),
        ] as [(String, String?)])
    func theNearestWordIsSuggestedIfItIsNear(word: String, suggestion: String?) {
        let words = ["interval", "hostname", "url", "bearer_token_file", "state_dir"]
        #expect(Suggestion.nearest(to: word, among: words) == suggestion)
    }
}

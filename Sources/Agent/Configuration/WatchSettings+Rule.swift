package import Model

extension WatchSettings {
    /// What the file says, as a rule reads it.
    var text: WatchRule.Text {
        var text = WatchRule.Text()
        (text.slice, text.unit, text.container) = (slice, unit, container)
        (text.paths, text.allow, text.operations, text.isUrgent) = (paths, allow, ops, urgent)
        return text
    }
}

extension Settings {
    /// The rules, called `watch[0]` and so on; of checked settings there is none that throws.
    package func watchRules() throws(WatchMistakes) -> WatchRules {
        var rules: [WatchRule] = []
        for (index, settings) in watch.enumerated() { rules.append(try WatchRule("watch[\(index)]", settings.text)) }
        return WatchRules(rules)
    }
}

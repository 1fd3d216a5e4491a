import ArgumentParser
@main struct OTAgent: AsyncParsableCommand { mutating func run() async throws {} }

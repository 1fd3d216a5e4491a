import ArgumentParser
@main struct OpenTrace: AsyncParsableCommand { mutating func run() async throws {} }

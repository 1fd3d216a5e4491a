import Support
import Testing

/// One after the other: the samples are attached to the same calls.
@Suite(.serialized, .withTracefs) struct BPFTests {}

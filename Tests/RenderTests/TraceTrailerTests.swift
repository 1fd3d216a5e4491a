import Model
import Render
import Testing

@Suite struct TraceTrailerTests {
    @Test func `a whole trace has one line`() {
        var account = TraceAccount()
        (account.rows, account.passedOver, account.loss.filtered) = (1_234_567, 1, 1_000)
        #expect(TraceTrailer(account).text == "1,234,567 rows, 1,001 filtered, 0 lost\n")
        account = TraceAccount()
        account.rows = 1
        #expect(TraceTrailer(account).text == "1 row, 0 filtered, 0 lost\n")
    }

    @Test func `every loss has its reason`() {
        var account = TraceAccount()
        (account.rows, account.unwritten) = (10, 1)
        (account.loss.dropped, account.loss.missedRuns) = (2_000, 3)
        (account.loss.unknownResults, account.loss.unresolvedPaths, account.loss.unfollowed) = (4, 5, 6)
        #expect(
            TraceTrailer(account).text == """
                10 rows, 0 filtered, 2,004 lost
                  2,000 lost because the buffer was full; a larger --buffer has room for more
                  3 lost because the kernel did not run the programs for them
                  1 lost because it could not be written
                  4 rows without a result, which never became known
                  5 rows without the path they should have
                  6 processes not followed, because there were too many: what they did is not in the rows

                """)
    }

    @Test func `one of each is told as one`() {
        var account = TraceAccount()
        account.rows = 1
        (account.loss.missedRuns, account.loss.unknownResults) = (1, 1)
        (account.loss.unresolvedPaths, account.loss.unfollowed) = (1, 1)
        #expect(
            TraceTrailer(account).text == """
                1 row, 0 filtered, 1 lost
                  1 lost because the kernel did not run the programs for it
                  1 row without a result, which never became known
                  1 row without the path it should have
                  1 process not followed, because there were too many: what it did is not in the rows

                """)
    }

    @Test func `a line while it runs is short`() {
        var account = TraceAccount()
        account.rows = 999
        #expect(TraceTrailer(account).progress(after: 59) == "999 rows after 59 s")
        (account.rows, account.loss.dropped) = (1_000, 7)
        #expect(TraceTrailer(account).progress(after: 61) == "1,000 rows after 1 min 1 s, 7 lost")
    }
}

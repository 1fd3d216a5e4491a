import Model
import Testing

@testable import Render

@Suite("Moments and error numbers as text")
struct TextTests {
    @Test(
        "A moment is RFC 3339 in UTC with milliseconds",
        arguments: [
            (0, "1970-01-01T00:00:00.000Z"),
            (1_795_348_800_000_000_000, "2026-11-22T12:00:00.000Z"),
            (951_782_399_999_999_999, "2000-02-28T23:59:59.999Z"),
            (951_782_400_000_000_000, "2000-02-29T00:00:00.000Z"),
            (951_868_800_000_000_000, "2000-03-01T00:00:00.000Z"),
            (4_107_542_400_000_000_000, "2100-03-01T00:00:00.000Z"),
            (1_767_225_599_999_000_000, "2025-12-31T23:59:59.999Z"),
            (1_999_999, "1970-01-01T00:00:00.001Z"),
            (-1, "1969-12-31T23:59:59.999Z"),
            (Int64.min, "1677-09-21T00:12:43.145Z"),
            (Int64.max, "2262-04-11T23:47:16.854Z"),
        ])
    func timestamps(_ nanoseconds: Int64, _ text: String) {
        #expect(Timestamp(nanoseconds: nanoseconds).text == text)
    }

    @Test(
        "Error numbers have their Linux names",
        arguments: [
            (1, "EPERM"), (2, "ENOENT"), (11, "EAGAIN"), (13, "EACCES"), (27, "EFBIG"), (28, "ENOSPC"),
            (40, "ELOOP"), (42, "ENOMSG"), (59, "EBFONT"), (75, "EOVERFLOW"), (95, "EOPNOTSUPP"), (110, "ETIMEDOUT"),
            (122, "EDQUOT"), (133, "EHWPOISON"), (0, "E0"), (41, "E41"), (58, "E58"), (134, "E134"), (-5, "E-5"),
        ])
    func errnoNames(_ number: Int32, _ name: String) {
        #expect(ErrnoName.name(of: number) == name)
    }
}

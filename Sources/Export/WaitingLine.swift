import Model

/// What waits for one destination, oldest first, within bounds, and the account of all that ever came in.
///
/// Every parcel is in exactly one place: `created = delivered + rejected + dropped + waiting`, to the row.
struct WaitingLine: Sendable {
    /// Parcels given up together, oldest first.
    struct Loss: Sendable, Equatable {
        var payloads = 0
        var rows = 0
        var first = ""

        fileprivate mutating func add(_ parcel: Parcel) {
            if payloads == 0 { first = parcel.id }
            payloads += 1
            rows += parcel.rows
        }
    }

    private let maxBytes: Int
    private let maxAge: Duration?
    private var parcels: [Parcel] = []
    private var underWay: Parcel?
    /// These two are of the waiting parcels and the one under way.
    private(set) var bytes = 0
    private var rows = 0
    private var settled = SinkAccount()

    init(maxBytes: Int, maxAge: Duration?) {
        (self.maxBytes, self.maxAge) = (maxBytes, maxAge)
    }

    var isEmpty: Bool { parcels.isEmpty && underWay == nil }

    /// The account as it stands now.
    var account: SinkAccount {
        var account = settled
        account.waitingPayloads = UInt64(parcels.count + (underWay == nil ? 0 : 1))
        account.waitingRows = UInt64(rows)
        return account
    }

    /// Adds the newest; answers what had to go for it. The parcel under way is not taken from under the request.
    mutating func append(_ parcel: Parcel) -> Loss? {
        settled.createdPayloads += 1
        settled.createdRows += UInt64(parcel.rows)
        parcels.append(parcel)
        bytes += parcel.body.count
        rows += parcel.rows
        return shrink()
    }

    /// Drops what has waited for too long.
    mutating func expire(at now: ContinuousClock.Instant) -> Loss? {
        guard let maxAge else { return nil }
        return drop { line in line.parcels.first.map { $0.since.duration(to: now) > maxAge } ?? false }
    }

    /// Takes the oldest out for an attempt; one of those below must follow.
    mutating func take() -> Parcel? {
        guard underWay == nil, !parcels.isEmpty else { return nil }
        underWay = parcels.removeFirst()
        return underWay
    }

    mutating func delivered() {
        guard let parcel = settle() else { return }
        settled.deliveredPayloads += 1
        settled.deliveredRows += UInt64(parcel.rows)
        settled.lastError = nil
    }

    /// Delivered but for some rows that the receiver did not want.
    mutating func delivered(rejecting rows: Int, reason: String) {
        guard let parcel = settle() else { return }
        let rejected = min(rows, parcel.rows)
        settled.deliveredPayloads += 1
        settled.deliveredRows += UInt64(parcel.rows - rejected)
        settled.rejectedRows += UInt64(rejected)
        settled.lastError = reason
    }

    mutating func rejected(reason: String) {
        guard let parcel = settle() else { return }
        settled.rejectedPayloads += 1
        settled.rejectedRows += UInt64(parcel.rows)
        settled.lastError = reason
    }

    /// Puts the parcel under way back to the front; answers what had to go because the bound was passed meanwhile.
    mutating func kept(reason: String) -> Loss? {
        guard let parcel = underWay else { return nil }
        underWay = nil
        parcels.insert(parcel, at: 0)
        settled.lastError = reason
        return shrink()
    }

    /// Puts the halves of the parcel under way where it was; answers what had to go because of their size.
    mutating func split(into halves: [Parcel]) -> Loss? {
        guard settle() != nil else { return nil }
        settled.splitPayloads += UInt64(max(halves.count - 1, 0))
        parcels.insert(contentsOf: halves, at: 0)
        bytes += halves.reduce(0) { $0 + $1.body.count }
        rows += halves.reduce(0) { $0 + $1.rows }
        return shrink()
    }

    /// Hands what waits over to another line, as if it had never been in this one. The parcel under way stays: it may be
    /// at its destination by now.
    mutating func surrender() -> [Parcel] {
        defer { parcels = [] }
        for parcel in parcels {
            bytes -= parcel.body.count
            settled.createdPayloads -= 1
            settled.createdRows -= UInt64(parcel.rows)
        }
        return parcels
    }

    /// Gives everything up, the parcel under way included.
    mutating func abandon() -> Loss? {
        if let parcel = underWay {
            underWay = nil
            parcels.insert(parcel, at: 0)
        }
        return drop { !$0.parcels.isEmpty }
    }

    private mutating func settle() -> Parcel? {
        guard let parcel = underWay else { return nil }
        underWay = nil
        bytes -= parcel.body.count
        rows -= parcel.rows
        return parcel
    }

    private mutating func shrink() -> Loss? {
        drop { $0.bytes > $0.maxBytes && !$0.parcels.isEmpty }
    }

    private mutating func drop(while tooMuch: (Self) -> Bool) -> Loss? {
        var loss = Loss()
        while tooMuch(self) {
            let parcel = parcels.removeFirst()
            bytes -= parcel.body.count
            rows -= parcel.rows
            settled.droppedPayloads += 1
            settled.droppedRows += UInt64(parcel.rows)
            loss.add(parcel)
        }
        return loss.payloads == 0 ? nil : loss
    }
}

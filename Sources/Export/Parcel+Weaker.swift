extension Parcel {
    /// The same parcel unpacked, for a receiver that does not know the encoding; nil when it is plain already.
    func weaker() -> Parcel? { nil }

    /// Two parcels with half of the rows each, or nil when there is nothing to halve.
    func halves() -> [Parcel]? { nil }
}

/// What an answer's status means for the payload.
enum DeliveryClass {
    case accepted
    /// The next attempt may do better.
    case retry
    /// Somebody has to act first: attempts go on, at the slowest pace.
    case hold
    /// This payload will never be taken.
    case poison

    init(status: Int) {
        switch status {
        case 200...299: self = .accepted
        case 408, 425, 429: self = .retry
        case 400, 406, 409, 411, 412, 413, 415, 422, 501, 505: self = .poison
        case 500...599: self = .retry
        default: self = .hold
        }
    }
}

/// What a session says of its connection and of what its account may do.
struct SourceInspection {
    enum Protection {
        /// Nothing goes over a network: why.
        case local(String)
        /// With what.
        case encrypted(String)
        case clear
    }

    /// Something that the account may do or not, beyond reading.
    struct Right {
        let name: String
        let isGranted: Bool
        /// What is not so good without it.
        let consequence: String
        /// What would grant it.
        let remedy: String
    }

    let protection: Protection
    /// The time zone of the source's wall clock; `nil` if there is none but this machine's.
    let zone: String?
    let rights: [Right]
}

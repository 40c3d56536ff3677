extension Migration {
    /// Keeps the place of number 6, which another branch has; to be replaced when they meet.
    static let m0006Placeholder = Migration(
        number: 6, name: "placeholder", sqlite: "SELECT 1;", postgres: "SELECT 1;")
}

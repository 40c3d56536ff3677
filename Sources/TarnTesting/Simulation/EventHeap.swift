/// Events in the order of their times; those of one time in the order in which they were added.
struct EventHeap<Event> {
    /// Apart from the events, which are large: only these are moved and compared.
    private var entries: [Entry] = []
    private var events: [Event?] = []
    private var free: [Int] = []
    private var count = 0

    private struct Entry {
        let at: Int64
        let order: Int
        let place: Int

        func isBefore(_ other: Entry) -> Bool { at != other.at ? at < other.at : order < other.order }
    }

    mutating func add(_ event: Event, at time: Int64) {
        count += 1
        let place = free.popLast() ?? events.count
        if place == events.count { events.append(event) } else { events[place] = event }
        entries.append(Entry(at: time, order: count, place: place))
        var child = entries.count - 1
        while child > 0 {
            let parent = (child - 1) / 2
            guard entries[child].isBefore(entries[parent]) else { break }
            entries.swapAt(child, parent)
            child = parent
        }
    }

    mutating func next() -> (at: Int64, event: Event)? {
        guard let first = entries.first, let last = entries.popLast() else { return nil }
        if !entries.isEmpty {
            entries[0] = last
            sink()
        }
        guard let event = events[first.place].take() else { return nil }
        free.append(first.place)
        return (first.at, event)
    }

    private mutating func sink() {
        var parent = 0
        while true {
            var least = parent
            for child in (2 * parent + 1)...(2 * parent + 2)
            where child < entries.count && entries[child].isBefore(entries[least]) { least = child }
            guard least != parent else { return }
            entries.swapAt(parent, least)
            parent = least
        }
    }
}

package import LakeModel

/// What every row of one generated set depends on: the seed, the scale and the base date.
package struct SamplePlan: Sendable {
    package let seed: UInt64
    package let scale: Double
    /// Business day 0.
    package let baseDay: Day

    /// Sizes of the entities that other tables refer to.
    struct Counts: Sendable {
        let customers, customersPerDay, services, invoices, invoicesPerDay: Int
        let invoiceItems, invoiceItemsPerDay, invoiceServices, invoiceServicesPerDay: Int
    }

    var counts: Counts {
        Counts(
            customers: SampleSizes.customer.rows(at: scale),
            customersPerDay: SampleSizes.customer.rowsPerDay(at: scale),
            services: SampleSizes.service.rows(at: scale),
            invoices: SampleSizes.invoice.rows(at: scale),
            invoicesPerDay: SampleSizes.invoice.rowsPerDay(at: scale),
            invoiceItems: SampleSizes.invoiceItem.rows(at: scale),
            invoiceItemsPerDay: SampleSizes.invoiceItem.rowsPerDay(at: scale),
            invoiceServices: SampleSizes.invoiceService.rows(at: scale),
            invoiceServicesPerDay: SampleSizes.invoiceService.rowsPerDay(at: scale))
    }

    /// The number from which the streams of `name` count: below 2^62, so that adding to it cannot overflow.
    func stream(_ name: String) -> UInt64 {
        var hash: UInt64 = 0xcbf2_9ce4_8422_2325
        for byte in name.utf8 { hash = (hash ^ UInt64(byte)) &* 0x100_0000_01b3 }
        return sampleRandom(stream: seed, row: hash) >> 2
    }
}

/// SplitMix64's finalizer over a stream and a row: the same number for ever, on every machine.
func sampleRandom(stream: UInt64, row: UInt64) -> UInt64 {
    var z = stream &* 0xd134_2543_de82_ef95 &+ row &* 0x9e37_79b9_7f4a_7c15 &+ 0x9e37_79b9_7f4a_7c15
    z = (z ^ (z >> 30)) &* 0xbf58_476d_1ce4_e5b9
    z = (z ^ (z >> 27)) &* 0x94d0_49bb_1331_11eb
    return z ^ (z >> 31)
}

/// The sizes at scale 1 that the lake's story depends on.
///
/// Invoices, items and invoice services have the sizes of the lake that this sample stands for. Its billing
/// CDRs are 75 GB and its APN sessions 4.7 billion rows (180 GB); here they are cut to what a laptop can
/// hold.
enum SampleSizes {
    static let customer = SampleSize.scaled(120_000, perDay: 60, updates: 600)
    static let service = SampleSize.scaled(1_200_000, perDay: 600, updates: 3_000)
    static let partner = SampleSize.fixed(250)
    static let invoice = SampleSize.scaled(5_100_000, perDay: 6_000, updates: 9_000)
    static let invoiceItem = SampleSize.scaled(27_900_000, perDay: 32_800, updates: 12_000)
    static let invoiceService = SampleSize.scaled(17_400_000, perDay: 20_500, updates: 8_000)
    static let billingCDR = SampleSize.scaled(12_000_000, perDay: 40_000)
    static let bareCDR = SampleSize.scaled(6_000_000, perDay: 20_000)
    static let apnUsage = SampleSize.scaled(20_000_000, perDay: 100_000)
}

package import Kernels

/// Bounds of the Poisson models with a log link.
package enum PoissonLimits {
  /// Linear predictors above are clipped: e³⁰ ≈ 10¹³ times the exposure.
  package static let largestPredictor = 30.0
}

extension PoissonBlock {
  /// The entries of a stretch of genes, for the kernels.
  ///
  /// - Parameter body: the pointers are valid in it only.
  package func withEntries<Result>(
    of genes: Range<Int>, _ body: (PoissonEntries) -> Result
  ) -> Result {
    geneStarts.withUnsafeBufferPointer { starts in
      entryRows.withUnsafeBufferPointer { rows in
        entryCounts.withUnsafeBufferPointer { counts in
          guard let starts = starts.baseAddress else { preconditionFailure("q + 1 starts") }
          // Without a count nothing is read behind these addresses.
          return body(
            PoissonEntries(
              starts: starts + genes.lowerBound, geneCount: genes.count,
              rows: rows.baseAddress ?? Self.noRow, counts: counts.baseAddress ?? Self.noCount))
        }
      }
    }
  }

  private nonisolated(unsafe) static let noRow = UnsafePointer(
    UnsafeMutablePointer<UInt8>.allocate(capacity: 1))
  private nonisolated(unsafe) static let noCount = UnsafePointer(
    UnsafeMutablePointer<Float>.allocate(capacity: 1))
}

extension DGDConfiguration {
  /// The spread of the widths' prior: 0.2 around the spectral start's widths, 1 (as published) around others.
  var usedSigmaSpread: Double { sigmaSpread ?? (start == .spectral ? 0.2 : 1) }

  /// Whether dispersions are counts' own parameters, estimated by their own steps.
  var estimatesDispersions: Bool {
    guard likelihood == .negativeBinomial else { return false }
    return dispersions == .byStart ? start == .spectral : dispersions == .estimated
  }

  /// Epochs in which a decoder learns what a good start knows: 60, or 540 minibatches where those are more.
  private static func baseEpochs(batchCount: Int) -> Int {
    max(60, (540 + batchCount - 1) / batchCount)
  }

  /// The most epochs for so many minibatches an epoch; `patience` ends most fits before.
  func epochCount(batchCount: Int) -> Int {
    epochs
      ?? (start == .spectral
        ? (validationFraction > 0 ? 8 : 2) * Self.baseEpochs(batchCount: batchCount) : 500)
  }

  /// First epochs in which only the decoder learns: the representations come from a good start, the decoder does not.
  func frozenCount(batchCount: Int) -> Int {
    guard start == .spectral else { return 0 }
    return frozenEpochs
      ?? min(epochCount(batchCount: batchCount), Self.baseEpochs(batchCount: batchCount)) / 4
  }

  /// Epochs without a better validation loss after which a fit ends, counted from where the representations move; nil:
  /// it does not.
  func usedPatience(batchCount: Int) -> Int? {
    guard let patience else {
      return start == .spectral ? Self.baseEpochs(batchCount: batchCount) / 3 : nil
    }
    return patience > 0 ? patience : nil
  }
}

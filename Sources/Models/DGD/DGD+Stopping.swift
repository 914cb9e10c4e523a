import Modeling

extension DGD {
  /// How much better, as a part of itself, a validation loss must be to be worth more epochs.
  private static var improvement: Double { 5e-4 }

  /// Notes the validation loss of an epoch, and keeps the state of the best.
  ///
  /// - Returns: whether `patience` epochs have passed without a better one.
  func noteValidation(
    _ loss: Double, _ shared: inout DGDShared, _ lanes: inout [DGDLane]
  ) -> Bool {
    guard let patience = configuration.usedPatience(batchCount: batchCount) else { return false }
    // While representations stand still the loss says nothing about what they will lose.
    guard !isFrozen(shared.epoch - 1) || shared.epoch == epochCount else { return false }
    var best =
      shared.best
      ?? DGDBest(loss: .infinity, epoch: 0, markLoss: .infinity, markEpoch: shared.epoch)
    if loss < best.loss {
      (best.loss, best.epoch) = (loss, shared.epoch)
      (best.decoder, best.spaces) = (shared.decoder, shared.spaces)
      for lane in lanes.indices {
        lanes[lane].saved.best = lanes[lane].saved.spaces.map(\.values)
      }
    }
    if loss < best.markLoss - Self.improvement * best.markLoss.magnitude || best.markLoss.isInfinite
    {
      (best.markLoss, best.markEpoch) = (loss, shared.epoch)
    }
    shared.best = best
    return shared.epoch - best.markEpoch >= patience
  }

  /// Goes back to the state of the best epoch.
  ///
  /// - Returns: a remark, where that is not the last.
  func restoreBest(_ shared: inout DGDShared, _ lanes: inout [DGDLane]) -> String? {
    guard let best = shared.best, let decoder = best.decoder else { return nil }
    (shared.decoder, shared.spaces) = (decoder, best.spaces)
    for lane in lanes.indices {
      for (s, values) in lanes[lane].saved.best.enumerated() {
        lanes[lane].saved.spaces[s].values = values
      }
      lanes[lane].saved.best = []
    }
    shared.best?.decoder = nil
    shared.best?.spaces = []
    return best.epoch < shared.epoch ? "the state of epoch \(best.epoch) is kept" : nil
  }
}

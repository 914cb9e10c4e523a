/// How well a score ranks positives before negatives.
///
/// Equal scores enter together. All areas are exact sums over the thresholds.
public struct RankingCurves: Sendable {
  /// Positives and negatives with a score at least the threshold, for every distinct score, descending.
  private let steps: [(positives: Double, negatives: Double)]

  /// Sorts the scores.
  ///
  /// - Precondition: as many scores as labels; no score is NaN.
  public init(truth: [Bool], scores: [Double]) {
    precondition(truth.count == scores.count, "\(truth.count) labels, \(scores.count) scores")
    precondition(scores.allSatisfy { !$0.isNaN }, "a score is NaN")
    let order = scores.indices.sorted { scores[$0] > scores[$1] }
    var steps: [(positives: Double, negatives: Double)] = []
    var (positives, negatives) = (0.0, 0.0)
    for (place, index) in order.enumerated() {
      if truth[index] { positives += 1 } else { negatives += 1 }
      let isLast = place + 1 == order.count || scores[order[place + 1]] != scores[index]
      if isLast { steps.append((positives, negatives)) }
    }
    self.steps = steps
  }

  private var total: (positives: Double, negatives: Double) { steps.last ?? (0, 0) }

  /// The area under the precision–recall curve by the trapezoidal rule, beginning at recall 0 and
  /// precision 1: the published experiments' AUPR.
  ///
  /// `nil` without positives.
  public var precisionRecallArea: Double? {
    guard total.positives > 0 else { return nil }
    var area = 0.0
    var (recall, precision) = (0.0, 1.0)
    for step in steps {
      let nextRecall = step.positives / total.positives
      let nextPrecision = step.positives / (step.positives + step.negatives)
      area += (nextRecall - recall) * 0.5 * (precision + nextPrecision)
      (recall, precision) = (nextRecall, nextPrecision)
    }
    return area
  }

  /// Average precision, Σ (recall_t − recall_{t−1}) precision_t: no interpolation between thresholds.
  ///
  /// `nil` without positives.
  public var averagePrecision: Double? {
    guard total.positives > 0 else { return nil }
    var (sum, found) = (0.0, 0.0)
    for step in steps {
      sum += (step.positives - found) * step.positives / (step.positives + step.negatives)
      found = step.positives
    }
    return sum / total.positives
  }

  /// The area under the receiver operating characteristic: the chance that a positive scores above a
  /// negative, ties counted half. `nil` without positives or without negatives.
  public var rocArea: Double? {
    guard total.positives > 0, total.negatives > 0 else { return nil }
    var (area, found, false_) = (0.0, 0.0, 0.0)
    for step in steps {
      area += (step.negatives - false_) * 0.5 * (step.positives + found)
      (found, false_) = (step.positives, step.negatives)
    }
    return area / (total.positives * total.negatives)
  }
}

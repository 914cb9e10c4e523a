import Fitting

/// What one point of a sweep will take.
struct SweepPrediction {
  /// (Cells × genes + donors × variants) × epochs: by it the longest points start first.
  let cost: Double
  /// Memory of a rank.
  let bytes: Int
  /// How many epochs are planned.
  let epochs: Int
  /// Takes a few steps on this machine: seconds that a rank computes in an epoch. Nil where the model's epochs
  /// cannot be timed beforehand.
  let measureEpoch: (() throws -> Double?)?
}

/// The times of a sweep's points, by steps measured on this machine.
///
/// Measuring takes about a second, so that it is done for some points only: one for each set of settings that
/// makes a difference, until the budget is spent. The times of the others are scaled from the measured point
/// of nearest cost.
struct SweepForecast {
  /// A time, and whether it was measured or scaled.
  struct Time {
    let seconds: Double
    let isMeasured: Bool

    /// As in a table.
    var text: String { (isMeasured ? "" : "~") + timeText(seconds) }
  }

  /// Why points could not be timed, by their names: they cannot be fitted either.
  private(set) var failures: [String: String] = [:]
  private let end: ContinuousClock.Instant
  private var epochSeconds: [String: Double?] = [:]
  private var measured: [(model: String?, cost: Double, seconds: Double)] = []

  /// A forecast that measures for so long.
  init(budget: Duration = .seconds(20)) {
    end = .now + budget
  }

  /// The times of all points; nil where nothing is known.
  mutating func times(of points: [(point: SweepPoint, prediction: SweepPrediction?)]) -> [Time?] {
    let own = points.map { point, prediction in
      prediction.flatMap { seconds(of: point, $0) }
    }
    return points.indices.map { index in
      if let seconds = own[index] { return Time(seconds: seconds, isMeasured: true) }
      guard let prediction = points[index].prediction, prediction.measureEpoch != nil,
        let nearest = measured.filter({ $0.model == points[index].point.arguments.first }).min(
          by: { ratio($0.cost, prediction.cost) < ratio($1.cost, prediction.cost) })
      else { return nil }
      return Time(
        seconds: nearest.seconds * prediction.cost / nearest.cost, isMeasured: false)
    }
  }

  private func ratio(_ one: Double, _ other: Double) -> Double {
    max(one, other) / min(one, other)
  }

  private mutating func seconds(of point: SweepPoint, _ prediction: SweepPrediction) -> Double? {
    guard let measureEpoch = prediction.measureEpoch, prediction.cost > 0 else { return nil }
    // Neither the seed nor the number of epochs changes what an epoch takes.
    let key = point.arguments
      .filter { !$0.hasPrefix("--seed=") && !$0.hasPrefix("--epochs=") }.joined(separator: " ")
    if epochSeconds[key] == nil, ContinuousClock.now < end {
      do {
        epochSeconds[key] = try measureEpoch()
      } catch {
        failures[point.name] = "\(error)"
      }
    }
    guard let known = epochSeconds[key], let epoch = known else { return nil }
    let seconds = epoch * Double(prediction.epochs)
    measured.append((point.arguments.first, prediction.cost, seconds))
    return seconds
  }
}

public import LinearAlgebra

/// √ mean (y − ŷ)²; NaN without numbers.
public func rootMeanSquareError(_ truth: [Double], _ prediction: [Double]) -> Double {
  precondition(truth.count == prediction.count, "\(truth.count) and \(prediction.count) numbers")
  var sum = 0.0
  for (y, yhat) in zip(truth, prediction) { sum += (y - yhat) * (y - yhat) }
  return (sum / Double(truth.count)).squareRoot()
}

/// Mean |y − ŷ|; NaN without numbers.
public func meanAbsoluteError(_ truth: [Double], _ prediction: [Double]) -> Double {
  precondition(truth.count == prediction.count, "\(truth.count) and \(prediction.count) numbers")
  var sum = 0.0
  for (y, yhat) in zip(truth, prediction) { sum += abs(y - yhat) }
  return sum / Double(truth.count)
}

/// R² = 1 − Σ (y − ŷ)² / Σ (y − ȳ)².
///
/// Edge cases: a constant truth gives 1 if predicted exactly, otherwise 0. It may be negative.
public func coefficientOfDetermination(_ truth: [Double], _ prediction: [Double]) -> Double {
  precondition(truth.count == prediction.count, "\(truth.count) and \(prediction.count) numbers")
  let mean = truth.reduce(0, +) / Double(truth.count)
  var (residual, total) = (0.0, 0.0)
  for (y, yhat) in zip(truth, prediction) {
    residual += (y - yhat) * (y - yhat)
    total += (y - mean) * (y - mean)
  }
  return total == 0 ? (residual == 0 ? 1 : 0) : 1 - residual / total
}

/// R² of every column.
public func columnDeterminations(_ truth: Matrix<Double>, _ prediction: Matrix<Double>) -> [Double]
{
  (0..<truth.columnCount).map {
    coefficientOfDetermination(truth.column($0), prediction.column($0))
  }
}

import LinearAlgebra

/// The donors that an iteration goes over: all of them, or a minibatch.
struct TBLDADonors: Sendable {
  /// For each of the cohort's donors its place among them; −1 for others.
  let places: [Int]
  /// Which they are.
  let donors: [Int]
  /// n_i: samples of each in the fit.
  let sampleCounts: [Double]
  /// τ, populations × donors.
  let shares: [Double]
  /// How many genotypes of these donors are observed and not held out.
  let observedCount: Int
  /// Whether they are all.
  let isWhole: Bool

  /// No donors: the state before the cohort is known.
  init() {
    (places, donors, sampleCounts, shares) = ([], [], [], [])
    (observedCount, isWhole) = (0, true)
  }

  /// Some of a cohort's donors.
  init(_ donors: [Int], of cohort: TBLDACohort) {
    let I = cohort.donors.count
    self.donors = donors
    var places = [Int](repeating: -1, count: I)
    for (place, donor) in donors.enumerated() { places[donor] = place }
    self.places = places
    sampleCounts = donors.map { cohort.sampleCounts[$0] }
    shares = (0..<cohort.populations.count).flatMap { population in
      donors.map { cohort.populations.shares[population * I + $0] }
    }
    observedCount = donors.reduce(0) { $0 + cohort.totals.observedOfDonors[$1] }
    isWhole = donors.count == I
  }

  /// How many donors there are.
  var count: Int { donors.count }
}

/// A lane's part in an iteration.
struct TBLDALaneShare: Sendable {
  /// Its samples in the fit that belong to these donors.
  let rows: [Int]
  /// The place of each one's donor.
  let donors: [Int]
}

extension TBLDALane {
  /// The part that goes over these donors.
  func share(of choice: TBLDADonors) -> TBLDALaneShare {
    let rows = donors.indices.filter { donors[$0] >= 0 && choice.places[donors[$0]] >= 0 }
    return TBLDALaneShare(rows: rows, donors: rows.map { choice.places[donors[$0]] })
  }

  /// Genotypes of the lane's variants, variants × these donors; 3 where missing.
  func genotypes(of choice: TBLDADonors) -> [UInt8] {
    guard let residentGenotypes else {
      return choice.isWhole
        ? cohortGenotypes.seen(variants) : cohortGenotypes.seen(variants, donors: choice.donors)
    }
    if choice.isWhole { return residentGenotypes }
    let I = choice.places.count
    var own: [UInt8] = []
    own.reserveCapacity(variants.count * choice.count)
    for variant in 0..<variants.count {
      for donor in choice.donors { own.append(residentGenotypes[variant * I + donor]) }
    }
    return own
  }
}

extension Matrix<Double> {
  /// The rows at these places, increasing.
  func selectingRows(_ rows: [Int]) -> Matrix<Double> {
    guard rows.count < rowCount else { return self }
    var elements: [Double] = []
    elements.reserveCapacity(rows.count * columnCount)
    for row in rows { elements += self.row(row) }
    return Matrix(rowCount: rows.count, columnCount: columnCount, elements: elements)
  }

  /// Replaces the rows at these places.
  mutating func setRows(_ rows: [Int], to values: Matrix<Double>) {
    guard rows.count < rowCount else {
      self = values
      return
    }
    for (index, row) in rows.enumerated() { setRow(row, to: values.row(index)) }
  }

  /// A taller matrix with these rows at these places, zeros elsewhere.
  func spread(to rows: [Int], of count: Int) -> Matrix<Double> {
    var result = Matrix(rowCount: count, columnCount: columnCount, repeating: 0)
    result.setRows(rows, to: self)
    return result
  }
}

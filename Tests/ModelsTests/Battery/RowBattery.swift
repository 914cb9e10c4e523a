import Modeling
import Models
import Optimization
import TestSupport
import Testing

/// What becomes of rows in another order, and of rows at the edges of what values can be.
struct RowBattery {
  /// What lanes, and so sums, are made of changes with the order: only by rounding.
  @Test(arguments: ListedModel.all.filter { $0.example.exceptions[.rowOrder] == nil })
  func permutedRowsGiveTheSameFitButForRounding(_ model: ListedModel) throws {
    func check<Fitted: CheckableModel>(_ type: Fitted.Type) throws {
      let count = model.example.data.rowCount
      let order = (0..<count).map { ($0 * 7 + 3) % count }
      let plain = try BatteryFit<Fitted>(model.example, BatteryData(model.example.data))
      let permuted = try BatteryFit<Fitted>(
        model.example, BatteryData(model.example.data, order: order))
      let (expected, found) = try (plain.run(steps: 4)[0], permuted.run(steps: 4)[0])
      let tolerance = model.example.rowOrderTolerance
      func compare(_ found: [Double], _ expected: [Double], _ name: String) {
        let scale = max(1, expected.map(\.magnitude).filter(\.isFinite).max() ?? 1)
        #expect(found.count == expected.count, "\(name)")
        let worst = zip(found, expected).map { $0.isNaN && $1.isNaN ? 0 : abs($0 - $1) }.max() ?? 0
        #expect(worst <= tolerance * scale, "\(name) differ by \(worst) of \(scale)")
      }
      let names = Set(plain.arrays(expected).keys)
      #expect(names == Set(permuted.arrays(found).keys))
      for (name, array) in plain.arrays(expected) {
        compare(permuted.arrays(found)[name] ?? [], array, name)
      }
      for (name, rows) in try plain.rowArrays(expected) {
        let others = try permuted.rowArrays(found)[name] ?? []
        compare(others.flatMap(\.self), order.flatMap { rows[$0] }, name)
      }
    }
    try check(model.type)
  }

  /// A row of one count, a count that is the largest that single precision holds exactly, a row where every gene has
  /// the same count, a gene without any: a fit stays finite, or says what is wrong.
  @Test(arguments: ListedModel.all)
  func extremesOfTheSupportStayFinite(_ model: ListedModel) throws {
    func check<Fitted: CheckableModel>(_ type: Fitted.Type) throws {
      let data = try BatteryData(model.example.data, extremes: true)
      let fit = try BatteryFit<Fitted>(model.example, data)
      let end = try fit.run(steps: 10)[0]
      #expect(end.reports.last?.failure == nil, "\(end.reports.last?.failure?.description ?? "")")
      #expect(end.reports.last?.termination != .objectiveNotFinite)
      #expect(Fitted.damage(in: end.shared) == nil)
      let unknown = model.example.unknown.map { "obs/" + $0 }
      for (name, rows) in try fit.rowArrays(end) where !unknown.contains(name) {
        #expect(rows.allSatisfy { $0.allSatisfy(\.isFinite) }, "\(name)")
      }
    }
    try check(model.type)
  }
}

extension BatteryFit {
  /// What would be written about columns and the whole, as numbers by name.
  func arrays(_ state: BatteryState<Fitted>) -> [String: [Double]] {
    let output = model.sharedOutput(state.shared)
    var arrays: [String: [Double]] = [:]
    for matrix in output.matrices {
      arrays["varm/" + matrix.name] = matrix.elements.map(Double.init)
    }
    for named in output.columns {
      if case .numbers(let values) = named.column { arrays["var/" + named.name] = values }
    }
    for matrix in output.networks?.columnMatrices ?? [] {
      arrays["varp/" + matrix.name] = matrix.elements.map(Double.init)
    }
    for array in output.parameters.numberArrays {
      arrays["uns/" + array.place.joined(separator: "/")] = array.values
    }
    return arrays
  }

  /// What would be written about rows, as numbers by name, a list for each row.
  func rowArrays(_ state: BatteryState<Fitted>) throws -> [String: [[Double]]] {
    var arrays: [String: [[Double]]] = [:]
    for output in try output(state) {
      for matrix in output.matrices {
        arrays["obsm/" + matrix.name, default: []] += stride(
          from: 0, to: matrix.elements.count, by: matrix.width
        ).map { matrix.elements[$0..<$0 + matrix.width].map(Double.init) }
      }
      for named in output.columns {
        if case .numbers(let values) = named.column {
          arrays["obs/" + named.name, default: []] += values.map { [$0] }
        }
      }
    }
    return arrays
  }
}

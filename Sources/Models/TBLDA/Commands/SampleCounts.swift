import Commands
import Fitting
import LinearAlgebra
import Modeling
import Models
import Storage

/// Counts of the samples that are tested, in one fit's tests or another's.
struct SampleCounts {
  /// Names and annotations of the samples.
  let rows: Table
  /// Names and annotations of the genes.
  let columns: Table
  /// The donor of each sample.
  let donorNames: [String]
  /// The samples that each fit's tests are on; all of them without a fit.
  let samples: [[Int]]
  private let counts: [CompressedCounts]

  init(_ options: AssociationOptions, fits: [String], notes: inout [String]) throws {
    let file = try options.place.source(options.heldOut).open()
    let (matrix, note) = try CountSource.matrix(
      of: file, asked: options.place.matrix)
    if let note { notes.append(note) }
    var table = try file.rows(warnings: &notes)
    columns = try file.columns(of: matrix.source, warnings: &notes)
    if let path = options.samples { table = try table.adding(samples: path) }
    let donors = try Self.donors(table, try options.donorColumn())
    let all = Array(0..<table.count)
    let chosen =
      fits.isEmpty ? [all] : try fits.map { try Self.heldOut(table, $0, notes: &notes) }
    let union = Set(chosen.joined()).sorted()
    let named = union.filter { donors[$0] != nil }
    if named.count < union.count {
      notes.append("\(union.count - named.count) samples have no donor and are left out")
    }
    let place = Dictionary(uniqueKeysWithValues: zip(named, 0...))
    samples = chosen.map { $0.compactMap { place[$0] } }
    rows = table.selecting(named)
    donorNames = named.compactMap { donors[$0] }
    counts = try matrix.counts(ofLanes: named.map { $0..<$0 + 1 }).lanes
  }

  /// The donor of each sample; nil where it is not known.
  private static func donors(_ table: Table, _ key: String) throws -> [String?] {
    guard let column = table[key] else {
      guard key == "donor" else { throw noDonorColumn(key, in: table) }
      return table.names
    }
    guard let (codes, names) = column.asCategories else {
      throw ModelError("obs/\(key) holds no names of donors")
    }
    return codes.map { $0 < 0 ? nil : names[Int($0)] }
  }

  /// The samples that a fit held out, in the order of the file.
  private static func heldOut(
    _ rows: Table, _ path: String, notes: inout [String]
  ) throws -> [Int] {
    let fit = try FittedFile(path)
    guard case .categories(let codes, let names, _)? = fit.rows["tblda_use"] else {
      throw ModelError("\(path): obs/tblda_use is missing: is this a fit of tblda?")
    }
    let held = Set(
      codes.indices.filter { codes[$0] >= 0 && names[Int(codes[$0])] == "held_out" }
        .map { fit.rows.names[$0] })
    let fitted = Set(fit.rows.names)
    let chosen = rows.names.indices.filter {
      held.contains(rows.names[$0]) || !fitted.contains(rows.names[$0])
    }
    guard chosen.isEmpty else { return chosen }
    notes.append(
      "\(path): holds no sample out (--held-out-samples): the tests use the samples of the fit and are no independent evidence"
    )
    return Array(rows.names.indices)
  }

  /// Samples by the levels of a column, levels in ascending order; those without a level are left out.
  ///
  /// - Throws: `ModelError` where there is no such column of classes.
  func levels(
    of samples: [Int], by column: String, notes: inout [String]
  ) throws -> [(name: String, samples: [Int])] {
    guard let (codes, names) = rows[column]?.asCategories else {
      let nearest = nearestName(to: column, among: rows.columns.map(\.name))
      throw ModelError(
        "--by: obs has no column of classes \"\(column)\""
          + (nearest.map { "; did you mean \"\($0)\"?" } ?? ""))
    }
    let without = samples.count { codes[$0] < 0 }
    if without > 0 {
      notes.append("\(without) samples have no value of obs/\(column) and are left out")
    }
    let groups = Dictionary(grouping: samples.filter { codes[$0] >= 0 }) { names[Int(codes[$0])] }
    return groups.sorted { $0.key < $1.key }.map { ($0.key, $0.value) }
  }

  /// Counts of samples, samples × genes.
  func matrix(of samples: [Int]) -> Matrix<Double> { summed(samples.map { [$0] }) }

  /// Sums of the counts of groups of samples, groups × genes.
  func summed(_ groups: [[Int]]) -> Matrix<Double> {
    var result = Matrix(rowCount: groups.count, columnCount: columns.count, repeating: 0.0)
    for (row, group) in groups.enumerated() {
      for sample in group {
        counts[sample].forEachNonZero(inRow: 0) { column, count in
          result[row, column] += Double(count)
        }
      }
    }
    return result
  }
}

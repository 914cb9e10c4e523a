import Commands
import Fitting
import LinearAlgebra
import Modeling
import Models
import Storage

/// Counts of the samples that are tested.
struct SampleCounts {
  /// Names and annotations of the samples.
  let rows: Table
  /// Names and annotations of the genes.
  let columns: Table
  /// The donor of each sample.
  let donorNames: [String]
  private let counts: [CompressedCounts]

  init(_ options: AssociationOptions, notes: inout [String]) throws {
    let file = try options.place.source(options.heldOut).open()
    let (matrix, note) = try CountSource.matrix(
      of: file, asked: options.place.matrix)
    if let note { notes.append(note) }
    var table = try file.rows(warnings: &notes)
    columns = try file.columns(of: matrix.source, warnings: &notes)
    if let path = options.samples { table = try table.adding(samples: path) }
    var chosen = Array(0..<table.count)
    if let fit = options.fit { chosen = try Self.heldOut(table, fit, notes: &notes) }
    var donors = table.names.map { Optional($0) }
    let key = try options.donorColumn()
    if let column = table[key] {
      guard let (codes, names) = column.asCategories else {
        throw ModelError("obs/\(key) holds no names of donors")
      }
      donors = codes.map { $0 < 0 ? nil : names[Int($0)] }
    } else if key != "donor" {
      throw noDonorColumn(key, in: table)
    }
    let named = chosen.filter { donors[$0] != nil }
    if named.count < chosen.count {
      notes.append("\(chosen.count - named.count) samples have no donor and are left out")
    }
    rows = table.selecting(named)
    donorNames = named.compactMap { donors[$0] }
    counts = try matrix.counts(ofLanes: named.map { $0..<$0 + 1 }).lanes
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

/// The assignment of rows to columns that costs least in sum (Hungarian method).
///
/// - Parameter costs: rows of equal length; none NaN.
/// - Returns: the column of every row; −1 where there are more rows than columns and the row goes without.
/// - Complexity: O(rows² · columns).
/// Source: R. Jonker, A. Volgenant, A shortest augmenting path algorithm for dense and sparse linear
/// assignment problems, Computing 38:325–340, 1987, doi:10.1007/BF02278710.
public func cheapestAssignment(_ costs: [[Double]]) -> [Int] {
  let rowCount = costs.count
  let columnCount = costs.first?.count ?? 0
  precondition(costs.allSatisfy { $0.count == columnCount }, "rows of different lengths")
  if rowCount > columnCount {
    let turned = (0..<columnCount).map { column in costs.map { $0[column] } }
    var result = [Int](repeating: -1, count: rowCount)
    for (column, row) in cheapestAssignment(turned).enumerated() { result[row] = column }
    return result
  }
  // Rows and columns count from 1; column 0 stands for the row being added.
  var rowPotential = [Double](repeating: 0, count: rowCount + 1)
  var columnPotential = [Double](repeating: 0, count: columnCount + 1)
  var rowOfColumn = [Int](repeating: 0, count: columnCount + 1)
  var previous = [Int](repeating: 0, count: columnCount + 1)
  for row in 1..<(rowCount + 1) {
    rowOfColumn[0] = row
    var column = 0
    var shortest = [Double](repeating: .infinity, count: columnCount + 1)
    var visited = [Bool](repeating: false, count: columnCount + 1)
    repeat {
      visited[column] = true
      let current = rowOfColumn[column]
      var step = Double.infinity
      var next = 0
      for candidate in 1..<(columnCount + 1) where !visited[candidate] {
        let reduced =
          costs[current - 1][candidate - 1] - rowPotential[current] - columnPotential[candidate]
        if reduced < shortest[candidate] {
          shortest[candidate] = reduced
          previous[candidate] = column
        }
        if next == 0 || shortest[candidate] < step {
          step = shortest[candidate]
          next = candidate
        }
      }
      for other in 0...columnCount {
        if visited[other] {
          rowPotential[rowOfColumn[other]] += step
          columnPotential[other] -= step
        } else {
          shortest[other] -= step
        }
      }
      column = next
    } while rowOfColumn[column] != 0
    while column != 0 {
      rowOfColumn[column] = rowOfColumn[previous[column]]
      column = previous[column]
    }
  }
  var result = [Int](repeating: -1, count: rowCount)
  for column in 1..<(columnCount + 1) where rowOfColumn[column] != 0 {
    result[rowOfColumn[column] - 1] = column - 1
  }
  return result
}

/// The share of rows on the diagonal once clusters have been matched to classes as well as possible.
///
/// Edge case: 1 without rows.
public func matchedAccuracy(_ table: ContingencyTable) -> Double {
  if table.rowCount == 0 { return 1 }
  let costs = table.classes.indices.map { i in
    table.clusters.indices.map { j in -Double(table[i, j]) }
  }
  var matched = 0
  for (i, j) in cheapestAssignment(costs).enumerated() where j >= 0 { matched += table[i, j] }
  return Double(matched) / Double(table.rowCount)
}

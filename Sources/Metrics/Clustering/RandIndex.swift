/// The Rand index adjusted for chance: 1 for the same partition, about 0 for unrelated ones.
///
/// Over pairs of rows, with a pairs together in both, b in the truth only, c in the prediction only, d in
/// neither: 2 (a d − b c) / ((a + b)(b + d) + (a + c)(c + d)).
/// Edge cases: 1 where no pair disagrees (also for fewer than two rows).
/// Source: L. Hubert, P. Arabie, Comparing partitions, J. Classification 2:193–218, 1985,
/// doi:10.1007/BF01908075.
public func adjustedRandIndex(_ table: ContingencyTable) -> Double {
  let width = table.clusters.count
  var (squares, rowProducts, columnProducts) = (0.0, 0.0, 0.0)
  for i in table.classes.indices {
    for j in 0..<width {
      let count = Double(table[i, j])
      squares += count * count
      rowProducts += count * Double(table.clusterSizes[j])
      columnProducts += count * Double(table.classSizes[i])
    }
  }
  let n = Double(table.rowCount)
  let both = squares - n
  let predictionOnly = rowProducts - squares
  let truthOnly = columnProducts - squares
  let neither = n * n - predictionOnly - truthOnly - squares
  if predictionOnly == 0 && truthOnly == 0 { return 1 }
  return 2 * (both * neither - truthOnly * predictionOnly)
    / ((both + truthOnly) * (truthOnly + neither) + (both + predictionOnly)
      * (predictionOnly + neither))
}

/// The adjusted Rand index with every true class scaled to the same size, so that small cell types count as
/// much as large ones. Not symmetric: the classes are balanced, not the clusters.
///
/// Source: H. Maan et al., Nature Biotechnology 2024, doi:10.1038/s41587-023-02097-9, as published: scaled
/// counts are truncated to integers while the number of rows stays; so the value for unrelated partitions is
/// only about 0.
public func balancedAdjustedRandIndex(_ table: ContingencyTable) -> Double {
  adjustedRandIndex(table.balanced())
}

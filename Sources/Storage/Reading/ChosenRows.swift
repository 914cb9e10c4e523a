/// Rows that were chosen, numbered anew on their way to a sink.
struct ChosenRows<Sink: RowSink>: RowSink {
  private(set) var sink: Sink
  /// The numbers of the rows that come, ascending.
  private let numbers: [Int]
  /// The places in the file of all chosen rows.
  private let rows: [Int]
  private var next = 0

  init(_ sink: Sink, numbers: [Int], rows: [Int]) {
    self.sink = sink
    self.numbers = numbers
    self.rows = rows
  }

  mutating func add<Value: StoredValue>(
    row: Int, columns: UnsafeBufferPointer<Int32>, values: UnsafeBufferPointer<Value>
  ) throws(StorageError) {
    precondition(rows[numbers[next]] == row, "rows come in their order")
    try sink.add(row: numbers[next], columns: columns, values: values)
    next += 1
  }

  /// The rows of the file that are read, in runs that adjoin.
  var runs: [Range<Int>] {
    numbers.reduce(into: []) { runs, number in
      let row = rows[number]
      if let last = runs.last, last.upperBound == row {
        runs[runs.count - 1] = last.lowerBound..<row + 1
      } else {
        runs.append(row..<row + 1)
      }
    }
  }
}

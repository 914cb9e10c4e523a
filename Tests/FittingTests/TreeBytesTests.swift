import Fitting
import Modeling
import Testing

struct TreeBytesTests {
  let tree = StoredTree.group([
    "floats": .floats([1, -0.0, .infinity, 0x1p-140], shape: [2, 2]),
    "doubles": .doubles([0.1 + 0.2, 0x1p-1060], shape: [2]),
    "integers": .integers([.min, 0, .max], shape: [3]),
    "flags": .flags([true, false, true]),
    "strings": .strings(["", "α", "a/b"]),
    "string": .string("Körnerzelle"),
    "number": .number(-0.0),
    "integer": .integer(-7),
    "flag": .flag(true),
    "scalar": .floats([2.5], shape: []),
    "empty": .group([:]),
    "none": .doubles([], shape: [0, 5]),
    "nested": .group(["0": .group(["x": .flag(false)]), "1": .string("")]),
  ])

  @Test func everyKindOfNodeComesBackWithTheSameBits() throws {
    let back = try TreeBytes.decode(TreeBytes.encode(tree))
    #expect(back == tree)
    guard case .number(let zero) = back["number"] else {
      Issue.record("not a number")
      return
    }
    #expect(zero.sign == .minus)
    let notANumber = StoredTree.doubles([Double(bitPattern: 0x7ff8_0000_dead_beef)], shape: [1])
    guard case .doubles(let values, _) = try TreeBytes.decode(TreeBytes.encode(notANumber)) else {
      Issue.record("not an array")
      return
    }
    #expect(values[0].bitPattern == 0x7ff8_0000_dead_beef)
  }

  @Test func theSameTreeGivesTheSameBytes() {
    var members: [String: StoredTree] = [:]
    for index in (0..<50).reversed() { members["m\(index)"] = .integer(Int64(index)) }
    var others: [String: StoredTree] = [:]
    for index in 0..<50 { others["m\(index)"] = .integer(Int64(index)) }
    #expect(TreeBytes.encode(.group(members)) == TreeBytes.encode(.group(others)))
  }

  @Test func bytesThatEndTooEarlyAreRefused() {
    let bytes = TreeBytes.encode(tree)
    for length in 0..<bytes.count {
      #expect(throws: StoredTreeError.self, "the first \(length) bytes") {
        try TreeBytes.decode(Array(bytes[..<length]))
      }
    }
    #expect(throws: StoredTreeError.self) { try TreeBytes.decode(bytes + [0]) }
  }

  @Test func absurdCountsAreRefusedWithoutAllocating() {
    for kind in UInt8(0)..<12 {
      #expect(throws: StoredTreeError.self, "kind \(kind)") {
        try TreeBytes.decode([kind] + Array(repeating: 0xff, count: 24))
      }
    }
  }
}

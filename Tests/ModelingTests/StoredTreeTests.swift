import Modeling
import Testing

@Suite struct StoredTreeTests {
  private struct Inner: Codable, Equatable {
    var weights: [Float]
    var name: String
    var note: String?
  }

  private enum Phase: Codable, Equatable {
    case waiting
    case running(step: Int, rate: Double)
  }

  private struct Outer: Codable, Equatable {
    var seed: UInt64
    var count: Int
    var rate: Double
    var single: Float
    var isOn: Bool
    var layers: [Inner]
    var values: [Double]
    var codes: [Int32]
    var words: [String]
    var flags: [Bool]
    var phase: Phase
    var other: Phase
    var missing: Int?
    var table: [String: Double]
  }

  private let value = Outer(
    seed: .max, count: -3, rate: 0.1, single: 1.1, isOn: true,
    layers: [
      Inner(weights: [1, .leastNonzeroMagnitude], name: "ä", note: nil),
      Inner(weights: [], name: "", note: "x"),
    ],
    values: [0.1, -0.0, .infinity], codes: [-1, 5], words: ["a", ""], flags: [true, false],
    phase: .running(step: 4, rate: 0.3), other: .waiting, missing: nil, table: ["b": 2, "a": 1])

  @Test func anyCodableValueComesBack() throws {
    let tree = try TreeEncoder.encode(value)
    #expect(try TreeDecoder.decode(Outer.self, from: tree) == value)
  }

  @Test func arraysOfNumbersAreOneNode() throws {
    let tree = try TreeEncoder.encode(value)
    #expect(tree.node(at: "layers/0/weights") == .floats([1, .leastNonzeroMagnitude], shape: [2]))
    #expect(tree["codes"] == .integers([-1, 5], shape: [2]))
    #expect(tree["words"] == .strings(["a", ""]))
  }

  @Test func aWrongNodeIsNamedWithItsPath() throws {
    let tree = StoredTree.group([
      "weights": .floats([1], shape: [1]), "name": .integer(3),
    ])
    #expect {
      try TreeDecoder.decode(Inner.self, from: tree)
    } throws: { error in
      "\(error)".contains("name: expected a text, found an integer")
    }
    #expect {
      try TreeDecoder.decode(Inner.self, from: .group([:]))
    } throws: { error in
      "\(error)".contains("weights") && "\(error)".contains("found nothing")
    }
  }

  @Test func emptyArraysOfAnyKindComeBack() throws {
    struct Empty: Codable, Equatable {
      var floats: [Float] = []
      var doubles: [Double] = []
      var integers: [Int] = []
      var codes: [Int32] = []
      var flags: [Bool] = []
      var words: [String] = []
      var layers: [Inner] = []
      var nested: [[Double]] = []
    }
    let tree = try TreeEncoder.encode(Empty())
    #expect(try TreeDecoder.decode(Empty.self, from: tree) == Empty())
  }
}

/// Data that belong to the rows of a fit but are no columns of theirs, such as the genotypes of the samples' donors.
public protocol Companion: Sendable {
  /// How many numbers a fit goes over because of them in every pass, for forecasts of what it costs. None unless they
  /// say otherwise.
  var entryCount: Double { get }
  /// Where they are if not in memory; nil unless they say otherwise.
  var byteStore: (any ByteStore)? { get }
}

extension Companion {
  /// None, unless a companion says otherwise.
  public var entryCount: Double { 0 }
  /// In memory, unless a companion says otherwise.
  public var byteStore: (any ByteStore)? { nil }
}

/// The companions of data, at most one of each type: a model takes the types it knows.
///
///     let genotypes = summary.companions[Genotypes.self]
public struct Companions: Sendable {
  private var values: [ObjectIdentifier: any Companion] = [:]

  /// Data without companions.
  public init() {}

  /// The companion of a type; nil where there is none.
  public subscript<Value: Companion>(_ type: Value.Type) -> Value? {
    get { values[ObjectIdentifier(type)] as? Value }
    set { values[ObjectIdentifier(type)] = newValue }
  }

  /// Numbers that a fit goes over in every pass because of them.
  public var entryCount: Double { values.values.reduce(0) { $0 + $1.entryCount } }
  /// Where those are that are not in memory.
  public var byteStores: [any ByteStore] { values.values.compactMap(\.byteStore) }
}

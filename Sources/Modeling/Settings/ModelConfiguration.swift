/// Every setting of a model, each with its default and one sentence.
public protocol ModelConfiguration: Sendable, Equatable {
  /// Every setting at its default.
  init()
  /// The settings, in the order of the help text.
  static var settings: [Setting<Self>] { get }
  /// Checks what no single setting can: combinations.
  ///
  /// - Throws: `SettingError` naming one of the settings.
  func validate() throws(SettingError)
}

extension ModelConfiguration {
  /// Every combination is allowed, unless the model says otherwise.
  public func validate() throws(SettingError) {}

  /// The setting of that name; underscores count as hyphens.
  ///
  /// - Throws: `SettingError` with the nearest name where there is none.
  public static func setting(named name: String) throws(SettingError) -> Setting<Self> {
    let wanted = String(name.map { $0 == "_" ? "-" : $0 })
    if let setting = settings.first(where: { $0.name == wanted }) { return setting }
    let nearest = nearestName(to: wanted, among: settings.map(\.name))
    throw SettingError(
      name, "there is no such setting" + (nearest.map { "; did you mean --\($0)?" } ?? ""))
  }

  /// The settings of a part, as settings of the whole.
  ///
  /// - Parameters:
  ///   - settings: those of the part; all of them unless given.
  ///   - heading: what help puts above them.
  public static func settings<Part: ModelConfiguration>(
    of part: SettingPath<Self, Part>, _ settings: [Setting<Part>] = Part.settings,
    under heading: String? = nil
  ) -> [Setting<Self>] {
    settings.map { $0.lifted(to: part).under(heading) }
  }

  /// All settings with their values, by name.
  public var storedTree: StoredTree {
    .group(
      Dictionary(
        uniqueKeysWithValues: Self.settings.map { ($0.name, $0.value(in: self).storedTree) }))
  }

  /// The configuration that a fit file states.
  ///
  /// Settings that the file does not name keep their defaults: it may be older than the program.
  /// - Throws: `SettingError` for a name or a value that is not known.
  public init(storedTree: StoredTree) throws(SettingError) {
    self.init()
    guard case .group(let members) = storedTree else { return }
    for name in members.keys.sorted() {
      guard let tree = members[name], let value = SettingValue(storedTree: tree) else {
        throw SettingError(name, "the stored value is no setting")
      }
      try Self.setting(named: name).set(value, in: &self)
    }
    try validate()
  }
}

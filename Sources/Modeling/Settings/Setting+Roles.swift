/// What a setting is on a command line beside a name with a value.
public struct SettingRoles: OptionSet, Sendable {
  /// The roles as bits.
  public let rawValue: Int

  /// Roles from their bits.
  public init(rawValue: Int) { self.rawValue = rawValue }

  /// Words without a name set it, in the order of the settings; one of several texts takes all that are left.
  public static let operand = SettingRoles(rawValue: 1)
  /// A command cannot do without it.
  public static let required = SettingRoles(rawValue: 2)
  /// It names a file, or a folder of files, that is read.
  public static let input = SettingRoles(rawValue: 4)
  /// It names a file that is written.
  public static let output = SettingRoles(rawValue: 8)
}

extension Setting {
  /// The setting with further roles, and perhaps a second name.
  public func marked(_ roles: SettingRoles, alias: String? = nil) -> Setting {
    var setting = self
    setting.roles.formUnion(roles)
    setting.alias = alias ?? setting.alias
    return setting
  }

  /// The setting under a heading of the help text, unless it has one.
  public func under(_ heading: String?) -> Setting {
    var setting = self
    setting.heading = setting.heading ?? heading
    return setting
  }

  /// The setting as one of a whole that the configuration is a part of.
  func lifted<Whole>(to path: SettingPath<Whole, Configuration>) -> Setting<Whole> {
    let (read, write) = (read, write)
    return Setting<Whole>(
      name: name, placeholder: placeholder, summary: summary, isFlag: isFlag,
      read: { read($0[keyPath: path]) },
      write: { (whole, value) throws(SettingError) in try write(&whole[keyPath: path], value) },
      parse: parse, roles: roles, alias: alias, heading: heading)
  }
}

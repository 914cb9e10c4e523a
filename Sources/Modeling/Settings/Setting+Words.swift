extension Setting {
  /// A whole number within a range, or a word that stands for a number which the data say.
  ///
  /// - Parameter isWord: true where the word was given.
  public static func integer(
    _ name: String, _ path: SettingPath<Configuration, Int>, in range: ClosedRange<Int>,
    or word: String, _ isWord: SettingPath<Configuration, Bool>, _ summary: String
  ) -> Setting {
    Setting(
      name: name, placeholder: "<integer>|\(word)", summary: summary, isFlag: false,
      read: { $0[keyPath: isWord] ? .text(word) : .integer($0[keyPath: path]) },
      write: { (configuration, value) throws(SettingError) in
        configuration[keyPath: isWord] = value == .text(word)
        if value != .text(word) {
          configuration[keyPath: path] = try wholeNumber(name, value, range)
        }
      },
      parse: { $0 == word ? .text(word) : Int($0).map { .integer($0) } })
  }
}

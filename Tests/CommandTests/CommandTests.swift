import Testing

/// The program from outside: words in, files and a status out. One command at a time, for each takes all cores.
@Suite(.serialized) struct CommandTests {}

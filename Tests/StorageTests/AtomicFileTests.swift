import Foundation
import Storage
import Testing

@Suite struct AtomicFileTests {
  private func text(_ path: String) throws -> String {
    String(decoding: try Data(contentsOf: URL(fileURLWithPath: path)), as: UTF8.self)
  }

  private func permissions(_ path: String) throws -> Int? {
    try FileManager.default.attributesOfItem(atPath: path)[.posixPermissions] as? Int
  }

  private func names(_ folder: String) throws -> [String] {
    try FileManager.default.contentsOfDirectory(atPath: folder).sorted()
  }

  @Test func aFileAppearsWhenItIsCompleteUnderANameNobodyCanForesee() throws {
    try withFolder { folder in
      let path = folder + "/table.tsv"
      let file = try AtomicFile(path, overwrite: false)
      let other = try AtomicFile(path, overwrite: false)
      try file.write("gene\n".utf8)
      let partial = try names(folder)
      #expect(partial.count == 2 && partial.allSatisfy { $0.hasPrefix("table.tsv.partial-") })
      try file.write("score\n".utf8)
      try file.commit()
      #expect(try text(path) == "gene\nscore\n")
      withExtendedLifetime(other) {}
    }
  }

  @Test func anAbandonedFileLeavesTheOldOne() throws {
    try withFolder { folder in
      let path = folder + "/table.tsv"
      try AtomicFile.write("old", to: path, overwrite: false)
      do {
        let file = try AtomicFile(path, overwrite: true)
        try file.write("new".utf8)
      }
      #expect(try text(path) == "old")
      #expect(try names(folder) == ["table.tsv"])
    }
  }

  @Test func permissionsOfAReplacedFileStayAndThoseOfANewOneFollowTheUmask() throws {
    try withFolder { folder in
      let path = folder + "/table.tsv"
      try AtomicFile.write("new", to: path, overwrite: false)
      _ = FileManager.default.createFile(atPath: folder + "/usual", contents: nil)
      #expect(try permissions(path) == permissions(folder + "/usual"))
      for mode in [0o600, 0o640, 0o664] {
        try FileManager.default.setAttributes([.posixPermissions: mode], ofItemAtPath: path)
        try AtomicFile.write("newer", to: path, overwrite: true)
        #expect(try permissions(path) == mode)
      }
    }
  }

  @Test func aLongNameCanBeWritten() throws {
    try withFolder { folder in
      let path = folder + "/" + String(repeating: "ü", count: 125)
      try AtomicFile.write("text", to: path, overwrite: false)
      try AtomicFile.write("again", to: path, overwrite: true)
      #expect(try names(folder).count == 1)
      #expect(try text(path) == "again")
    }
  }

  @Test func leftoversOfKilledRunsAreClearedAndOthersStay() throws {
    try withFolder { folder in
      let path = folder + "/fit.h5ad"
      // No process has a number above the kernel's limit of 2²²; process 1 always lives.
      let dead = "\(path).partial-\(hostName())-5000000-k3"
      let kept = [
        "fit.h5ad.partial-\(hostName())-1-k3", "fit.h5ad.partial-elsewhere-5000000-k3", "fit.h5ad",
        "other.h5ad.partial-\(hostName())-5000000-k3",
      ]
      for name in [dead] + kept.map({ "\(folder)/\($0)" }) {
        _ = FileManager.default.createFile(atPath: name, contents: nil)
      }
      try AtomicFile.write("text", to: path, overwrite: true)
      #expect(Set(try names(folder)) == Set(kept))
    }
  }

  @Test func whatIsNoFileIsNotWrittenTo() throws {
    try withFolder { folder in
      let file = folder + "/file"
      try AtomicFile.write("kept", to: file, overwrite: false)
      try FileManager.default.createSymbolicLink(
        atPath: folder + "/link", withDestinationPath: file)
      try FileManager.default.createSymbolicLink(
        atPath: folder + "/broken", withDestinationPath: folder + "/nothing")
      #expect(mkfifo(folder + "/pipe", 0o666) == 0)
      for (name, words) in [
        ("", "is no name"), ("/dev/null", "device"), (folder, "a folder"),
        (folder + "/new/", "name of a folder"), (folder + "/link", "symbolic link"),
        (folder + "/broken", "symbolic link"), (folder + "/pipe", "a pipe"),
        (folder + "/no/file", "no folder"),
      ] {
        let error = #expect(throws: StorageError.self, "\(name)") {
          try AtomicFile.requireWritable(name, overwrite: true)
        }
        #expect(error?.problem.contains(words) == true, "\(name): \(error?.description ?? "")")
      }
      let taken = #expect(throws: StorageError.self) {
        try AtomicFile(file, overwrite: false)
      }
      #expect(taken?.problem.contains("--overwrite") == true)
      #expect(try text(file) == "kept")
    }
  }
}

@Suite struct OutputCheckTests {
  private func refusal(_ outputs: [String?], _ inputs: [String?]) -> String? {
    do {
      try OutputCheck.require(outputs, inputs: inputs, overwrite: true)
      return nil
    } catch { return error.description }
  }

  @Test func anOutputThatIsAnInputIsRefusedUnderAnyName() throws {
    try withFolder { folder in
      let input = folder + "/counts.h5ad"
      try AtomicFile.write("counts", to: input, overwrite: false)
      try FileManager.default.createSymbolicLink(
        atPath: folder + "/link.h5ad", withDestinationPath: input)
      try FileManager.default.linkItem(atPath: input, toPath: folder + "/hard.h5ad")
      try AtomicFile.write("other", to: folder + "/other.h5ad", overwrite: false)
      for (output, input) in [
        ("counts.h5ad", "counts.h5ad"), ("./counts.h5ad", "counts.h5ad"),
        ("hard.h5ad", "counts.h5ad"), ("counts.h5ad", "link.h5ad"), ("link.h5ad", "counts.h5ad"),
      ] {
        let words = refusal(["\(folder)/\(output)"], [nil, "\(folder)/\(input)"])
        #expect(words?.contains("is the file that is read") == true, "\(output) \(input)")
      }
      #expect(refusal([folder + "/other.h5ad", nil], [input]) == nil)
      #expect(refusal([folder + "/new.h5ad"], [input, folder + "/missing"]) == nil)
    }
  }

  @Test func filesReadAlongAreInputsToo() throws {
    try withFolder { folder in
      for name in ["donors.bed", "donors.bim", "matrix.mtx", "barcodes.tsv"] {
        try AtomicFile.write("text", to: "\(folder)/\(name)", overwrite: false)
      }
      for (output, input) in [
        ("donors.bim", "/donors.bed"), ("barcodes.tsv", "/matrix.mtx"), ("barcodes.tsv", ""),
      ] {
        #expect(
          refusal(["\(folder)/\(output)"], [folder + input])?.contains("is read") == true,
          "\(output)")
      }
    }
  }

  @Test func oneFileIsNotWrittenTwice() throws {
    try withFolder { folder in
      #expect(
        refusal(["\(folder)/a.tsv", "\(folder)/./a.tsv"], [])?.contains("written twice") == true)
      #expect(refusal(["\(folder)/a.tsv", "\(folder)/b.tsv"], []) == nil)
    }
  }
}

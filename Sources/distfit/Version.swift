/// The program's version: semantic, raised with every release.
let distfitVersion = "0.1.0"

public import Collectives
public import Storage

/// Communicators can gather for the writers of files.
extension Communicator: RankGathering {}

// RankTests

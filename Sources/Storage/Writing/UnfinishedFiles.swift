import CDistfitHDF5

/// From now on a signal that ends the process removes this file; a number for ``forgetUnfinished(_:)``, −1 where no more
/// files can be remembered.
///
/// Local.
package func rememberUnfinished(_ path: String) -> Int32 { distfit_partial_remember(path) }

/// The file is whole, or gone.
///
/// Local.
package func forgetUnfinished(_ number: Int32) { distfit_partial_forget(number) }

/// Removes all such files: before an end that no signal brings.
///
/// Local.
package func removeUnfinished() { distfit_partial_remove_all() }

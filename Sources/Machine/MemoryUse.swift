internal import CLinux

/// How this process uses memory.
package enum MemoryUse {
    /// For a process whose large blocks live for a moment: a window of 10,000 cgroups takes tens of MiB until it is shipped.
    ///
    /// Threads that come later have no arenas of their own beyond two.
    package static func keepSmall() { clinux_keep_memory_small() }

    /// Gives the kernel all that is free; it takes milliseconds, so it is for when much has become free at once.
    package static func giveBack() { clinux_give_memory_back() }

    /// Gives back the pages of code that the start has gone through, a third of what such a process has in memory.
    ///
    /// What is needed again comes back out of the cache of files, a few microseconds for 64 KiB.
    package static func forgetStart() { clinux_forget_code() }
}

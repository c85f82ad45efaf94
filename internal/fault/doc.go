// Package fault breaks the belt and looks at what is left: processes killed at random moments, committers that roll
// back, disks that are full, databases that are locked, deliveries repeated and shuffled. It holds tests only.
//
// What is known to be bad is run, too: an examiner that finds nothing there is broken.
//
// QL_SEED repeats a run, QL_KILLS sets how often the process is killed per database, QL_POWERCUT how often the power is cut
// (it wants root and an ext4 loop mount; unset = not at all).
package fault

// Package fault breaks the belt and looks at what is left: processes killed at random moments, committers that roll
// back, disks that are full, databases that are locked, deliveries repeated and shuffled. It holds tests only.
//
// QL_SEED repeats a run, QL_KILLS sets how often the process is killed per database.
package fault

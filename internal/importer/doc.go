// Package importer reads chat histories from exported files and writes ours out: sniff, stream, count.
//
// A Format recognises a file by its first 64 KB (Sniff) and turns it into rows one at a time (Read). A row makes events,
// or is skipped on purpose, or is bad; the Report's figures add up to the rows read. Formats read no clock and no
// network and hold memory that does not grow with the file; the disk is touched in disk.go only. A further format is one
// file and one line in Formats.
//
// Keys make importing again harmless: a row has the same Key in the same file, in a longer export of the same chat and
// in an overlapping one. Whoever stores the rows must treat an imported row whose Key is known as a duplicate whatever
// its body says, because exporters render the same message differently from one export to the next.
package importer

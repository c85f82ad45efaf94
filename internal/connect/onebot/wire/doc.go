// Package wire is the JSON of OneBot v11 that both ends share: lenient fields and ids, segments, CQ codes, and what they
// are in our own form. Everything here is pure.
package wire

package store

import (
	"encoding/binary"
	"math/bits"

	"qunluo/internal/measure"
)

// daySet is a set of days: a bit each from the first on. A group's days with events are one value of a few hundred bytes,
// so that coverage over hundreds of groups needs one row of each.
type daySet struct {
	first measure.Day
	bits  []byte
}

// lastHeard bounds the set, in the year 2243: a clock gone mad must not make it huge. Days beyond, and before 1970, are
// never in it.
const lastHeard = 100_000

// add puts a day in, and reports whether it was not there.
func (s *daySet) add(day measure.Day) bool {
	if day < 0 || day > lastHeard {
		return false
	}
	switch {
	case len(s.bits) == 0:
		s.first = floorDay(day)
	case day < s.first:
		first := floorDay(day)
		s.bits = append(make([]byte, (s.first-first)/8), s.bits...)
		s.first = first
	}
	at := day - s.first
	for int(at/8) >= len(s.bits) {
		s.bits = append(s.bits, 0)
	}
	bit := byte(1) << (at % 8)
	if s.bits[at/8]&bit != 0 {
		return false
	}
	s.bits[at/8] |= bit
	return true
}

// floorDay is the first day of the octet that a day lies in: equal sets are equal bytes, however they came to be.
func floorDay(day measure.Day) measure.Day { return day &^ 7 }

// each gives the days of the set within [from, to], in order.
func (s *daySet) each(from, to measure.Day, fn func(measure.Day)) {
	for i, octet := range s.bits {
		day := s.first + measure.Day(i)*8
		if day+7 < from || day > to {
			continue
		}
		for ; octet != 0; octet &= octet - 1 {
			if d := day + measure.Day(bits.TrailingZeros8(octet)); d >= from && d <= to {
				fn(d)
			}
		}
	}
}

func (s *daySet) encode() []byte {
	if len(s.bits) == 0 {
		return []byte{}
	}
	return append(binary.AppendVarint(nil, int64(s.first)), s.bits...)
}

func decodeDays(b []byte) (daySet, error) {
	if len(b) == 0 {
		return daySet{}, nil
	}
	first, n := binary.Varint(b)
	if n <= 0 {
		return daySet{}, errShortDetail
	}
	return daySet{measure.Day(first), append([]byte(nil), b[n:]...)}, nil
}

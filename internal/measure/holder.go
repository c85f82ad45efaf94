package measure

// termIndex knows which turns of a window hold a term. A term is a slot of an open table (linear probing, half full at most); its
// turns hang together from the newest to the oldest, so that the oldest leaves by being counted no more.
type termIndex struct {
	slots []termSlot
	used  int
}

// termSlot is a term: how many turns hold it, and where it stands in the newest of them. count 0 = free.
type termSlot struct {
	term  uint32
	count uint16
	head  termPlace
}

// termPlace is a place in a window: the turn's place from the beginning, modulo 128, times 64, and which of its terms.
type termPlace uint16

// turnRing is at least the length of a window, and of two so that a place can be cut with a mask.
const turnRing = 128

func placeAt(turn, term int) termPlace { return termPlace(turn&(turnRing-1)*wordTerms + term) }

// in is the index in a window whose first turn is the firstth, and the index of the term.
func (p termPlace) in(first int) (turn, term int) {
	return (int(p)/wordTerms - first) & (turnRing - 1), int(p) % wordTerms
}

const leastSlots = 256 // a power of two

func newTermIndex() termIndex { return termIndex{slots: make([]termSlot, leastSlots)} }

func (x *termIndex) home(term uint32) int {
	return int(term*0x9e3779b1>>8) & (len(x.slots) - 1)
}

// at is the slot of a term, or the free one where it would stand.
func (x *termIndex) at(term uint32) int {
	i := x.home(term)
	for x.slots[i].count != 0 && x.slots[i].term != term {
		i = (i + 1) & (len(x.slots) - 1)
	}
	return i
}

// add notes that a newer turn holds the term, and gives the place in the one before; it means nothing for the first.
func (x *termIndex) add(term uint32, place termPlace) (before termPlace) {
	s := &x.slots[x.at(term)]
	if s.count == 0 {
		x.used++
		if x.used*2 > len(x.slots) {
			x.grow()
			s = &x.slots[x.at(term)]
		}
	}
	before = s.head
	s.term, s.head, s.count = term, place, s.count+1
	return before
}

// leave notes that the oldest turn that holds a term is gone.
func (x *termIndex) leave(term uint32) {
	i := x.at(term)
	s := &x.slots[i]
	if s.count > 0 {
		s.count--
	}
	if s.count == 0 {
		x.free(i)
	}
}

// free closes the gap at i: what was pushed past it comes back.
func (x *termIndex) free(i int) {
	mask := len(x.slots) - 1
	x.used--
	for j := (i + 1) & mask; x.slots[j].count != 0; j = (j + 1) & mask {
		if home := x.home(x.slots[j].term); (j-home)&mask >= (j-i)&mask {
			x.slots[i], i = x.slots[j], j
		}
	}
	x.slots[i] = termSlot{}
}

func (x *termIndex) grow() {
	old := x.slots
	x.slots = make([]termSlot, 2*len(old))
	for _, s := range old {
		if s.count != 0 {
			x.slots[x.at(s.term)] = s
		}
	}
}

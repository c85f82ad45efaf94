package lexicon

import "slices"

// How many keys a text is found by.
const (
	saidKeys   = 8 // of what is said
	placedKeys = 6 // of where it is said
	mostKeys   = saidKeys + placedKeys + 1
)

// Keys are few of a text's features, chosen by their hashes alone: two copies of one text have chosen one in common, as good as
// always, and two other texts hardly ever. They find a text's copies without comparing it with every other.
type Keys struct {
	all [mostKeys]uint64
	n   int
}

// take keeps a hash if it is among the least of those from one place on.
func (k *Keys) take(hash uint64, from, most int) {
	at := k.n
	for at > from && k.all[at-1] > hash {
		at--
	}
	if at > from && k.all[at-1] == hash || at == from+most {
		return
	}
	if k.n < from+most {
		k.n++
	}
	copy(k.all[at+1:k.n], k.all[at:k.n-1])
	k.all[at] = hash
}

// Keys are the keys of the text whose print was made last; p is that print.
func (m *Printer) Keys(p *Print) (k Keys) {
	if p.said.n > 0 {
		m.saidKeys(&k, p.kind&printNarrow == 0)
	}
	if from := k.n; p.placed.n > 0 {
		for i, u := range m.units {
			k.take(feature(u.r, rune(i), 3), from, placedKeys)
		}
	}
	if p.id != 0 {
		k.all[k.n] = p.id
		k.n++
	}
	return k
}

// saidKeys are those of the pairs of Chinese characters, or of the threes of letters.
func (m *Printer) saidKeys(k *Keys, wide bool) {
	last := rune(0)
	for i, u := range m.units {
		switch {
		case wide && u.wide:
			if last != 0 {
				k.take(feature(last, u.r, 2), 0, saidKeys)
			}
			last = u.r
		case !wide && i >= 2:
			k.take(feature(m.units[i-2].r<<8^m.units[i-1].r, u.r, 4), 0, saidKeys)
		}
	}
}

// Prints remembers the prints of the latest texts, each with something that is known of it, and finds those that a new text is
// a copy of. Its memory is bounded: of more than so many texts the oldest go. It is for one goroutine.
type Prints[T any] struct {
	most      int
	shelf     []shelved[T]
	first, n  int64 // the texts first..n are here; they are numbered from 1
	heads     []int64
	questions int64
	found     []int64
}

// shelved is a text. next has, by key, the text before it with the same key: its number and which of its keys that is.
type shelved[T any] struct {
	print Print
	next  [mostKeys]int64
	at    int64
	asked int64 // the question it was looked at for
	value T
}

const (
	printHeads = 1 << 15
	keyBits    = 4
	// printSteps is how far back texts with one key are followed: a pair of characters that stands in more than so many later
	// texts tells nothing.
	printSteps = 48
)

// NewPrints makes a memory for at most so many texts.
func NewPrints[T any](most int) *Prints[T] {
	return &Prints[T]{most: most, first: 1, heads: make([]int64, printHeads)}
}

func (p *Prints[T]) at(n int64) *shelved[T] { return &p.shelf[int((n-1)%int64(p.most))] }

// Len is how many texts are remembered.
func (p *Prints[T]) Len() int { return int(p.n - p.first + 1) }

// Add remembers a text said at a time and forgets those said at after or before.
func (p *Prints[T]) Add(at, after int64, print *Print, keys *Keys, value T) {
	for p.first <= p.n && (p.at(p.first).at <= after || p.Len() == p.most) {
		*p.at(p.first) = shelved[T]{}
		p.first++
	}
	p.n++
	if int(p.n) <= p.most {
		p.shelf = append(p.shelf, shelved[T]{})
	}
	e := p.at(p.n)
	*e = shelved[T]{print: *print, at: at, value: value}
	for i, key := range keys.all[:keys.n] {
		head := &p.heads[key%printHeads]
		e.next[i] = *head
		*head = p.n<<keyBits | int64(i)
	}
}

// Near calls found for the texts said after a time of which one with this print is a copy, the newest first, until it says no.
func (p *Prints[T]) Near(print *Print, keys *Keys, after int64, found func(*Print, *T) bool) {
	p.questions++
	p.found = p.found[:0]
	for _, key := range keys.all[:keys.n] {
		link := p.heads[key%printHeads]
		for range printSteps {
			n := link >> keyBits
			if n < p.first {
				break
			}
			e := p.at(n)
			if e.asked != p.questions {
				e.asked = p.questions
				if e.at > after && e.print.Alike(print) {
					p.found = append(p.found, n)
				}
			}
			link = e.next[link&(1<<keyBits-1)]
		}
	}
	slices.SortFunc(p.found, func(a, b int64) int { return int(b - a) })
	for _, n := range p.found {
		if e := p.at(n); !found(&e.print, &e.value) {
			return
		}
	}
}

// Drop forgets the texts that match; their places stay empty.
func (p *Prints[T]) Drop(matches func(*T) bool) {
	for n := p.first; n <= p.n; n++ {
		if e := p.at(n); !e.print.IsZero() && matches(&e.value) {
			*e = shelved[T]{next: e.next, at: e.at}
		}
	}
}

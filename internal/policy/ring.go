package policy

// stamp is one message in a window.
type stamp struct {
	at   int64
	hash uint64
}

// ring holds the newest stamps, oldest first, and grows as needed.
type ring struct {
	buf  []stamp
	head int
	n    int
}

func (r *ring) at(i int) *stamp {
	i += r.head
	if i >= len(r.buf) {
		i -= len(r.buf)
	}
	return &r.buf[i]
}

// count says how many stamps lie after a time, and how many of these have a hash.
func (r *ring) count(after int64, hash uint64) (all, equal int) {
	for i := r.n - 1; i >= 0; i-- {
		s := r.at(i)
		if s.at <= after {
			break
		}
		all++
		if s.hash == hash {
			equal++
		}
	}
	return all, equal
}

// push adds a stamp, dropping those not after a time and, beyond most, the oldest.
func (r *ring) push(s stamp, after int64, most int) {
	for r.n > 0 && (r.at(0).at <= after || r.n >= most) {
		r.head++
		if r.head == len(r.buf) {
			r.head = 0
		}
		r.n--
	}
	if r.n == len(r.buf) {
		grown := make([]stamp, min(max(4, 2*r.n), most))
		for i := range r.n {
			grown[i] = *r.at(i)
		}
		r.buf, r.head = grown, 0
	}
	*r.at(r.n) = s
	r.n++
}

// keepRing notes a ring in the journal before it is written into.
func (s *State) keepRing(r *ring) {
	u := ringUndo{r: r, saved: *r, slot: -1}
	// Whatever push drops first, it writes one slot: behind the last stamp, whose place does not depend on the head.
	if len(r.buf) > 0 {
		u.slot = (r.head + r.n) % len(r.buf)
		u.old = r.buf[u.slot]
	}
	s.journal.rings = append(s.journal.rings, u)
}

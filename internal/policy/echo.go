package policy

import (
	"encoding/binary"
	"slices"

	"qunluo/internal/community"
	"qunluo/internal/lexicon"
)

// echo is a message that copies are compared with.
type echo struct {
	at    int64
	event int64 // number
	who   community.MemberKey
	print lexicon.Print
}

// maxEchoes bounds how many messages a group compares with: some 60 KB. In a group that says more in half an hour, the
// window is shorter.
const maxEchoes = 512

// echoes holds the newest, oldest first, and grows as needed.
type echoes struct {
	buf  []echo
	head int
	n    int
}

func (r *echoes) at(i int) *echo {
	if i += r.head; i >= len(r.buf) {
		i -= len(r.buf)
	}
	return &r.buf[i]
}

// push adds an echo, dropping those not after a time and, beyond maxEchoes, the oldest.
func (r *echoes) push(e echo, after int64) {
	for r.n > 0 && (r.at(0).at <= after || r.n >= maxEchoes) {
		if r.head++; r.head == len(r.buf) {
			r.head = 0
		}
		r.n--
	}
	if r.n == len(r.buf) {
		grown := make([]echo, min(max(8, 2*r.n), maxEchoes))
		for i := range r.n {
			grown[i] = *r.at(i)
		}
		r.buf, r.head = grown, 0
	}
	*r.at(r.n) = e
	r.n++
}

type echoUndo struct {
	saved echoes
	slot  int // -1 = none is overwritten
	old   echo
	kept  bool
}

// keepEchoes notes the echoes in the journal before one is pushed: as with a ring, push writes one slot of the old
// buffer at most.
func (s *State) keepEchoes() {
	u := echoUndo{saved: s.echoes, slot: -1, kept: true}
	if len(s.echoes.buf) > 0 {
		u.slot = (s.echoes.head + s.echoes.n) % len(s.echoes.buf)
		u.old = s.echoes.buf[u.slot]
	}
	s.journal.echo = u
}

func (s *State) rollbackEchoes() {
	u := s.journal.echo
	if !u.kept {
		return
	}
	s.echoes = u.saved
	if u.slot >= 0 {
		s.echoes.buf[u.slot] = u.old
	}
}

const echoSize = 3*8 + lexicon.PrintSize

// pack writes the echoes for a snapshot.
func (r *echoes) pack() []byte {
	if r.n == 0 {
		return nil
	}
	out := make([]byte, 0, r.n*echoSize)
	for i := range r.n {
		e := r.at(i)
		out = binary.LittleEndian.AppendUint64(out, uint64(e.at))
		out = binary.LittleEndian.AppendUint64(out, uint64(e.event))
		out = binary.LittleEndian.AppendUint64(out, uint64(e.who))
		out = e.print.AppendTo(out)
	}
	return out
}

func unpackEchoes(raw []byte) (r echoes) {
	for ; len(raw) >= echoSize && r.n < maxEchoes; raw = raw[echoSize:] {
		print, _ := lexicon.PrintFrom(raw[24:]) // long enough
		r.buf = append(r.buf, echo{
			at: int64(binary.LittleEndian.Uint64(raw)), event: int64(binary.LittleEndian.Uint64(raw[8:])),
			who: community.MemberKey(binary.LittleEndian.Uint64(raw[16:])), print: print,
		})
		r.n++
	}
	return r
}

// ownLine is a line that members of long standing say in the same words on several days: a greeting, a daily report.
type ownLine struct {
	Line uint64 `json:"line"` // lineName
	Day  int64  `json:"day"`  // the last on which it was counted
	Days int    `json:"days"`
}

const (
	maxOwnLines  = 128
	ownLineDays  = 3  // on so many days, two members of long standing within half an hour
	ownLineTalk  = 50 // messages that make a member one of long standing
	ownLineStays = 30 // days after which a line that is not said any more is forgotten
)

// lineName is what a line is remembered by.
func lineName(p *lexicon.Print) uint64 { return lexicon.HashExact(string(p.AppendTo(nil))) }

func (g *groupState) isOwnLine(line uint64) bool {
	for _, x := range g.Lines {
		if x.Line == line {
			return x.Days >= ownLineDays
		}
	}
	return false
}

// noteLine counts the day of a line that another member of long standing has just said in the same words.
func (s *State) noteLine(l *look) {
	if l.member.Messages < ownLineTalk {
		return
	}
	for i := range s.echoes.n {
		e := s.echoes.at(i)
		if e.print != l.print || e.who == l.ev.Actor {
			continue
		}
		if m := s.members[e.who]; m != nil && m.Messages >= ownLineTalk {
			s.countLine(lineName(&l.print), dayOf(l.ev.At))
			return
		}
	}
}

func dayOf(at int64) int64 { return floorDiv(at, daySeconds*1000) }

// countLine counts a day once. What was not said for long goes first where there is no room.
func (s *State) countLine(line uint64, day int64) {
	if slices.ContainsFunc(s.now.Lines, func(x ownLine) bool { return x.Line == line && x.Day == day }) {
		return
	}
	kept := make([]ownLine, 0, len(s.now.Lines)+1)
	mine := ownLine{Line: line}
	for _, x := range s.now.Lines {
		switch {
		case x.Line == line:
			mine = x
		case day-x.Day <= ownLineStays:
			kept = append(kept, x)
		}
	}
	mine.Day, mine.Days = day, mine.Days+1
	if len(kept) == maxOwnLines {
		kept = kept[1:]
	}
	s.now.Lines = append(kept, mine)
}

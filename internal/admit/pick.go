package admit

import "qunluo/internal/community"

// Size is how many are in a group and how many may be.
type Size struct {
	Members int  // -1 = not known
	Limit   int  // 0 = none known
	Opens   bool // when it is full, the platform opens the next one, where a code asks for that
}

// Full reports whether nobody more can come in.
func (s Size) Full() bool { return s.Limit > 0 && s.Members >= s.Limit }

// Nearly reports whether nine tenths are reached.
func (s Size) Nearly() bool { return s.Limit > 0 && s.Members*10 >= s.Limit*9 }

// Sizes are the groups' sizes; a group that is not there is not known.
type Sizes map[community.GroupKey]Size

func (s Sizes) of(g community.GroupKey) Size {
	if got, ok := s[g]; ok {
		return got
	}
	return Size{Members: -1}
}

// Why an entry is passed over, or what is to be warned of.
const (
	Removed = "removed" // taken out
	Bare    = "bare"    // no picture and no link yet
	Expired = "expired"
	UsedUp  = "used_up" // every scan it lives for is spent
	IsFull  = "full"    // the group is
	Scanned = "scanned" // nine tenths of its scans are spent: shown only when nothing better is left
	Expires = "expires" // within WarnAhead
	Filling = "filling" // nine tenths of the group's places are taken, and no other group follows
	Nothing = "nothing" // the address has nothing to show
)

// WarnAhead is how long before its end a person is asked for the next one, in milliseconds: a day, and an hour for those
// who look only now and then.
const WarnAhead = 25 * 60 * 60 * 1000

// LeadsOn reports whether an entry goes on leading people in when its group is full: it was made by the platform, which opens
// the next group behind the same QR code.
func (c Code) LeadsOn(e Entry, size Size) bool { return c.Overflow && size.Opens && !e.Action.IsZero() }

// Fit says why an entry of the code cannot be shown now, or Scanned when it is better not; "" = it fits.
func (c Code) Fit(e Entry, size Size, now int64) string {
	switch {
	case e.Removed != 0:
		return Removed
	case !e.Shows():
		return Bare
	case e.Expires != 0 && e.Expires <= now:
		return Expired
	case e.Most > 0 && e.Scans >= e.Most:
		return UsedUp
	case size.Full() && !c.LeadsOn(e, size):
		return IsFull
	case e.Most > 0 && e.Scans*10 >= e.Most*9:
		return Scanned
	}
	return ""
}

// Passed is an entry that was passed over, and why.
type Passed struct {
	Entry community.ID
	Why   string
}

// Choice is what an address shows.
type Choice struct {
	Entry  Entry
	Found  bool
	Why    string   // "" = the first that fits; Scanned = the last resort
	Passed []Passed // in order, those before it
}

// Pick chooses what an address shows now: in the order of the entries the first that is neither full nor at its end nor
// beyond nine tenths of its scans; where none is left, the first that still works at all.
func Pick(c Code, sizes Sizes, now int64) Choice {
	var out, last Choice
	for _, e := range c.Entries {
		why := c.Fit(e, sizes.of(e.Group), now)
		if why == "" {
			out.Entry, out.Found = e, true
			return out
		}
		if why == Scanned && !last.Found {
			last = Choice{Entry: e, Found: true, Why: Scanned, Passed: out.Passed}
		}
		out.Passed = append(out.Passed, Passed{e.ID, why})
	}
	if last.Found {
		return last
	}
	return out
}

// Warning asks for the next code. Entry is the one it is about; with Nothing the one whose group is asked first.
type Warning struct {
	Entry Entry
	Why   string
}

// Warnings says what a person must see to, in the order of the entries, at most one each: an end that is near or past, scans
// nearly spent, a group nearly full. Where the next code of the same group (or for a full group, of another) is already
// there, nobody is asked.
func Warnings(c Code, sizes Sizes, now int64) []Warning {
	if c.Closed != 0 {
		return nil
	}
	if !Pick(c, sizes, now).Found {
		return nothingLeft(c)
	}
	var out []Warning
	for i, e := range c.Entries {
		if why := warn(c, i, sizes, now); why != "" {
			out = append(out, Warning{e, why})
		}
	}
	return out
}

// nothingLeft asks in the group of the last living entry: that is where people would be sent.
func nothingLeft(c Code) []Warning {
	for i := len(c.Entries) - 1; i >= 0; i-- {
		if e := c.Entries[i]; e.Removed == 0 {
			return []Warning{{e, Nothing}}
		}
	}
	return nil
}

func warn(c Code, i int, sizes Sizes, now int64) string {
	e := c.Entries[i]
	size := sizes.of(e.Group)
	why := c.Fit(e, size, now)
	same := func(o Entry) bool { return o.Group == e.Group }
	switch {
	case why == Removed || why == Bare:
		return ""
	case size.Nearly() && c.LeadsOn(e, size):
		return ""
	case size.Nearly():
		if lasting(c, i, sizes, now, func(o Entry) bool { return o.Group != e.Group && !sizes.of(o.Group).Nearly() }) {
			return ""
		}
		return Filling
	case why == Expired || why == UsedUp || why == Scanned:
	case e.Expires != 0 && e.Expires-now <= WarnAhead:
		why = Expires
	default:
		return ""
	}
	if lasting(c, i, sizes, now, same) {
		return ""
	}
	return why
}

// lasting reports whether another entry of the kind fits and does not end soon.
func lasting(c Code, i int, sizes Sizes, now int64, kind func(Entry) bool) bool {
	for j, o := range c.Entries {
		if j != i && kind(o) && c.Fit(o, sizes.of(o.Group), now) == "" && (o.Expires == 0 || o.Expires-now > WarnAhead) {
			return true
		}
	}
	return false
}

// Follows reports whether a code leads on by itself once a group is full: another group's entry fits, with room, or the
// code asks for the next group where the platform opens one.
func Follows(c Code, g community.GroupKey, sizes Sizes, now int64) bool {
	inCode := false
	for _, e := range c.Entries {
		inCode = inCode || e.Group == g && e.Removed == 0
	}
	return c.Closed == 0 && inCode && (c.Overflow && sizes.of(g).Opens || lasting(c, -1, sizes, now, func(o Entry) bool { return o.Group != g && !sizes.of(o.Group).Nearly() }))
}

package draw

import (
	"cmp"
	"slices"
	"strings"
	"unicode/utf8"

	"qunluo/internal/community"
)

// State is how far a draw has come.
type State string

// States.
const (
	Draft     State = "draft"     // being written
	Published State = "published" // entries are taken; nothing of its terms changes any more
	Closed    State = "closed"    // the list is frozen: it waits for its time, or for the public number
	Drawn     State = "drawn"     // winners are known
	Settled   State = "settled"   // drawn, and every prize handed over or lapsed; only told, never stored
	Called    State = "cancelled" // called off before entries closed
)

// Draw is one draw of a group.
type Draw struct {
	ID         community.ID
	Org        community.OrgKey
	Group      community.GroupKey
	GroupID    community.ID
	GroupName  string
	State      State
	Terms      Terms
	Text       string // of the terms, byte for byte; "" while a draft
	Budget     int64  // fen that may be spent
	Slot       string // of the calendar; "" = none
	Date       string // on which the slot comes
	Sealed     []byte // the seed before it is shown
	Seed       string // hex; "" until it is drawn
	Commitment string
	List       string // hash of the frozen list
	Entries    int    // who takes part, once closed; before, who entered
	Beacon     string // the public number
	Source     string // and where it was read
	Override   string // why words about sharing were let through
	Maker      string
	Created    int64 // UTC ms, as below; 0 = not yet
	Opened     int64
	ClosedAt   int64
	DrawnAt    int64
	By         string // who called it off
	Why        string
	Told       State // that the group was told last
	Version    int   // counts changes, so that two people never decide on the same draw
	Open       int   // prizes that wait to be handed over
}

// Shown is the state as people see it.
func (d Draw) Shown() State {
	if d.State == Drawn && d.Open == 0 {
		return Settled
	}
	return d.State
}

// MayEdit says whether the terms may still be changed: CodeConflict once they are published.
func (d Draw) MayEdit() error {
	if d.State != Draft {
		return community.Errorf(community.CodeConflict, "the draw is published: nothing of its terms changes any more")
	}
	return nil
}

// Afford says whether prizes stay within the budget: CodeBadInput.
func Afford(t Terms, budget int64) error {
	if budget < 0 || budget > maxWinners*MaxPrize {
		return community.Errorf(community.CodeBadInput, "budget: out of range")
	}
	if worth := t.Worth(); worth > budget {
		return community.Errorf(community.CodeBadInput, "budget: prizes are worth %d fen, more than %d", worth, budget)
	}
	return nil
}

// Publish gives a draft as it is published at a time, with a seed: from now on its terms are fixed. CodeConflict: it is published; CodeBadInput,
// CodeForbidden: what Check, Timely, Afford and Lawful say. override is why words about sharing go out; "" = nobody answers for them.
func (d Draw) Publish(p community.Platform, seed []byte, override string, now int64) (Draw, error) {
	if err := d.MayEdit(); err != nil {
		return d, err
	}
	override = strings.TrimSpace(override)
	for _, err := range []error{d.Terms.Check(), d.Terms.Timely(now), Afford(d.Terms, d.Budget), d.Terms.Lawful(p, override != "")} {
		if err != nil {
			return d, err
		}
	}
	text, err := d.Terms.Text()
	if err != nil {
		return d, err
	}
	if shares, _ := d.Terms.Asks(); len(shares) > 0 {
		d.Override = override
	}
	d.State, d.Text, d.Commitment, d.Opened = Published, text, Commit(seed, text), now
	return d, nil
}

// MayEnter says whether somebody can enter at a time: CodeLate once entries closed, CodeConflict before it is published, and where nobody has to.
func (d Draw) MayEnter(now int64) error {
	switch {
	case d.State == Draft || d.State == Published && d.Terms.Who.Standing:
		return community.Errorf(community.CodeConflict, "nobody enters here")
	case d.State != Published || now >= d.Terms.Closes:
		return community.Errorf(community.CodeLate, "entries are closed")
	}
	return nil
}

// Cancel calls a draw off at a time, with a reason that everybody reads: CodeConflict once its list is or ought to be frozen, so that nobody
// calls off a draw whose winners they do not like; CodeBadInput: no reason.
func (d Draw) Cancel(user, why string, now int64) (Draw, error) {
	why = strings.TrimSpace(why)
	switch {
	case why == "" || utf8.RuneCountInString(why) > maxWords:
		return d, community.Errorf(community.CodeBadInput, "reason: say why")
	case d.State != Draft && d.State != Published || d.State == Published && now >= d.Terms.Closes:
		return d, community.Errorf(community.CodeConflict, "entries are closed: it cannot be called off any more")
	}
	d.State, d.By, d.Why = Called, user, why
	return d, nil
}

// Mix takes the public number that the terms name: CodeConflict before the list is frozen and told for the time they say, and once it was taken;
// CodeBadInput.
func (d Draw) Mix(number, source string, now int64) (Draw, error) {
	number, source = strings.TrimSpace(number), strings.TrimSpace(source)
	switch {
	case d.State != Closed || d.Terms.Beacon == "" || d.Beacon != "":
		return d, community.Errorf(community.CodeConflict, "no public number is awaited")
	case now < d.Terms.Draws || now < d.ClosedAt+minDraw.Milliseconds():
		return d, community.Errorf(community.CodeConflict, "the public number is taken at the time of the draw, 10 minutes after the list was told at the earliest")
	case number == "" || utf8.RuneCountInString(number) > maxBeacon || !legible(number) || strings.Contains(number, "\n"):
		return d, community.Errorf(community.CodeBadInput, "number: want one line of at most 200 characters")
	case source == "" || utf8.RuneCountInString(source) > 2*maxBeacon || !legible(source):
		return d, community.Errorf(community.CodeBadInput, "source: say where everybody can read it")
	}
	d.Beacon, d.Source = number, source
	return d, nil
}

// Due reports whether a draw's list is to be frozen, and whether its winners are to be drawn, at a time.
func (d Draw) Due(now int64) (freeze, reveal bool) {
	freeze = d.State == Published && now >= d.Terms.Closes
	reveal = d.State == Closed && now >= d.Terms.Draws && (d.Terms.Beacon == "" || d.Beacon != "")
	return freeze, reveal
}

// Why somebody who entered, or would have by standing, takes no part.
const (
	OutLeft   = "left"   // not in the group when entries closed
	OutStaff  = "staff"  // runs the group or is one of us
	OutBot    = "bot"    // no person
	OutDays   = "days"   // not long enough in the group
	OutActive = "active" // said too little
	OutTier   = "tier"
	OutStrike = "strike" // one still counts
	OutTwice  = "twice"  // another account of the person takes part
)

// Soul is somebody as they are when entries close.
type Soul struct {
	Member  community.MemberKey
	ID      community.ID
	Person  int64 // whose account it is; 0 = not known
	Entered int64 // UTC ms; 0 = they did not
	Here    bool
	Bot     bool
	Staff   bool
	Joined  int64 // UTC ms, the earliest that is sure
	Active  int   // days
	Tier    string
	Strikes int
}

// Entry is somebody in the list of a draw.
type Entry struct {
	Member   community.MemberKey
	MemberID community.ID
	Name     string
	Code     string
	Entered  int64  // UTC ms; 0 = by standing
	Out      string // why they take no part; "" = they do
	Place    int    // of their prize; 0 = none
}

// Judge says why somebody takes no part at the time at which entries close; "" = they do.
func (w Who) Judge(s Soul, closes int64) string {
	switch {
	case s.Bot:
		return OutBot
	case s.Staff:
		return OutStaff
	case !s.Here:
		return OutLeft
	case closes-s.Joined < int64(w.Days)*24*3600_000:
		return OutDays
	case s.Active < w.Active:
		return OutActive
	case len(w.Tiers) > 0 && !slices.Contains(w.Tiers, s.Tier):
		return OutTier
	case w.Clean && s.Strikes > 0:
		return OutStrike
	}
	return ""
}

// Freeze gives the list of a draw. Of a person's accounts the one takes part that entered first, or where nobody had to enter the oldest.
// CodeTooLarge: more than MaxEntries.
func (t Terms) Freeze(seed []byte, souls []Soul) ([]Entry, error) {
	list := slices.Clone(souls)
	slices.SortFunc(list, func(a, b Soul) int { return cmp.Or(cmp.Compare(a.Entered, b.Entered), cmp.Compare(a.Member, b.Member)) })
	seen, out, takes := map[int64]bool{}, []Entry{}, 0
	for i, s := range list {
		if i > 0 && list[i-1].Member == s.Member || !t.Who.Standing && s.Entered == 0 {
			continue
		}
		e := Entry{Member: s.Member, MemberID: s.ID, Entered: s.Entered, Code: EntryCode(seed, s.ID), Out: t.Who.Judge(s, t.Closes)}
		if e.Out == "" && s.Person != 0 {
			if seen[s.Person] {
				e.Out = OutTwice
			}
			seen[s.Person] = true
		}
		if e.Out == "" {
			takes++
		}
		out = append(out, e)
	}
	if takes > MaxEntries {
		return nil, community.Errorf(community.CodeTooLarge, "more than %d entrants", MaxEntries)
	}
	return out, nil
}

// Codes are those of the entries that take part, sorted.
func Codes(list []Entry) []string {
	var out []string
	for _, e := range list {
		if e.Out == "" {
			out = append(out, e.Code)
		}
	}
	return Sorted(out)
}

// States of a payout.
const (
	Open   = "open"
	Paid   = "paid"
	Lapsed = "lapsed" // not fetched in time
)

// Payout (兑付) is a prize that somebody won. It is handed over by a person, who says by which receipt: no connection sends money yet.
type Payout struct {
	ID        community.ID
	Draw      community.ID
	Title     string
	Group     community.GroupKey
	GroupName string
	Member    community.MemberKey
	MemberID  community.ID
	Name      string
	Code      string
	Place     int
	Prize     string
	Kind      string
	Fen       int64
	State     string
	Made      int64 // UTC ms
	Until     int64 // by when it is to be fetched
	PaidAt    int64
	PaidBy    string
	Receipt   string // or why it lapsed, or why a mark was taken back
	Times     int    // it was marked
}

// Unclaimed reports whether the time to fetch it is over.
func (p Payout) Unclaimed(now int64) bool { return p.State == Open && now >= p.Until }

// Mark gives a payout after a person handed it over: with a receipt, for it is money. CodeConflict: it is not open; CodeBadInput.
func (p Payout) Mark(user, receipt string, now int64) (Payout, error) {
	receipt = strings.TrimSpace(receipt)
	switch {
	case p.State != Open:
		return p, community.Errorf(community.CodeConflict, "it is marked already, by %s", p.PaidBy)
	case receipt == "" || utf8.RuneCountInString(receipt) > maxWords:
		return p, community.Errorf(community.CodeBadInput, "receipt: say by what it can be proved")
	}
	p.State, p.PaidAt, p.PaidBy, p.Receipt = Paid, now, user, receipt
	p.Times++
	return p, nil
}

// Lapse gives a payout that nobody fetched in time. CodeConflict: it is not open, or there is time left; CodeBadInput: no reason.
func (p Payout) Lapse(user, why string, now int64) (Payout, error) {
	why = strings.TrimSpace(why)
	switch {
	case !p.Unclaimed(now):
		return p, community.Errorf(community.CodeConflict, "it is not open, or can still be fetched")
	case why == "" || utf8.RuneCountInString(why) > maxWords:
		return p, community.Errorf(community.CodeBadInput, "reason: say why")
	}
	p.State, p.PaidAt, p.PaidBy, p.Receipt = Lapsed, now, user, why
	p.Times++
	return p, nil
}

// Unmark takes either back, with a reason. CodeConflict: it is open; CodeBadInput: no reason.
func (p Payout) Unmark(why string) (Payout, error) {
	why = strings.TrimSpace(why)
	switch {
	case p.State == Open:
		return p, community.Errorf(community.CodeConflict, "it is not marked")
	case why == "" || utf8.RuneCountInString(why) > maxWords:
		return p, community.Errorf(community.CodeBadInput, "reason: say why the mark is taken back")
	}
	p.State, p.PaidAt, p.PaidBy, p.Receipt = Open, 0, "", why
	return p, nil
}

// Sums are what came of the prizes of draws, in fen.
type Sums struct {
	Budget    int64
	Worth     int64 // of all prizes
	Awarded   int64
	Paid      int64
	Open      int64
	Unclaimed int64 // of Open: the time to fetch it is over
	Lapsed    int64
	Left      int64 // prizes that nobody won, once drawn
}

// Sum adds up one draw.
func Sum(d Draw, list []Payout, now int64) Sums {
	s := Sums{Budget: d.Budget, Worth: d.Terms.Worth()}
	for _, p := range list {
		s.Awarded += p.Fen
		switch p.State {
		case Paid:
			s.Paid += p.Fen
		case Lapsed:
			s.Lapsed += p.Fen
		default:
			s.Open += p.Fen
			if p.Unclaimed(now) {
				s.Unclaimed += p.Fen
			}
		}
	}
	if d.State == Drawn {
		s.Left = s.Worth - s.Awarded
	}
	return s
}

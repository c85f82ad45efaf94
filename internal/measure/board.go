package measure

import "qunluo/internal/community"

// Payment is money that a member paid, or (Amount < 0) got back. A deposit is none: it is owed back.
type Payment struct {
	Member community.MemberKey
	At     int64 // UTC ms
	Amount int64 // minor units of the currency
}

// Board is acquisition, activation, retention, referral and revenue of one group on the days [From, To] (methods.md §6). Ways begin with
// the first stay; a member counts for a share only where its whole window has passed.
type Board struct {
	From, To Day
	Coverage Coverage

	Came      []community.MemberKey // acquisition: joined on these days
	Asked     int                   // asked to be let in on these days
	Admitted  Step                  // of those who asked: who was let in
	Activated Step                  // of those who joined: who was heard within 7 days
	Week4     Retained              // of those whose day 28 lies in these days: active in days 22 … 28
	Referral  Referral
	Revenue   Revenue
}

// Referral is how members bring members. K = I · C.
type Referral struct {
	Hosts   []community.MemberKey // activated members who were there on these days
	Guests  []community.MemberKey // came by a member's invitation on these days, and 7 days later were still there
	Through []community.MemberKey // of the guests: activated
	Waiting int                   // invited, but 7 days have not passed
	I, C, K Figure
	Cycle   Curve // days from a host's activation to that of a guest
}

// Revenue is what members paid on these days, net of what they got back.
type Revenue struct {
	Net    int64                 // minor units
	Gross  int64                 // before refunds
	Payers []community.MemberKey // in the order of the first payment
}

// MakeBoard makes the five numbers of a group. Payments are those of the group's members, of one currency.
func MakeBoard(ways []Way, h History, from, to Day, paid []Payment) Board {
	b := Board{From: from, To: to, Coverage: h.Watched.Coverage(), Activated: Step{From: Joined, To: Heard, Within: activateWithin}}
	in := func(ms int64) bool { day := h.DayOf(ms); return ms > 0 && day >= from && day <= to }
	var week4 []Life
	days := map[community.MemberKey][]Day{}
	for _, l := range h.Spoke {
		days[l.Member] = l.Days
	}
	for _, w := range ways {
		if in(w.At[Asked]) {
			b.Asked++
		}
		joined := w.At[Joined]
		if joined == 0 {
			continue
		}
		if in(joined) {
			b.Came = append(b.Came, w.Member)
			b.Activated.count(w, h, joined, w.At[Heard])
		}
		if day := h.DayOf(joined); day+28 >= from && day+28 <= to {
			week4 = append(week4, Life{w.Member, day, days[w.Member]})
		}
	}
	b.Admitted = Steps()[0]
	b.Admitted.follow(ways, h, from, to)
	b.Week4 = Bracket(week4, h.Watched, 22, 28)
	b.refer(ways, h, in)
	b.Revenue = Earn(paid, h, from, to)
	return b
}

// refer counts hosts, guests and how long a round takes.
func (b *Board) refer(ways []Way, h History, in func(int64) bool) {
	r, by := &b.Referral, map[community.MemberKey]Way{}
	for _, w := range ways {
		by[w.Member] = w
		heard := w.At[Heard]
		if heard > 0 && h.DayOf(heard) <= b.To && (w.Left == 0 || h.DayOf(w.Left) >= b.From) {
			r.Hosts = append(r.Hosts, w.Member)
		}
	}
	var rounds []Lived
	for _, w := range ways {
		host, known := by[w.Inviter]
		if w.Inviter == 0 || w.Inviter == w.Member || !in(w.At[Joined]) {
			continue
		}
		if w.At[Joined]+activateWithin > h.Until {
			r.Waiting++
			continue
		}
		if !w.lasted(h.Until) {
			continue
		}
		r.Guests = append(r.Guests, w.Member)
		if heard := w.At[Heard]; heard > 0 {
			r.Through = append(r.Through, w.Member)
			if known && host.At[Heard] > 0 && heard > host.At[Heard] {
				rounds = append(rounds, Lived{End: float64(heard-host.At[Heard]) / dayMS, Cause: Gone})
			}
		}
	}
	hosts, guests := float64(len(r.Hosts)), float64(len(r.Guests))
	r.I = ratio(guests, hosts, Joiners, b.Coverage)
	r.C = ratio(float64(len(r.Through)), guests, Joiners, b.Coverage)
	r.K = ratio(float64(len(r.Through)), hosts, Joiners, b.Coverage) // I · C: guests cancel out
	r.Cycle = Survive(rounds)
	if !anyAt(ways, Invited) {
		for _, f := range []*Figure{&r.I, &r.C, &r.K} {
			f.Value, f.Withheld = 0, NoInviter
		}
	}
}

// Earn adds up what was paid on the days [from, to].
func Earn(paid []Payment, h History, from, to Day) (r Revenue) {
	seen := map[community.MemberKey]bool{}
	for _, p := range paid {
		if day := h.DayOf(p.At); p.At <= 0 || day < from || day > to {
			continue
		}
		r.Net += p.Amount
		if p.Amount > 0 {
			r.Gross += p.Amount
			if !seen[p.Member] {
				seen[p.Member] = true
				r.Payers = append(r.Payers, p.Member)
			}
		}
	}
	return r
}

package app

import (
	"cmp"
	"context"
	"encoding/hex"
	"slices"
	"time"

	"qunluo/internal/community"
	"qunluo/internal/draw"
	"qunluo/internal/h5"
	"qunluo/internal/plan"
	"qunluo/internal/policy"
	"qunluo/internal/store"
)

// passDraw is the purpose of the links by which members enter draws: a group and a member, with an end. One link serves every draw of the group.
const passDraw = "draw"

const drawLinkLives = 90 * 24 * time.Hour

// draws is what people see and change of draws (抽奖), bounded as hands are.
type draws struct{ *hands }

// Draws makes the handle for draws.
func (a *App) Draws(org community.OrgKey, groups []community.GroupKey) draws {
	return draws{a.Hands(org, groups)}
}

// List lists the draws of one group, or (0) of all, the newest first.
func (v draws) List(ctx context.Context, g community.GroupKey, page community.Page) ([]draw.Draw, int, error) {
	return v.desk().Draws(ctx, g, page)
}

// ByID gives a draw with what came of its prizes; CodeNotFound.
func (v draws) ByID(ctx context.Context, id community.ID) (draw.Draw, draw.Sums, error) {
	d, err := v.desk().DrawByID(ctx, id)
	if err != nil {
		return d, draw.Sums{}, err
	}
	sums, err := v.app.store.DrawSums(ctx, d, v.app.millis())
	return d, sums, err
}

// Entries lists who entered, and once the list is frozen who takes part and who does not: winners first.
func (v draws) Entries(ctx context.Context, id community.ID, page community.Page) ([]draw.Entry, int, error) {
	if _, err := v.desk().DrawByID(ctx, id); err != nil {
		return nil, 0, err
	}
	return v.app.store.DrawEntryPage(ctx, id, page)
}

// Slots are the slots of the calendar in which a draw can stand.
func (v draws) Slots(ctx context.Context) ([]plan.Fixture, error) {
	return v.app.Calendars(v.org, v.groups).Fixtures(ctx)
}

// New keeps a new draft. slot is the calendar's slot in which it is drawn, and which makes the next one by itself; "" = none. CodeBadInput: the
// terms, or the slot does not come then; CodeConflict: the slot has a draw on this day.
func (v draws) New(ctx context.Context, user string, g community.GroupKey, t draw.Terms, budget int64, slot, reason string) (draw.Draw, error) {
	d := draw.Draw{Org: v.org, Group: g, State: draw.Draft, Maker: user}
	if err := v.write(ctx, &d, t, budget, slot); err != nil {
		return d, err
	}
	return v.app.store.AddDraw(ctx, d, v.audit(user, "draw.make", "", reason))
}

// Edit writes a draft anew, as the caller saw it (version; 0 = as it is now). CodeConflict: it was changed meanwhile, or is published.
func (v draws) Edit(ctx context.Context, user string, id community.ID, version int, t draw.Terms, budget int64, slot, reason string) (draw.Draw, error) {
	d, err := v.seen(ctx, id, version)
	if err != nil {
		return d, err
	}
	if err := d.MayEdit(); err != nil {
		return d, err
	}
	if err := v.write(ctx, &d, t, budget, slot); err != nil {
		return d, err
	}
	return v.move(ctx, d, v.audit(user, "draw.edit", "", reason))
}

// seen gives a draw as a caller saw it.
func (v draws) seen(ctx context.Context, id community.ID, version int) (draw.Draw, error) {
	d, err := v.desk().DrawByID(ctx, id)
	if err == nil && version != 0 && version != d.Version {
		err = community.Errorf(community.CodeConflict, "it was changed meanwhile")
	}
	return d, err
}

func (v draws) move(ctx context.Context, d draw.Draw, audit community.Audit) (draw.Draw, error) {
	if err := v.app.store.MoveDraw(ctx, d, audit); err != nil {
		return d, err
	}
	return v.desk().DrawByID(ctx, d.ID)
}

// write puts terms into a draft, with what follows from its group.
func (v draws) write(ctx context.Context, d *draw.Draw, t draw.Terms, budget int64, slot string) error {
	row, err := v.mine(ctx, d.Group)
	if err != nil {
		return err
	}
	if row.Desk {
		return community.Errorf(community.CodeBadInput, "group: an account's desk is none")
	}
	t.Formula, t.Code, t.Group, t.Zone = draw.Formula, d.Terms.Code, row.Name, cmp.Or(row.Zone, store.DefaultZone)
	if t.Draws == 0 {
		t.Draws = t.Closes
	}
	if err := t.Check(); err != nil {
		return err
	}
	if err := draw.Afford(t, budget); err != nil {
		return err
	}
	d.Terms, d.Budget, d.Slot, d.Date = t, budget, "", ""
	if slot == "" {
		return nil
	}
	fixtures, err := v.Slots(ctx)
	if err != nil {
		return err
	}
	f, known := plan.FixtureNamed(fixtures, slot)
	at := time.UnixMilli(t.Draws).In(zoneFor(t.Zone))
	if d.Slot, d.Date = slot, at.Format(time.DateOnly); !known || !f.On(d.Date, d.Group) || !f.Holds(at.Format("15:04")) {
		return community.Errorf(community.CodeBadInput, "slot %q: does not come at the time of the draw", slot)
	}
	return nil
}

// Publish publishes a draft as the caller saw it: a seed is drawn, terms and seed are committed to, and the group is told. From now on nothing of the
// terms changes. override is why words about sharing go out although 微信 forbids to reward it.
func (v draws) Publish(ctx context.Context, user string, id community.ID, version int, override, reason string) (draw.Draw, error) {
	d, err := v.seen(ctx, id, version)
	if err != nil {
		return d, err
	}
	row, err := v.mine(ctx, d.Group)
	if err != nil {
		return d, err
	}
	seed := chance(draw.SeedBytes)
	if d, err = d.Publish(row.Platform, seed, override, v.app.millis()); err != nil {
		return d, err
	}
	d.Sealed = v.app.gate.box.Seal(seed, drawPlace(d))
	if d, err = v.move(ctx, d, v.audit(user, "draw.publish", "", cmp.Or(override, reason))); err != nil {
		return d, err
	}
	v.app.tellSoon(ctx, d)
	return d, nil
}

// tellSoon tells a group how a draw stands; what fails is made good by the worker.
func (a *App) tellSoon(ctx context.Context, d draw.Draw) {
	if err := a.tellDraw(ctx, d); err != nil {
		a.log.Warn("tell of a draw", "draw", d.ID, "err", err)
	}
}

// drawPlace is where the seed of a draw belongs: sealed for one, it opens for no other.
func drawPlace(d draw.Draw) string { return "draw:" + d.ID.String() }

// seedOf opens the seed of a draw that is not drawn yet.
func (a *App) seedOf(d draw.Draw) ([]byte, error) { return a.gate.box.Open(d.Sealed, drawPlace(d)) }

// Cancel calls a draw off before its entries close, with a reason that everybody reads.
func (v draws) Cancel(ctx context.Context, user string, id community.ID, reason string) (draw.Draw, error) {
	d, err := v.desk().DrawByID(ctx, id)
	if err != nil {
		return d, err
	}
	if d, err = d.Cancel(user, reason, v.app.millis()); err != nil {
		return d, err
	}
	d.Slot = "" // it makes room for another
	if d, err = v.move(ctx, d, v.audit(user, "draw.cancel", "", reason)); err != nil || d.Commitment == "" {
		return d, err
	}
	v.app.tellSoon(ctx, d)
	return d, nil
}

// Mix takes the public number that the terms name, and draws. It is taken once.
func (v draws) Mix(ctx context.Context, user string, id community.ID, number, source string) (draw.Draw, error) {
	d, err := v.desk().DrawByID(ctx, id)
	if err != nil {
		return d, err
	}
	if d, err = d.Mix(number, source, v.app.millis()); err != nil {
		return d, err
	}
	if d, err = v.move(ctx, d, v.audit(user, "draw.number", "", source)); err != nil {
		return d, err
	}
	if err := v.app.revealDraw(ctx, d); err != nil && community.CodeOf(err) != community.CodeConflict { // the worker may have been first
		return d, err
	}
	return v.desk().DrawByID(ctx, id)
}

// Address is where everybody sees a draw; "" while it is a draft.
func (v draws) Address(d draw.Draw) string {
	if d.Commitment == "" {
		return ""
	}
	return v.app.drawAddress(d)
}

func (a *App) drawAddress(d draw.Draw) string { return a.base() + "/draw/" + d.Terms.Code }

// Link is where one member enters a draw, or sees their own code. CodeConflict: it is a draft.
func (v draws) Link(ctx context.Context, id community.ID, m community.MemberKey) (string, error) {
	d, err := v.desk().DrawByID(ctx, id)
	if err != nil {
		return "", err
	}
	if d.Commitment == "" {
		return "", community.Errorf(community.CodeConflict, "it is not published")
	}
	link, err := v.app.timedLink(ctx, passDraw, drawLinkLives, int64(d.Group), int64(m))
	return v.app.drawAddress(d) + "/" + link, err
}

// Proof is what everybody may check a draw with. CodeConflict: it is not drawn yet.
func (v draws) Proof(ctx context.Context, id community.ID) (draw.Proof, error) {
	d, err := v.desk().DrawByID(ctx, id)
	if err != nil {
		return draw.Proof{}, err
	}
	return v.app.proofOf(ctx, d)
}

func (a *App) proofOf(ctx context.Context, d draw.Draw) (draw.Proof, error) {
	if d.State != draw.Drawn {
		return draw.Proof{}, community.Errorf(community.CodeConflict, "it is not drawn yet")
	}
	list, err := a.store.DrawEntries(ctx, d.ID)
	if err != nil {
		return draw.Proof{}, err
	}
	p := draw.Proof{Formula: draw.Formula, Terms: d.Text, Commitment: d.Commitment, Seed: d.Seed, Beacon: d.Beacon, Source: d.Source, List: d.List, Entries: draw.Codes(list), Winners: []draw.Winner{}}
	slices.SortFunc(list, func(a, b draw.Entry) int { return cmp.Compare(a.Place, b.Place) })
	for _, e := range list {
		if e.Place > 0 {
			prize, _ := d.Terms.PrizeAt(e.Place)
			p.Winners = append(p.Winners, draw.Winner{Place: e.Place, Prize: prize.Name, Code: e.Code})
		}
	}
	return p, nil
}

// Payouts lists the prizes that were won (of a group and a draw; 0 = all); state is "", open, paid, lapsed or unclaimed.
func (v draws) Payouts(ctx context.Context, g community.GroupKey, id community.ID, state string, page community.Page) ([]draw.Payout, int, error) {
	f := store.DrawPayFilter{Group: g, Draw: id, State: state, Page: page}
	if state == "unclaimed" {
		f.State, f.Before = draw.Open, v.app.millis()
	}
	return v.desk().DrawPayouts(ctx, f)
}

// Payout gives one; CodeNotFound.
func (v draws) Payout(ctx context.Context, id community.ID) (draw.Payout, error) {
	return v.desk().DrawPayoutByID(ctx, id)
}

// Pay says that a prize was handed over, by which receipt. CodeConflict: it was marked before.
func (v draws) Pay(ctx context.Context, user string, id community.ID, receipt string) (draw.Payout, error) {
	return v.movePrize(ctx, user, id, "draw.pay", receipt, func(p draw.Payout) (draw.Payout, error) { return p.Mark(user, receipt, v.app.millis()) })
}

// Lapse says that nobody fetched a prize in time.
func (v draws) Lapse(ctx context.Context, user string, id community.ID, reason string) (draw.Payout, error) {
	return v.movePrize(ctx, user, id, "draw.lapse", reason, func(p draw.Payout) (draw.Payout, error) { return p.Lapse(user, reason, v.app.millis()) })
}

// Unpay takes either back, with a reason; a person is asked again.
func (v draws) Unpay(ctx context.Context, user string, id community.ID, reason string) (draw.Payout, error) {
	p, err := v.movePrize(ctx, user, id, "draw.unpay", reason, func(p draw.Payout) (draw.Payout, error) { return p.Unmark(reason) })
	if err != nil {
		return p, err
	}
	d, err := v.desk().DrawByID(ctx, p.Draw)
	if err != nil {
		return p, err
	}
	return p, v.app.askPrize(ctx, d, p)
}

func (v draws) movePrize(ctx context.Context, user string, id community.ID, verb, words string, move func(draw.Payout) (draw.Payout, error)) (draw.Payout, error) {
	was, err := v.Payout(ctx, id)
	if err != nil {
		return was, err
	}
	p, err := move(was)
	if err != nil {
		return was, err
	}
	if err := v.app.store.MoveDrawPayout(ctx, v.org, was, p, v.audit(user, verb, "", words)); err != nil {
		return was, err
	}
	if p.State != draw.Open {
		err = v.app.todoDone(ctx, v.hands, p.Group, prizePath(p), user, words)
	}
	return p, err
}

func prizePath(p draw.Payout) string { return "/prizes/" + p.ID.String() }

// urn is what the public page of a draw asks and changes.
type urn struct{ app *App }

// member finds whose link it is: CodeNotFound when it was not made here, or they are not in the group of the draw any more; CodeLate: its time is over.
func (u urn) member(ctx context.Context, d draw.Draw, pass string) (community.MemberRow, error) {
	of, err := u.app.timedOf(ctx, pass, passDraw, 2)
	if err != nil {
		return community.MemberRow{}, err
	}
	if of[0] != int64(d.Group) || of[1] == 0 {
		return community.MemberRow{}, community.Errorf(community.CodeNotFound, "a link of another group")
	}
	_, m, err := whistle(u).place(ctx, of)
	return m, err
}

// Lot gives what an address shows; pass is the member's own part of it, "" = everybody's page.
func (u urn) Lot(ctx context.Context, code, pass, search string) (h5.Lot, error) {
	d, err := u.app.store.DrawAt(ctx, code)
	if err != nil {
		return h5.Lot{}, err
	}
	out := h5.Lot{Draw: d, Late: d.State == draw.Published && u.app.millis() >= d.Terms.Closes}
	if pass != "" {
		m, err := u.member(ctx, d, pass)
		if err != nil {
			return out, err
		}
		if out.Name = m.Name; m.Card != "" {
			out.Name = m.Card
		}
		if out.Mine, err = u.entry(ctx, d, m.Key, ""); err != nil {
			return out, err
		}
	}
	if search != "" && d.State != draw.Published {
		if out.Found, err = u.entry(ctx, d, 0, search); err != nil {
			return out, err
		}
		out.Found.Member, out.Found.Name, out.Found.Out = 0, "", "" // a code says nothing of its owner
	}
	won, err := u.app.store.DrawWinners(ctx, d.ID)
	for _, e := range won {
		e.Name = policy.Masked(clean(e.Name))
		out.Winners = append(out.Winners, e)
	}
	return out, err
}

// entry gives an entry, empty where there is none.
func (u urn) entry(ctx context.Context, d draw.Draw, m community.MemberKey, code string) (draw.Entry, error) {
	e, err := u.app.store.DrawEntryOf(ctx, d.ID, m, code)
	if community.CodeOf(err) == community.CodeNotFound {
		return draw.Entry{}, nil
	}
	if m == 0 && e.Out != "" {
		return draw.Entry{}, err
	}
	return e, err
}

// Enter enters a member: again changes nothing. CodeLate: entries are closed; CodeConflict: nobody has to enter; CodeForbidden: staff and bots.
func (u urn) Enter(ctx context.Context, code, pass string) error {
	d, m, err := u.mine(ctx, code, pass)
	if err != nil {
		return err
	}
	if err := d.MayEnter(u.app.millis()); err != nil {
		return err
	}
	if s := soulOf(m, 0); s.Bot || s.Staff {
		return community.Errorf(community.CodeForbidden, "who runs the group takes no part")
	}
	seed, err := u.app.seedOf(d)
	if err != nil {
		return err
	}
	return u.app.store.EnterDraw(ctx, d.ID, draw.Entry{Member: m.Key, Code: draw.EntryCode(seed, m.ID), Entered: u.app.millis()})
}

// Leave takes a member's entry back while entries are taken.
func (u urn) Leave(ctx context.Context, code, pass string) error {
	d, m, err := u.mine(ctx, code, pass)
	if err != nil {
		return err
	}
	if err := d.MayEnter(u.app.millis()); err != nil {
		return err
	}
	return u.app.store.LeaveDraw(ctx, d.ID, m.Key)
}

func (u urn) mine(ctx context.Context, code, pass string) (draw.Draw, community.MemberRow, error) {
	d, err := u.app.store.DrawAt(ctx, code)
	if err != nil {
		return d, community.MemberRow{}, err
	}
	m, err := u.member(ctx, d, pass)
	return d, m, err
}

// Proof is what everybody may download; CodeNotFound while there is nothing to prove.
func (u urn) Proof(ctx context.Context, code string) (draw.Proof, error) {
	d, err := u.app.store.DrawAt(ctx, code)
	if err != nil {
		return draw.Proof{}, err
	}
	if d.State != draw.Drawn {
		return draw.Proof{}, community.Errorf(community.CodeNotFound, "not drawn yet")
	}
	return u.app.proofOf(ctx, d)
}

// seedText is a seed as people read it.
func seedText(seed []byte) string { return hex.EncodeToString(seed) }

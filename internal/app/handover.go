package app

import (
	"context"
	"encoding/json"
	"fmt"
	"slices"
	"strconv"
	"strings"

	"qunluo/internal/community"
	"qunluo/internal/connect"
	"qunluo/internal/duty"
	"qunluo/internal/store"
)

// jobHandover carries out what platforms and people must do of a handover. Its key is the handover's, a dot, and how often was tried before.
const jobHandover = "handover"

// handovers is what a person sees and does when somebody leaves, bounded as hands are.
type handovers struct{ *hands }

// Handovers makes the handle through which what somebody owned goes to another person.
func (a *App) Handovers(org community.OrgKey, groups []community.GroupKey) handovers {
	return handovers{a.Hands(org, groups)}
}

// Look lists what would be handed over, changing nothing.
func (h handovers) Look(ctx context.Context, ho duty.Handover) (duty.Handover, error) {
	ho.Org, ho.Items = h.org, nil
	if ho.Reason == "" {
		ho.Reason = "-"
	}
	if err := ho.Check(); err != nil {
		return ho, err
	}
	if err := h.checkPeople(ctx, ho); err != nil {
		return ho, err
	}
	ours, err := h.app.store.Owned(ctx, h.org, ho.FromUser)
	if err != nil {
		return ho, err
	}
	there, err := h.there(ctx, ho)
	ho.Items = append(ours, there...)
	return ho, err
}

// checkPeople looks whether those who sign in are of the organisation, and whoever takes over may.
func (h handovers) checkPeople(ctx context.Context, ho duty.Handover) error {
	users, err := h.app.store.Users(ctx, h.org)
	if err != nil || ho.FromUser == "" {
		return err
	}
	has := func(id string, on bool) bool {
		return slices.ContainsFunc(users, func(u community.User) bool { return u.ID.String() == id && (u.Enabled || !on) })
	}
	if !has(ho.FromUser, false) || !has(ho.ToUser, true) {
		return community.Errorf(community.CodeBadInput, "to: nobody who may sign in")
	}
	return nil
}

// there lists what the leaver's accounts own on platforms.
func (h handovers) there(ctx context.Context, ho duty.Handover) ([]duty.HandItem, error) {
	if ho.FromMember == 0 {
		return nil, nil
	}
	from, err := h.accounts(ctx, ho.FromMember)
	if err != nil {
		return nil, err
	}
	to, err := h.accounts(ctx, ho.ToMember)
	if err != nil {
		return nil, err
	}
	list, err := h.desk().OwnedGroups(ctx, from, func(p community.Platform) string { return accountOn(to, p) })
	slices.SortStableFunc(list, func(a, b duty.HandItem) int { return -strings.Compare(string(a.Kind), string(b.Kind)) }) // groups, then contacts
	return list, err
}

func (h handovers) accounts(ctx context.Context, m community.MemberKey) ([]community.Member, error) {
	list, err := h.desk().Person(ctx, m)
	out := make([]community.Member, len(list))
	for i, a := range list {
		out[i] = a.Member
	}
	if err == nil && len(out) == 0 {
		err = community.Errorf(community.CodeNotFound, "member %d: not found", m)
	}
	return out, err
}

// accountOn is the id by which a person is known on a platform; "" = they are not.
func accountOn(accounts []community.Member, p community.Platform) string {
	for _, m := range accounts {
		if m.Platform == p && m.Certainty != community.NameOnly {
			return m.External
		}
	}
	return ""
}

// Begin hands over: what is ours at once, the rest as work that goes on by itself.
func (h handovers) Begin(ctx context.Context, user string, ho duty.Handover) (duty.Handover, error) {
	if err := ho.Check(); err != nil {
		return ho, err
	}
	ho, err := h.Look(ctx, ho)
	if err != nil {
		return ho, err
	}
	ho.By = user
	if ho, err = h.app.store.AddHandover(ctx, ho, h.audit(user, "", "", ho.Reason)); err != nil {
		return ho, err
	}
	if err := h.giveOurs(ctx, user, &ho); err != nil {
		return ho, err
	}
	return h.goOn(ctx, ho)
}

// giveOurs hands over what is ours and open. What fails is noted with its reason; the rest goes on.
func (h handovers) giveOurs(ctx context.Context, user string, ho *duty.Handover) error {
	for i, it := range ho.Items {
		if !it.Kind.Ours() || it.State != duty.HandOpen {
			continue
		}
		var err error
		if it.Kind == duty.HandAlarm {
			ho.Items[i], err = h.passAlarm(ctx, user, *ho, it)
		} else {
			ho.Items[i], err = h.app.store.HandOver(ctx, *ho, it, h.audit(user, "", "", ho.Reason))
		}
		if err != nil {
			return fmt.Errorf("item %d: %w", it.N, err)
		}
	}
	h.app.alarmMoved(h.org)
	return nil
}

// passAlarm gives an alarm that somebody took on to the next on duty.
func (h handovers) passAlarm(ctx context.Context, user string, ho duty.Handover, it duty.HandItem) (duty.HandItem, error) {
	id, err := community.ParseID(it.Subject)
	if err != nil {
		return it, err
	}
	it.Tried++
	it.State, it.Why = duty.HandDone, ""
	if err := (&watch{h.hands}).HandOn(ctx, ho.FromUser, id, ho.Reason); err != nil {
		it.State, it.Why, it.Detail = duty.HandFailed, duty.Changed, duty.HandDetail{Say: [2]string{string(community.CodeOf(err)), string(community.CodeOf(err))}}
	}
	return it, h.app.store.NoteHandItem(ctx, ho, it, h.audit(user, "", "", ho.Reason))
}

// goOn enqueues the work on what is open and not ours, as a job of its own: an earlier one may just be ending, and what is enqueued
// under its name meanwhile would be lost with it.
func (h handovers) goOn(ctx context.Context, ho duty.Handover) (duty.Handover, error) {
	tried := 0
	for _, it := range ho.Items {
		tried += it.Tried
	}
	if slices.ContainsFunc(ho.Items, func(it duty.HandItem) bool { return !it.Kind.Ours() && it.State == duty.HandOpen }) {
		if err := h.app.store.AddJob(ctx, store.Job{Kind: jobHandover, Key: ho.ID.String() + "." + strconv.Itoa(tried), RunAt: h.app.millis()}); err != nil {
			return ho, err
		}
		h.app.jobs.Wake()
	}
	return h.ByID(ctx, ho.ID)
}

// List gives handovers, the newest first.
func (h handovers) List(ctx context.Context, p community.Page) ([]duty.Handover, int, error) {
	return h.app.store.Handovers(ctx, h.org, p)
}

// ByID gives one handover as it stands; CodeNotFound.
func (h handovers) ByID(ctx context.Context, id community.ID) (duty.Handover, error) {
	return h.app.store.HandoverByID(ctx, h.org, id)
}

// Retry tries what failed once more: item n, or (0) all. CodeConflict: nothing failed.
func (h handovers) Retry(ctx context.Context, user string, id community.ID, n int) (duty.Handover, error) {
	ho, err := h.ByID(ctx, id)
	if err != nil {
		return ho, err
	}
	again := 0
	there, err := h.there(ctx, ho) // the taker may have got an account since
	if err != nil {
		return ho, err
	}
	for i := range ho.Items {
		it := &ho.Items[i]
		if it.State != duty.HandFailed || n != 0 && it.N != n {
			continue
		}
		it.State = duty.HandOpen
		for _, now := range there {
			if now.Kind == it.Kind && now.Group == it.Group && now.From == it.From {
				it.To = now.To
			}
		}
		if err := h.app.store.NoteHandItem(ctx, ho, *it, h.audit(user, "", "", ho.Reason)); err != nil {
			return ho, err
		}
		again++
	}
	if again == 0 {
		return ho, community.Errorf(community.CodeConflict, "handover %s: nothing failed that could be tried again", id)
	}
	if err := h.giveOurs(ctx, user, &ho); err != nil {
		return ho, err
	}
	return h.goOn(ctx, ho)
}

// carryHandover does what is open of a handover and not ours: natively where a connection can, else a person is asked.
func (a *App) carryHandover(ctx context.Context, j store.Job) error {
	name, _, _ := strings.Cut(j.Key, ".")
	id, err := community.ParseID(name)
	if err != nil {
		return err
	}
	a.handing.Lock() // one after the other: each reads what the one before left
	defer a.handing.Unlock()
	ho, err := a.store.HandoverNow(ctx, id)
	if err != nil {
		return err
	}
	h := a.Handovers(ho.Org, nil)
	for _, it := range ho.Items {
		if it.Kind.Ours() || it.State != duty.HandOpen {
			continue
		}
		it, err := h.carry(ctx, ho, it)
		if err != nil {
			return fmt.Errorf("item %d: %w", it.N, err)
		}
		if err := a.store.NoteHandItem(ctx, ho, it, h.audit(ho.By, "", "", ho.Reason)); err != nil {
			return err
		}
	}
	a.alarmMoved(ho.Org)
	return nil
}

// handChores are the chores by which a connection hands things over, with what names the things in their form.
var handChores = map[duty.HandKind][2]string{
	duty.HandGroup: {"transfer.groups", "groups"}, duty.HandContacts: {"transfer.contacts", "contacts"},
}

// carry does one item. What a platform refuses is the item's failure, not an error.
func (h handovers) carry(ctx context.Context, ho duty.Handover, it duty.HandItem) (duty.HandItem, error) {
	row, err := h.desk().GroupByKey(ctx, it.Group)
	if err != nil {
		return it, err
	}
	account, dead := h.able(row.Accounts, handChores[it.Kind][0])
	switch {
	case account == 0 && (dead && it.Platform == "wecom" || it.Kind == duty.HandContacts): // nobody but a connection can give contacts
		it.Tried++
		it.State, it.Why = duty.HandFailed, duty.NotRunning
		return it, nil
	case account == 0:
		return h.askFor(ctx, ho, it, row)
	case it.To == "":
		it.Tried++
		it.State, it.Why = duty.HandFailed, duty.NobodyThere
		return it, nil
	}
	it.Account = account
	return h.chore(ctx, ho, it)
}

// able finds the account that can do a chore. dead says that a connection is not open, which might.
func (h handovers) able(accounts []community.AccountKey, name string) (found community.AccountKey, dead bool) {
	for _, key := range accounts {
		c, err := h.app.wires.chorer(key)
		if community.CodeOf(err) == community.CodeUnreachable {
			dead = true
		}
		if err == nil && slices.ContainsFunc(c.Chores(), func(one connect.Chore) bool { return one.Name == name }) {
			return key, dead
		}
	}
	return 0, dead
}

// chore lets a platform hand an item over.
func (h handovers) chore(ctx context.Context, ho duty.Handover, it duty.HandItem) (duty.HandItem, error) {
	form := handChores[it.Kind]
	args := map[string]any{"from": it.From, "to": it.To}
	switch {
	case len(it.Rest) > 0:
		args[form[1]] = strings.Join(it.Rest, ",")
	case it.Kind == duty.HandGroup:
		args[form[1]] = it.Subject
	}
	raw, err := json.Marshal(args)
	if err != nil {
		return it, err
	}
	out, err := h.DoChore(ctx, ho.By, it.Account, form[0], raw, ho.Reason)
	switch code := community.CodeOf(err); {
	case err == nil:
		return duty.Answered(it, out.Say, out.Rows), nil
	case ctx.Err() != nil:
		return it, err
	case code == community.CodeNotFound && it.Kind == duty.HandContacts: // nobody there any more
		return duty.Answered(it, connect.SayOf(err), nil), nil
	default:
		it.Tried++
		it.State, it.Why, it.Detail.Say = duty.HandFailed, duty.SaidNo, connect.SayOf(err)
		if code == community.CodeUnreachable || code == community.CodeTimeout {
			it.Why = duty.NotRunning
		}
		return it, nil
	}
}

// askFor makes the task of handing a group over, once for each try.
func (h handovers) askFor(ctx context.Context, ho duty.Handover, it duty.HandItem, row community.GroupRow) (duty.HandItem, error) {
	words, err := h.app.wordsOf(ctx, ho.Org)
	if err != nil {
		return it, err
	}
	from, to, err := h.called(ctx, ho, it)
	if err != nil {
		return it, err
	}
	p := community.PersonDecision{Kind: "act", User: ho.By, Reason: ho.Reason, Actions: []community.Action{{Verb: community.HandOver, Group: it.Group,
		Text: words.T("handover.task_text", "group", row.Name, "from", from, "to", to)}}}
	key := fmt.Sprintf("hand_over:%s:%d:%d", ho.ID, it.N, it.Tried)
	made, err := h.app.engine.DecideOnce(ctx, it.Group, key, p, h.audit(ho.By, "group.hand_over", "group:"+row.ID.String(), ho.Reason))
	if err != nil {
		return it, err
	}
	it.Tried++
	it.State, it.Why = duty.HandAsked, ""
	for _, d := range made {
		for _, a := range d.Actions {
			it.Action = a.ID
		}
	}
	if it.Action.IsZero() {
		it.Action, err = h.app.store.ActionUnder(ctx, it.Group, key)
	}
	return it, err
}

// called names the leaver and the taker as people of the group know them, with the platform's ids.
func (h handovers) called(ctx context.Context, ho duty.Handover, it duty.HandItem) (from, to string, err error) {
	name := func(m community.MemberKey, external string) (string, error) {
		list, err := h.accounts(ctx, m)
		for _, one := range list {
			if one.Platform == it.Platform && one.External == external {
				return one.Name + " (" + external + ")", err
			}
		}
		if len(list) > 0 {
			return list[0].Name, err
		}
		return external, err
	}
	if from, err = name(ho.FromMember, it.From); err == nil {
		to, err = name(ho.ToMember, it.To)
	}
	return from, to, err
}

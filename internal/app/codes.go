package app

import (
	"context"
	"encoding/json"
	"fmt"
	"slices"
	"strconv"
	"time"

	"qunluo/internal/admit"
	"qunluo/internal/community"
	"qunluo/internal/i18n"
	"qunluo/internal/measure"
	"qunluo/internal/poster"
	"qunluo/internal/store"
)

// codes is what a person sees and changes of codes and of groups' sizes, bounded as hands are.
type codes struct{ *hands }

// Codes makes the handle through which one person sees and changes codes.
func (a *App) Codes(org community.OrgKey, groups []community.GroupKey) codes {
	return codes{a.Hands(org, groups)}
}

// Find lists codes with what came through them and what they show now.
func (c codes) Find(ctx context.Context, f admit.Filter) ([]admit.Row, int, error) {
	list, total, err := c.desk().FindCodes(ctx, f)
	if err != nil {
		return nil, 0, err
	}
	rows, err := c.rows(ctx, list)
	return rows, total, err
}

// ByID gives one code; community.CodeNotFound.
func (c codes) ByID(ctx context.Context, id community.ID) (admit.Row, error) {
	code, err := c.desk().CodeByID(ctx, id)
	if err != nil {
		return admit.Row{}, err
	}
	rows, err := c.rows(ctx, []admit.Code{code})
	if err != nil {
		return admit.Row{}, err
	}
	return rows[0], nil
}

func (c codes) rows(ctx context.Context, list []admit.Code) ([]admit.Row, error) {
	flows, err := c.desk().Flows(ctx, list)
	if err != nil {
		return nil, err
	}
	sizes, err := c.app.sizes(ctx, c.org, groupsOf(list))
	if err != nil {
		return nil, err
	}
	aways, err := c.app.aways(ctx, c.org)
	if err != nil {
		return nil, err
	}
	now, rows := c.app.millis(), make([]admit.Row, len(list))
	for i, code := range list {
		rows[i] = admit.Row{Code: code, Flow: flows[code.Key], Now: admit.Pick(code, sizes, now), Warnings: admit.Warnings(code, sizes, now), Sizes: sizes, Aways: aways}
	}
	return rows, nil
}

func groupsOf(list []admit.Code) []community.GroupKey {
	var keys []community.GroupKey
	for _, c := range list {
		for _, e := range c.Entries {
			keys = append(keys, e.Group)
		}
	}
	slices.Sort(keys)
	return slices.Compact(keys)
}

// Days gives a code's last days, oldest first.
func (c codes) Days(ctx context.Context, id community.ID, days int) ([]admit.DayFlow, error) {
	code, err := c.desk().CodeByID(ctx, id)
	if err != nil {
		return nil, err
	}
	return c.desk().CodeDays(ctx, code, days)
}

// Save makes (zero ID) or changes a code. community.CodeConflict: another living code has its mark; CodeBadInput: nobody says what the change
// of one that leads to a group should move.
func (c codes) Save(ctx context.Context, user string, code admit.Code, reason string) (admit.Code, error) {
	code.Org, code.By = c.org, user
	if code.ID.IsZero() {
		return c.app.store.SaveCode(ctx, code, c.audit(user, "code.new", "", reason))
	}
	old, err := c.ByID(ctx, code.ID)
	if err != nil {
		return code, err
	}
	code.Key, code.Kind, code.Slug = old.Key, old.Kind, old.Slug
	var aim measure.Aim
	var groups []community.GroupKey
	if old.Now.Found { // by a code that leads nowhere yet nobody comes
		groups = append(groups, old.Now.Entry.Group)
		if aim, err = c.asked(ctx, groups...); err != nil {
			return code, err
		}
	}
	made, err := c.app.store.SaveCode(ctx, code, c.audit(user, "code.save", "", reason))
	if err != nil {
		return made, err
	}
	return made, c.noteAim(ctx, user, aim, change{measure.AdjustGate, made.Name, "code:" + made.ID.String() + ":" + strconv.Itoa(made.Change), groups})
}

// AddEntry puts a picture (PNG or JPEG, may be nil) or a link at the end of a code. Open questions about its group's
// earlier entries are answered by it.
func (c codes) AddEntry(ctx context.Context, user string, id community.ID, e admit.Entry, picture []byte) (admit.Entry, error) {
	code, err := c.living(ctx, id)
	if err != nil {
		return e, err
	}
	if err := c.sees(ctx, e.Group); err != nil {
		return e, err
	}
	if picture != nil {
		if picture, err = poster.Clean(picture); err != nil {
			return e, err
		}
	}
	if picture == nil && e.Link == "" {
		return e, community.Errorf(community.CodeBadInput, "link: give a picture or a link")
	}
	if err := c.mayOpen(ctx, code, e.Group); err != nil {
		return e, err
	}
	if e, err = c.app.store.AddEntry(ctx, code, e, picture, c.audit(user, "code.entry", "", "")); err != nil {
		return e, err
	}
	if err := c.answerOrders(ctx, user, code, e.Group); err != nil {
		return e, err
	}
	return e, c.app.watchCode(ctx, c.org, id)
}

// answerOrders closes what was ordered of a group and never came: its code is there by hand now.
func (c codes) answerOrders(ctx context.Context, user string, code admit.Code, g community.GroupKey) error {
	for _, e := range code.Entries {
		if e.Group != g || e.Removed != 0 || e.Action.IsZero() || e.Shows() {
			continue
		}
		if err := c.app.answerTask(ctx, e.Action); err != nil {
			return err
		}
		if err := c.app.store.RemoveEntry(ctx, code, e, c.audit(user, "code.remove_entry", "", "")); err != nil {
			return err
		}
	}
	return nil
}

// living gives a code that is in use; community.CodeConflict when it is closed.
func (c codes) living(ctx context.Context, id community.ID) (admit.Code, error) {
	code, err := c.desk().CodeByID(ctx, id)
	if err == nil && code.Closed != 0 {
		err = community.Errorf(community.CodeConflict, "code %s: closed", id)
	}
	return code, err
}

// Order asks the platform of a group for a code or link with the mark; where no connection can, a person is asked. The
// entry is there at once and shows what was made when it comes.
func (c codes) Order(ctx context.Context, user string, id community.ID, g community.GroupKey) (admit.Entry, error) {
	var none admit.Entry
	code, err := c.living(ctx, id)
	if err != nil {
		return none, err
	}
	if err := c.sees(ctx, g); err != nil {
		return none, err
	}
	if err := c.mayOpen(ctx, code, g); err != nil {
		return none, err
	}
	return c.order(ctx, user, code, g)
}

// order is Order of a group that may be opened.
func (c codes) order(ctx context.Context, user string, code admit.Code, g community.GroupKey) (admit.Entry, error) {
	var none admit.Entry
	group, err := c.mine(ctx, g)
	if err != nil {
		return none, err
	}
	order := community.InviteOrder{Kind: "link", State: code.State}
	if group.Platform == "wecom" {
		order.Kind, order.Overflow, order.Base = "qr", code.Overflow, code.Base
		if order.BaseID, err = c.nextSerial(ctx, code); err != nil {
			return none, err
		}
	}
	args, err := json.Marshal(order)
	if err != nil {
		return none, err
	}
	words, err := c.app.wordsOf(ctx, c.org)
	if err != nil {
		return none, err
	}
	made, err := c.Act(ctx, user, []community.Action{{Verb: community.Invite, Group: g, Args: args, Text: words.T("code.task_invite", "code", code.Name, "group", group.Name)}}, code.Name)
	if err != nil {
		return none, err
	}
	action, err := c.actionOf(ctx, made[0])
	if err != nil {
		return none, err
	}
	return c.app.store.AddEntry(ctx, code, admit.Entry{Group: g, Action: action}, nil, c.audit(user, "code.order", "", ""))
}

// actionOf is the one action of a decision.
func (c codes) actionOf(ctx context.Context, decision community.ID) (community.ID, error) {
	list, _, err := c.app.store.For(community.Scope{Org: c.org}).FindActions(ctx, community.ActionFilter{Decision: decision})
	if err != nil {
		return community.ID{}, err
	}
	if len(list) == 0 {
		return community.ID{}, community.Errorf(community.CodeConflict, "nothing came of decision %s", decision)
	}
	return list[0].ID, nil
}

// Rotate puts the entry shown now behind the others. community.CodeConflict when no other would be shown.
func (c codes) Rotate(ctx context.Context, user string, id community.ID) error {
	row, err := c.ByID(ctx, id)
	if err != nil {
		return err
	}
	rest := row.Code
	rest.Entries = slices.DeleteFunc(slices.Clone(rest.Entries), func(e admit.Entry) bool { return e.ID == row.Now.Entry.ID })
	if !row.Now.Found || !admit.Pick(rest, row.Sizes, c.app.millis()).Found {
		return community.Errorf(community.CodeConflict, "code %s: no other entry fits", id)
	}
	return c.app.store.LastEntry(ctx, row.Code, row.Now.Entry, c.audit(user, "code.rotate", "", ""))
}

// RemoveEntry takes an entry out.
func (c codes) RemoveEntry(ctx context.Context, user string, id, entry community.ID, reason string) error {
	code, err := c.desk().CodeByID(ctx, id)
	if err != nil {
		return err
	}
	i := slices.IndexFunc(code.Entries, func(e admit.Entry) bool { return e.ID == entry })
	if i < 0 {
		return community.Errorf(community.CodeNotFound, "entry %s: not found", entry)
	}
	e := code.Entries[i]
	if err := c.app.store.RemoveEntry(ctx, code, e, c.audit(user, "code.remove_entry", "", reason)); err != nil {
		return err
	}
	if err := c.app.settleTask(ctx, &e); err != nil {
		return err
	}
	return c.app.watchCode(ctx, c.org, id)
}

// Close ends a code; its printed address says so from now on.
func (c codes) Close(ctx context.Context, user string, id community.ID, reason string) error {
	code, err := c.desk().CodeByID(ctx, id)
	if err != nil {
		return err
	}
	if err := c.app.store.CloseCode(ctx, code, c.audit(user, "code.close", "", reason)); err != nil {
		return err
	}
	for i := range code.Entries {
		if err := c.app.settleTask(ctx, &code.Entries[i]); err != nil {
			return err
		}
	}
	return nil
}

// QR draws a text.
func (c codes) QR(text string) ([]byte, error) { return poster.QR(text) }

// MemberTags lists a member's tags.
func (c codes) MemberTags(ctx context.Context, m community.MemberKey) ([]string, error) {
	return c.desk().MemberTags(ctx, m)
}

// Doubles lists who is in several sub groups of one main group; main 0 = of any.
func (c codes) Doubles(ctx context.Context, main community.GroupKey, p community.Page) ([]admit.Double, int, error) {
	return c.desk().Doubles(ctx, main, p)
}

// AskDouble asks somebody in private to leave a sub group because they are in another too: natively where a connection can
// address people, else as a task with the text ready. Nobody is removed.
func (c codes) AskDouble(ctx context.Context, user string, main community.GroupKey, member community.ID) error {
	m, err := c.desk().MemberByID(ctx, member)
	if err != nil {
		return err
	}
	for page := (community.Page{Limit: 200}); ; page.Offset += page.Limit {
		list, _, err := c.Doubles(ctx, main, page)
		if err != nil {
			return err
		}
		for _, d := range list {
			if d.Member.Key == m.Key {
				return c.askDouble(ctx, user, d)
			}
		}
		if len(list) < page.Limit {
			return community.Errorf(community.CodeConflict, "member %s: is in one sub group only", member)
		}
	}
}

func (c codes) askDouble(ctx context.Context, user string, d admit.Double) error {
	if !d.Task.IsZero() {
		return community.Errorf(community.CodeConflict, "asked before")
	}
	words, err := c.app.wordsOf(ctx, c.org)
	if err != nil {
		return err
	}
	leave := d.Places[len(d.Places)-1]
	text := words.T("code.task_double", "name", d.Member.Name, "stay", d.Places[0].Name, "leave", leave.Name)
	_, err = c.Act(ctx, user, []community.Action{{Verb: community.Remind, Group: leave.Group, Target: leave.Member, Text: text, Until: c.app.millis() + 3*day}}, leave.Name)
	return err
}

// Caps forecasts when groups are full.
func (c codes) Caps(ctx context.Context, rows []community.GroupRow) (map[community.GroupKey]measure.Cap, error) {
	desk := c.desk()
	limits, _, err := c.app.capLimits(ctx, desk, rows)
	if err != nil {
		return nil, err
	}
	today, err := desk.Today(ctx, 0)
	if err != nil {
		return nil, err
	}
	places, most := make([]measure.Place, len(rows)), make([]int64, len(rows))
	for i, g := range rows {
		zone, err := time.LoadLocation(g.Zone)
		if err != nil {
			return nil, err
		}
		places[i], most[i] = measure.Place{Group: g.Key, Zone: zone}, limits[g.Key]
	}
	out := map[community.GroupKey]measure.Cap{}
	if len(rows) == 0 {
		return out, nil
	}
	list, err := measure.Caps(ctx, desk, places, most, today)
	for i, one := range list {
		out[rows[i].Key] = one
	}
	return out, err
}

// Cap gives what was set about a group's size.
func (c codes) Cap(ctx context.Context, g community.GroupKey) (admit.CapRule, error) {
	rules, err := c.desk().CapRules(ctx, []community.GroupKey{g})
	return rules[g], err
}

// SetCap says how many a group holds (0 = as the connection says) and how many days ahead a person is asked (0 = 7). CodeBadInput: nobody
// says what that should move.
func (c codes) SetCap(ctx context.Context, user string, g community.GroupKey, most, lead int64, reason string) error {
	_, err := c.setCap(ctx, user, g, most, lead, reason)
	return err
}

// setCap is SetCap; it gives the number of the change, 0 = it was so.
func (c codes) setCap(ctx context.Context, user string, g community.GroupKey, most, lead int64, reason string) (int, error) {
	if err := c.sees(ctx, g); err != nil {
		return 0, err
	}
	if most < 0 || most > 1e7 || lead < 0 || lead > 90 {
		return 0, community.Errorf(community.CodeBadInput, "most: want 0 to 10,000,000 members, and a lead of 0 to 90 days")
	}
	was, err := c.Cap(ctx, g)
	if err != nil || was.Most == most && was.Lead == lead {
		return 0, err
	}
	aim, err := c.asked(ctx, g)
	if err != nil {
		return 0, err
	}
	n, err := c.app.store.SetCap(ctx, c.org, g, was, admit.CapRule{Most: most, Lead: lead}, c.audit(user, "group.cap", "", reason))
	if err != nil {
		return 0, err
	}
	what := fmt.Sprintf("满员 %d → %d，提前 %d → %d 天 / holds %d → %d, asks %d → %d days ahead", was.Most, most, was.Lead, lead, was.Most, most, was.Lead, lead)
	return n, c.noteAim(ctx, user, aim, change{measure.AdjustGate, what, fmt.Sprintf("cap:%d:%d", g, n), []community.GroupKey{g}})
}

// usualLimit is how many a group of a platform holds where the connection does not say (platforms.md §4.3).
var usualLimit = map[community.Platform]int64{"wechat": 500, "wecom": 500}

// capLimits are how many groups hold: as set, else as a connection says, else as is usual on the platform; and what was set.
func (a *App) capLimits(ctx context.Context, desk *store.Desk, rows []community.GroupRow) (map[community.GroupKey]int64, map[community.GroupKey]admit.CapRule, error) {
	keys := make([]community.GroupKey, len(rows))
	for i, g := range rows {
		keys[i] = g.Key
	}
	rules, err := desk.CapRules(ctx, keys)
	if err != nil {
		return nil, nil, err
	}
	out := make(map[community.GroupKey]int64, len(rows))
	for _, g := range rows {
		out[g.Key] = usualLimit[g.Platform]
		for _, account := range g.Accounts {
			if able, err := a.wires.Abilities(ctx, account, g.Key); err == nil && able.GroupLimit > 0 { // one that cannot be asked says nothing
				out[g.Key] = int64(able.GroupLimit)
			}
		}
		if rules[g.Key].Most > 0 {
			out[g.Key] = rules[g.Key].Most
		}
	}
	return out, rules, nil
}

// sizes are groups' sizes with their limits, whatever a person's handle is bound to: an address shows everybody the same.
func (a *App) sizes(ctx context.Context, org community.OrgKey, keys []community.GroupKey) (admit.Sizes, error) {
	desk, out := a.store.For(community.Scope{Org: org}), admit.Sizes{}
	for part := range slices.Chunk(keys, 200) {
		rows, _, err := desk.FindGroups(ctx, community.GroupFilter{Keys: part, Page: community.Page{Limit: 200}})
		if err != nil {
			return nil, err
		}
		limits, _, err := a.capLimits(ctx, desk, rows)
		if err != nil {
			return nil, err
		}
		for _, g := range rows {
			size := admit.Size{Members: g.Members, Limit: int(limits[g.Key]), Opens: a.opens(ctx, g)}
			if size.Members == 0 {
				size.Members = -1 // nobody ever read a list
			}
			out[g.Key] = size
		}
	}
	return out, nil
}

// opens reports whether the platform itself opens the next group when one is full, as a connection of the group says. One
// that cannot be asked says nothing.
func (a *App) opens(ctx context.Context, g community.GroupRow) bool {
	return slices.ContainsFunc(g.Accounts, func(account community.AccountKey) bool {
		able, err := a.wires.Abilities(ctx, account, g.Key)
		return err == nil && able.Overflow && able.Level(community.Invite) == community.Native
	})
}

// wordsOf are the words that an organisation's tasks are written in: those of its first owner.
func (a *App) wordsOf(ctx context.Context, org community.OrgKey) (*i18n.Words, error) {
	users, err := a.store.Users(ctx, org)
	for _, u := range users {
		if u.Enabled && u.Role == "owner" {
			return a.words.In(u.Lang), err
		}
	}
	return a.words.In(i18n.Chinese), err
}

package console

import (
	"cmp"
	"slices"
	"strconv"
	"time"

	"github.com/a-h/templ"

	"qunluo/internal/community"
	"qunluo/internal/console/view"
	"qunluo/internal/console/view/ui"
	"qunluo/internal/i18n"
	"qunluo/internal/identity"
)

// memberPage shows one member: where they are, what they say, what was held against them, what can be done.
func (c *Console) memberPage(k *call) error {
	m, places, err := memberHere(k)
	if err != nil {
		return err
	}
	if k.veiled() {
		return c.veiledMember(k, m, places)
	}
	g, err := k.groupNamed(k.query("g"))
	if err != nil {
		return err
	}
	if err := k.meetHeads(places); err != nil {
		return err
	}
	own, days := places, number(k.query("days"), 1, 365, 90)
	name := named(m.Name, m.External)
	p := view.MemberPage{Head: ui.Head{Title: name, Back: "/members", Sub: k.platform(m.Platform) + " · " + m.External}, ID: m.ID.String()}
	for _, row := range places {
		p.Marks = append(p.Marks, view.Place{Name: row.GroupName, State: memberState(k, row), Strikes: row.Strikes})
	}
	p.Span = ui.Range{Label: k.T("group.span")}
	for _, n := range []int{30, 90, 365} {
		p.Span.Options = append(p.Span.Options, ui.Tab{Text: k.T("group.days", "count", n), Link: k.here("days", strconv.Itoa(n)), Here: n == days})
	}
	accounts, err := memberPerson(k, &p, m)
	if err != nil {
		return err
	}
	if len(accounts) > 1 {
		p.Head.Sub += " · " + k.T("person.of", "count", len(accounts))
		places = placesOf(accounts)
	}
	if err := memberSpeech(k, &p, accounts, places, g.Key, days); err != nil {
		return err
	}
	if err := memberStays(k, &p, accounts); err != nil {
		return err
	}
	if err := memberTiers(k, &p, m); err != nil {
		return err
	}
	if err := memberInvited(k, &p, m); err != nil {
		return err
	}
	if err := memberPaid(k, &p, m); err != nil {
		return err
	}
	if err := memberTrail(k, &p, m); err != nil {
		return err
	}
	if err := memberConfirmations(k, &p, m, own); err != nil {
		return err
	}
	if err := memberOrder(k, &p, m); err != nil {
		return err
	}
	if err := memberAsks(k, &p, m, own); err != nil {
		return err
	}
	memberMarks(k, &p, m)
	said := k.T("activity.messages_means")
	if done, err := k.taken(album{about: []string{name + " · " + k.T("group.in_days", "count", len(p.ByDay.Labels))}, graphs: []*ui.Graph{&p.ByDay, &p.ByHour}, means: map[string]string{p.ByDay.ID: said, p.ByHour.ID: said}}); done || err != nil {
		return err
	}
	return k.show(name, view.Member(p), withCharts)
}

// memberHere reads the member of the path with their rows, present ones first.
func memberHere(k *call) (community.Member, []community.MemberRow, error) {
	id, err := k.id()
	if err != nil {
		return community.Member{}, nil, err
	}
	m, err := k.Desk.MemberByID(k.ctx(), id)
	if err != nil {
		return m, nil, err
	}
	places, err := k.Desk.Memberships(k.ctx(), m.Key)
	if err != nil {
		return m, nil, err
	}
	slices.SortStableFunc(places, func(a, b community.MemberRow) int {
		if (a.LeftAt == 0) != (b.LeftAt == 0) {
			if a.LeftAt == 0 {
				return -1
			}
			return 1
		}
		return cmp.Compare(b.LastWord, a.LastWord)
	})
	return m, places, nil
}

// placesOf are the rows of all accounts of a person.
func placesOf(accounts []identity.Account) []community.MemberRow {
	var out []community.MemberRow
	for _, a := range accounts {
		out = append(out, a.Places...)
	}
	return out
}

// speech is what the accounts of a person said, added up.
func speech(k *call, accounts []identity.Account, g community.GroupKey, days int) (rows []Day, hours [24]int64, classes map[community.Class]int64, err error) {
	classes = map[community.Class]int64{}
	for _, a := range accounts {
		more, byHour, err := k.Figures.MemberDays(k.ctx(), g, a.Key, days)
		if err != nil {
			return nil, hours, nil, err
		}
		byClass, err := k.Figures.MemberClasses(k.ctx(), g, a.Key, days)
		if err != nil {
			return nil, hours, nil, err
		}
		if rows == nil {
			rows = make([]Day, len(more))
		}
		for i, d := range more[:min(len(more), len(rows))] {
			rows[i].Date = d.Date
			rows[i].Messages += d.Messages
		}
		for h, n := range byHour {
			hours[h] += n
		}
		for c, n := range byClass {
			classes[c] += n
		}
	}
	return rows, hours, classes, nil
}

func memberSpeech(k *call, p *view.MemberPage, accounts []identity.Account, places []community.MemberRow, g community.GroupKey, days int) error {
	rows, hours, classes, err := speech(k, accounts, g, days)
	if err != nil {
		return err
	}
	link := "/messages?m=" + accounts[0].ID.String()
	if len(accounts) > 1 {
		link += "&person=1"
	}
	var all, last int64
	strikes := 0
	for _, row := range places {
		all += row.Messages
		last = max(last, row.LastWord)
		strikes += row.Strikes
	}
	spoke := 0
	for _, d := range rows {
		if d.Messages > 0 {
			spoke++
		}
	}
	word := k.T("member.never")
	if last != 0 {
		word = k.Words.Ago(last, k.now())
	}
	p.Stats = []ui.Number{
		{Label: k.T("group.messages"), Value: k.Words.Number(sum(rows, Day.messages)), Unit: k.T("unit.messages"), Note: k.T("group.in_days", "count", days), Link: link},
		{Label: k.T("member.all_messages"), Value: k.Words.Number(all), Unit: k.T("unit.messages"), Note: k.T("member.since_ever")},
		{Label: k.T("member.days_spoke"), Value: k.Words.Number(spoke), Note: k.T("member.of_days", "count", days)},
		{Label: k.T("member.last_word"), Value: word, Note: i18n.Time(last, nil)},
		{Label: k.T("member.strikes"), Value: k.Words.Number(strikes), Note: k.T("member.strikes_note")},
	}
	empty := ui.Empty{Icon: "message", Title: k.T("member.silent_title"), Text: k.T("member.silent_text", "count", days)}
	p.ByDay = ui.Graph{ID: "by-day", Title: k.T("member.by_day"), Kind: "bars", Unit: k.T("unit.messages"), Series: []ui.Series{{Name: k.T("home.series_messages")}}, Empty: empty}
	for _, d := range rows {
		p.ByDay.Labels = append(p.ByDay.Labels, d.Date[max(0, len(d.Date)-5):])
		p.ByDay.Series[0].Data = append(p.ByDay.Series[0].Data, d.Messages)
	}
	p.ByHour = ui.Graph{ID: "by-hour", Title: k.T("member.by_hour"), Kind: "bars", Unit: k.T("unit.messages"), Series: []ui.Series{{Name: k.T("home.series_messages"), Data: hours[:]}}, Empty: empty}
	for h := range 24 {
		p.ByHour.Labels = append(p.ByHour.Labels, strconv.Itoa(h))
	}
	for _, c := range sortedClasses(classes) {
		p.ByType = append(p.ByType, ui.Option{Value: k.className(c), Text: k.Words.Number(classes[c])})
	}
	return nil
}

func sortedClasses(counts map[community.Class]int64) []community.Class {
	var out []community.Class
	for c, n := range counts {
		if n > 0 {
			out = append(out, c)
		}
	}
	slices.SortFunc(out, func(a, b community.Class) int {
		return cmp.Or(cmp.Compare(counts[b], counts[a]), cmp.Compare(a, b))
	})
	return out
}

func memberStays(k *call, p *view.MemberPage, accounts []identity.Account) error {
	p.Stays = ui.Table{Label: k.T("member.stays"), Columns: []ui.Column{{Title: k.T("word.group")}, {Title: k.T("member.joined")}, {Title: k.T("member.source")}, {Title: k.T("member.inviter")}, {Title: k.T("member.left")}},
		Empty: ui.Empty{Icon: "users-group", Title: k.T("member.no_stays"), Text: k.T("member.no_stays_text")}}
	p.Names = ui.Table{Label: k.T("member.names"), Columns: []ui.Column{{Title: k.T("member.name")}, {Title: k.T("member.from")}, {Title: k.T("member.to")}},
		Empty: ui.Empty{Icon: "user", Title: k.T("member.no_names"), Text: k.T("member.no_names_text")}}
	for _, a := range accounts {
		which := ""
		if len(accounts) > 1 {
			which = accountSaid(k, a.Member)
		}
		stays, err := k.Desk.Stays(k.ctx(), a.Key)
		if err != nil {
			return err
		}
		for _, s := range stays {
			p.Stays.Rows = append(p.Stays.Rows, ui.Row{Cells: []templ.Component{ui.Two(s.GroupName, which), joinedCell(k, s.JoinedAt), ui.Text(source(k, s.Scene, s.State)), ui.Name(s.InviterName), leftCell(k, s)}})
		}
		if err := memberNames(k, p, a.Member, which); err != nil {
			return err
		}
	}
	return nil
}

// accountSaid names an account on a page of several: its name and platform.
func accountSaid(k *call, m community.Member) string {
	return ui.Visible(named(m.Name, m.External)) + " · " + k.platform(m.Platform)
}

// memberNames adds the names that an account bore, the latest first.
func memberNames(k *call, p *view.MemberPage, m community.Member, which string) error {
	names, err := k.Desk.Names(k.ctx(), m.Key)
	if err != nil {
		return err
	}
	keys := make([]community.GroupKey, 0, len(names))
	for _, n := range names {
		if n.Group != 0 {
			keys = append(keys, n.Group)
		}
	}
	groups, err := k.groupsOf(keys)
	if err != nil {
		return err
	}
	for i := len(names) - 1; i >= 0; i-- {
		n := names[i]
		where, to := k.T("member.account_name"), view.Quiet(k.T("member.still"))
		if n.Group != 0 {
			where = groups[n.Group].Name
		}
		if which != "" {
			where += " · " + which
		}
		if n.To != 0 {
			to = ui.Moment(n.To)
		}
		p.Names.Rows = append(p.Names.Rows, ui.Row{Cells: []templ.Component{ui.Two(n.Name, where), joinedCell(k, n.From), to}})
	}
	return nil
}

// profileRows is how many guests and payments a member's page shows.
const profileRows = 20

// memberInvited shows whom a member brought, and whether they are still there.
func memberInvited(k *call, p *view.MemberPage, m community.Member) error {
	list, total, err := k.Desk.Invited(k.ctx(), m.Key, community.Page{Limit: profileRows})
	if err != nil || total == 0 {
		return err
	}
	t := ui.Table{Label: k.T("profile.invited"), Columns: []ui.Column{{Title: k.T("member.name")}, {Title: k.T("member.joined")}, {Title: k.T("member.left")}, {Title: k.T("member.all_messages"), Num: true}}}
	for _, r := range list {
		left := view.Quiet(k.T("member.still_there"))
		if r.LeftAt != 0 {
			left = ui.Moment(r.LeftAt)
		}
		t.Rows = append(t.Rows, ui.Row{Link: "/members/" + r.ID.String(), Cells: []templ.Component{ui.Two(named(r.Name, r.External), ui.Visible(r.GroupName)), joinedCell(k, r.JoinedAt), left, ui.Figure(r.Messages)}})
	}
	p.Invited = &view.PlanTable{Title: k.T("profile.invited_count", "count", k.Words.Number(total)), Note: k.T("profile.invited_note", "rows", profileRows), Table: t}
	return nil
}

// memberPaid shows what a member paid, where payments are kept.
func memberPaid(k *call, p *view.MemberPage, m community.Member) error {
	if k.c.deps.Payments == nil {
		return nil
	}
	list, total, err := k.payments().Find(k.ctx(), community.PaymentFilter{Member: m.Key, Page: community.Page{Limit: profileRows}})
	if err != nil || total == 0 {
		return err
	}
	who, err := k.userNames()
	if err != nil {
		return err
	}
	t := ui.Table{Label: k.T("nav.payments"), Columns: []ui.Column{{Title: k.T("payment.at")}, {Title: k.T("payment.amount")}, {Title: k.T("payment.what")}, {Title: k.T("payment.who")}, {Title: k.T("payment.state")}}}
	for _, r := range list {
		state := ui.Pill("success", "check", k.T("payment.stands"))
		if r.Voided != 0 {
			state = ui.Pill("secondary", "", k.T("payment.voided"))
		}
		t.Rows = append(t.Rows, ui.Row{Cells: []templ.Component{ui.Moment(r.At), ui.Two(k.money(r.Amount, r.Currency), ui.Visible(r.GroupName)), ui.Two(ui.Visible(r.What), ui.Visible(r.Ref)), ui.Text(who(r.User)), state}})
	}
	p.Paid = &view.PlanTable{Title: k.T("nav.payments"), Note: k.T("profile.paid_note", "count", k.Words.Number(total), "rows", profileRows), Table: t}
	return nil
}

func leftCell(k *call, s community.Stay) templ.Component {
	if s.LeftAt == 0 {
		return view.Quiet(k.T("member.still_there"))
	}
	why := k.T("leave.unknown")
	if key := "leave." + s.LeftReason; s.LeftReason != "" && k.Words.Has(key) {
		why = k.T(key)
	}
	if s.LeftLow != 0 && s.LeftLow != s.LeftAt {
		return ui.Two(i18n.Time(s.LeftLow, nil)+" – "+i18n.Time(s.LeftAt, nil), why)
	}
	return ui.Two(i18n.Time(s.LeftAt, nil), why)
}

// memberOrder shows strikes and decisions.
func memberOrder(k *call, p *view.MemberPage, m community.Member) error {
	strikes, _, err := k.Desk.FindStrikes(k.ctx(), community.StrikeFilter{Member: m.Key, Person: true, Page: community.Page{Limit: 50}})
	if err != nil {
		return err
	}
	if p.Strikes, err = strikeTable(k, strikes, "lift-"); err != nil {
		return err
	}
	p.StrikeAsks = liftAsks(k, strikes, "lift-", "/members/"+m.ID.String())
	p.Strikes.Empty = ui.Empty{Icon: "shield-check", Title: k.T("member.no_strikes"), Text: k.T("member.no_strikes_text")}
	decided, _, err := k.Desk.FindDecisions(k.ctx(), community.DecisionFilter{Member: m.Key, Person: true, Page: community.Page{Limit: 20}})
	if err != nil {
		return err
	}
	who, err := k.userNames()
	if err != nil {
		return err
	}
	for _, d := range decided {
		step := decisionStep(k, d, who)
		if d.MemberID != m.ID && !d.MemberID.IsZero() {
			step.Actor += " · " + k.T("person.by_other", "name", ui.Visible(d.MemberName))
		}
		p.Decisions = append(p.Decisions, step)
	}
	return nil
}

// muteChoices are the lengths of a mute offered by hand, in seconds.
var muteChoices = []int64{600, 3600, 12 * 3600, 24 * 3600, 7 * 24 * 3600, 30 * 24 * 3600}

// memberAsks puts the questions behind the buttons together; there are none where the member is in no group.
func memberAsks(k *call, p *view.MemberPage, m community.Member, places []community.MemberRow) error {
	var keys []community.GroupKey
	for _, row := range places {
		if row.LeftAt == 0 {
			keys = append(keys, row.Group)
		}
	}
	if len(keys) == 0 {
		return nil
	}
	groups, err := k.groupsOf(keys)
	if err != nil {
		return err
	}
	where := ui.Input{Kind: "select", Name: "g", Label: k.T("act.where")}
	var at []community.MemberRow
	for _, row := range places {
		if g, ok := groups[row.Group]; ok && row.LeftAt == 0 {
			where.Options = append(where.Options, ui.Option{Value: g.ID.String(), Text: ui.Visible(g.Name)})
			at = append(at, row)
		}
	}
	name := named(m.Name, m.External)
	for _, one := range []struct {
		act    string
		verb   community.Verb
		icon   string
		danger bool
	}{{"warn", community.Send, "alert-circle", false}, {"mute", community.Mute, "volume-off", false}, {"unmute", community.Unmute, "message", false}, {"remove", community.Remove, "user-minus", true}} {
		if one.act == "unmute" && !slices.ContainsFunc(at, func(r community.MemberRow) bool { return r.MutedTill > k.now() }) {
			continue
		}
		ask := ui.Confirm{ID: "ask-" + one.act, Title: k.T("act." + one.act), Object: name, Action: "/members/" + m.ID.String() + "/" + one.act, Button: k.T("act." + one.act + "_button"),
			Danger: one.danger, Effect: actEffect(k, one.act, one.verb, at, groups), Reason: k.T("form.reason"), Need: true, Inputs: []ui.Input{where}}
		ask.Inputs = append(ask.Inputs, actInputs(k, one.act)...)
		p.Asks = append(p.Asks, ask)
		p.Buttons = append(p.Buttons, ui.Opener{Target: ask.ID, Text: k.T("act." + one.act), Icon: one.icon, Danger: one.danger})
	}
	ask, ok, err := reportMemberAsk(k, m, where, at)
	if err == nil && ok {
		p.Asks = append(p.Asks, ask)
		p.Buttons = append(p.Buttons, ui.Opener{Target: ask.ID, Text: ask.Title, Icon: "alert-circle"})
	}
	return err
}

func actInputs(k *call, act string) []ui.Input {
	switch act {
	case "warn":
		return []ui.Input{{Kind: "area", Name: "text", Label: k.T("act.warn_text"), Value: k.T("act.warn_default"), Required: true, Rows: 2}}
	case "mute":
		in := ui.Input{Kind: "select", Name: "seconds", Label: k.T("act.how_long"), Value: "3600"}
		for _, s := range muteChoices {
			in.Options = append(in.Options, ui.Option{Value: strconv.FormatInt(s, 10), Text: k.Words.Seconds(s)})
		}
		return []ui.Input{in}
	case "remove":
		return []ui.Input{{Kind: "check", Name: "block", Label: k.T("act.block")}}
	}
	return nil
}

// actEffect says what will happen, to whom exactly, and by which means.
func actEffect(k *call, act string, v community.Verb, at []community.MemberRow, groups map[community.GroupKey]community.GroupRow) string {
	out := k.T("act." + act + "_effect")
	for _, row := range at {
		g := groups[row.Group]
		since := k.T("member.joined_unknown")
		if row.JoinedAt != 0 {
			since = k.T("act.since", "count", (k.now()-row.JoinedAt)/(24*time.Hour.Milliseconds()))
		}
		out += "\n" + k.T("act.whom", "group", g.Name, "since", since, "messages", k.Words.Number(row.Messages), "strikes", row.Strikes)
		out += k.T("act.level_" + string(k.ability(g, v).Level))
		if row.Role.Immune() {
			out += k.T("act.immune", "role", k.T("grouprole."+string(row.Role)))
		}
		if row.Mark == community.RoleStaff {
			out += k.T("mark.immune")
		}
	}
	return out
}

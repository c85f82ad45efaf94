package app

import (
	"context"
	"encoding/json"
	"errors"
	"slices"
	"strconv"
	"strings"
	"sync"

	"qunluo/internal/community"
	"qunluo/internal/connect"
	"qunluo/internal/drift"
	"qunluo/internal/store"
)

// Jobs that hold what is kept here against what stands at platforms.
const (
	jobDrift  = "drift-read" // one account; its key, and where only one part is asked for "/part"
	jobDrifts = "drift-round"
	jobSettle = "drift-answer" // a task whose difference is gone; its id
)

// driftTries is how often a connection that does not run is tried before the report says that it does not.
const driftTries = 3

// drifts is what a person sees and does about differences between here and a platform, bounded as hands are.
type drifts struct{ *hands }

// Drifts makes the handle of what differs between here and platforms.
func (a *App) Drifts(org community.OrgKey, groups []community.GroupKey) drifts {
	return drifts{a.Hands(org, groups)}
}

// Report gives what differs, as it was read last.
func (d drifts) Report(ctx context.Context, key community.AccountKey) (drift.Report, error) {
	if _, err := d.account(ctx, key); err != nil {
		return drift.Report{}, err
	}
	return d.app.store.Drift(ctx, key)
}

// Read holds all parts against each other now. CodeUnreachable: the connection does not run; CodeUnsupported: it tells
// nothing of that kind. What goes wrong with one part stands in the report.
func (d drifts) Read(ctx context.Context, key community.AccountKey) (drift.Report, error) {
	if _, err := d.account(ctx, key); err != nil {
		return drift.Report{}, err
	}
	if err := d.app.readDrift(ctx, d.org, key, drift.Parts[:]...); err != nil {
		return drift.Report{}, err
	}
	return d.app.store.Drift(ctx, key)
}

// ReadSoon asks for Read and does not wait for it. What is read begins after the call, also where a reading is under way: that one may
// have looked before.
func (d drifts) ReadSoon(ctx context.Context, key community.AccountKey) error {
	if _, err := d.account(ctx, key); err != nil {
		return err
	}
	if _, err := d.app.surveyor(key); err != nil {
		return err
	}
	for _, part := range drift.Parts {
		if err := d.app.store.BeginDrift(ctx, key, part); err != nil {
			return err
		}
	}
	part := drift.Part("")
	if busy, err := d.app.readsDrift(ctx, key); err != nil || busy {
		if err != nil {
			return err
		}
		part = driftAgain
	}
	return d.app.askDrift(ctx, key, part)
}

// driftAgain stands for all parts, once more beside a reading that is under way: of jobs with one key there is one at a time.
const driftAgain drift.Part = "again"

// readsDrift says whether an account is just being read, whole.
func (a *App) readsDrift(ctx context.Context, key community.AccountKey) (bool, error) {
	list, _, err := a.store.For(community.Scope{}).FindJobs(ctx, "leased", community.Page{Limit: 200})
	return slices.ContainsFunc(list, func(j community.JobRow) bool { return j.Kind == jobDrift && j.Key == strconv.FormatInt(int64(key), 10) }), err
}

func (a *App) askDrift(ctx context.Context, key community.AccountKey, part drift.Part) error {
	name := strconv.FormatInt(int64(key), 10)
	if part != "" {
		name += "/" + string(part)
	}
	err := a.store.AddJob(ctx, store.Job{Kind: jobDrift, Key: name, RunAt: a.millis(), Max: driftTries + 1})
	a.jobs.Wake()
	return err
}

// driftRound asks once a day for a reading of every account that can be read.
func (a *App) driftRound(ctx context.Context, _ store.Job) error {
	for key := range a.wires.running() {
		if _, err := a.surveyor(key); err != nil {
			continue // there is nothing to compare
		}
		if err := a.askDrift(ctx, key, ""); err != nil {
			return err
		}
	}
	return nil
}

// driftJob is the job of reading an account.
func (a *App) driftJob(ctx context.Context, j store.Job) error {
	name, part, _ := strings.Cut(j.Key, "/")
	n, err := strconv.ParseInt(name, 10, 64)
	if err != nil {
		return err
	}
	accounts, err := a.store.AllAccounts(ctx)
	if err != nil {
		return err
	}
	i := slices.IndexFunc(accounts, func(one community.Account) bool { return one.Key == community.AccountKey(n) })
	if i < 0 {
		return nil // deleted since
	}
	parts := drift.Parts[:]
	if part != "" && part != string(driftAgain) {
		parts = []drift.Part{drift.Part(part)}
	}
	err = a.readDrift(ctx, accounts[i].Org, accounts[i].Key, parts...)
	if community.CodeOf(err) == community.CodeUnreachable && j.Attempts >= driftTries { // the report says so
		for _, one := range parts {
			if err := a.store.KeepDrift(ctx, accounts[i].Key, failedReading(one, err, a.millis()), nil); err != nil {
				return err
			}
		}
		a.alarmMoved(accounts[i].Org)
		return nil
	}
	return err
}

// surveyor is an account's living session as one that tells what stands at its platform.
func (a *App) surveyor(key community.AccountKey) (connect.Surveyor, error) {
	return able[connect.Surveyor](a.wires, key, "this connection keeps nothing that could differ")
}

// survey is one reading of an account.
type survey struct {
	*App
	org  community.OrgKey
	key  community.AccountKey
	at   int64
	from connect.Surveyor
	// wishes are the differences that a person is at: what is wanted stands, though a reading brought theirs here meanwhile.
	wishes []drift.Line
}

// driftParts reads each part: what differs, how many were compared, and what could not be read. One line per part.
var driftParts = map[drift.Part]func(s survey, ctx context.Context) ([]drift.Line, int, []string, error){
	drift.Contacts: survey.contacts,
	drift.Tags: func(s survey, ctx context.Context) ([]drift.Line, int, []string, error) {
		list, looked, unread, err := s.from.TagsThere(ctx)
		return linesOf(drift.Tags, drift.Tagged, list), looked, unread, err
	},
	drift.Welcomes: func(s survey, ctx context.Context) ([]drift.Line, int, []string, error) {
		list, looked, unread, err := s.from.WelcomesThere(ctx)
		return linesOf(drift.Welcomes, drift.Text, list), looked, unread, err
	},
	drift.Groups:    survey.groups,
	drift.Transfers: survey.transfers,
}

// readDrift reads parts of an account's report, one after the other: what goes wrong with one does not keep the others from
// being read. A task that a difference asked for closes when the difference is gone.
func (a *App) readDrift(ctx context.Context, org community.OrgKey, key community.AccountKey, parts ...drift.Part) error {
	from, err := a.surveyor(key)
	if err != nil {
		return err
	}
	defer a.driftTurn(key)()
	before, err := a.store.Drift(ctx, key)
	if err != nil {
		return err
	}
	for _, part := range parts {
		read, ok := driftParts[part]
		if !ok {
			return community.Errorf(community.CodeBadInput, "part %q: there is none", part)
		}
		if err := a.store.BeginDrift(ctx, key, part); err != nil {
			return err
		}
		if err := a.store.CatchUp(ctx); err != nil {
			return err
		}
		s := survey{a, org, key, a.millis(), from, drift.Wishes(before.In(part))}
		lines, looked, unread, err := read(s, ctx)
		lines = drift.Standing(lines, s.wishes)
		r := drift.Came(part, looked, unread, s.at)
		if err != nil {
			if ctx.Err() != nil {
				return ctx.Err()
			}
			r = failedReading(part, err, s.at)
		}
		if err := a.store.KeepDrift(ctx, key, r, lines); err != nil {
			return err
		}
		a.alarmMoved(org) // pages that show the report look again
	}
	defer a.alarmMoved(org)
	return a.answerGone(ctx, org, key, from, before)
}

func failedReading(part drift.Part, err error, at int64) drift.Reading {
	words := connect.SayOf(err)
	if words == [2]string{} {
		words = [2]string{string(community.CodeOf(err)), string(community.CodeOf(err))}
	}
	return drift.Reading{Part: part, State: drift.Failed, At: at, Why: words}
}

// answerGone closes the tasks of differences that are gone, and reads in what the platform now says: it is what was wanted, and
// the next report would else tell it as a difference the other way round.
func (a *App) answerGone(ctx context.Context, org community.OrgKey, key community.AccountKey, from connect.Surveyor, before drift.Report) error {
	now, err := a.store.Drift(ctx, key)
	if err != nil {
		return err
	}
	var errs []error
	var gone []drift.Line
	for _, l := range before.Lines {
		if !l.Task.IsZero() && !slices.ContainsFunc(now.Lines, func(o drift.Line) bool { return o.ID == l.ID }) {
			errs = append(errs, a.answerDrift(ctx, l.Task))
			gone = append(gone, l)
		}
	}
	return errors.Join(append(errs, a.Drifts(org, nil).agree(ctx, key, from, gone))...)
}

// answerDrift closes a task whose difference is gone; one that is only just being written is closed once it is there.
func (a *App) answerDrift(ctx context.Context, task community.ID) error {
	if _, err := a.store.TaskNow(ctx, task); community.CodeOf(err) == community.CodeNotFound {
		return a.answerLater(ctx, task)
	}
	return a.answerTask(ctx, task)
}

// answerLater closes a task that is only just being written once it is there.
func (a *App) answerLater(ctx context.Context, task community.ID) error {
	return a.store.AddJob(ctx, store.Job{Kind: jobSettle, Key: task.String(), RunAt: a.millis() + 2000})
}

// answerJob is answerDrift once more.
func (a *App) answerJob(ctx context.Context, j store.Job) error {
	task, err := community.ParseID(j.Key)
	if err != nil {
		return err
	}
	if _, err := a.store.TaskNow(ctx, task); err != nil {
		return err
	}
	return a.answerTask(ctx, task)
}

// driftTurn waits until nobody else reads or settles an account's differences; call what it gives when through.
func (a *App) driftTurn(key community.AccountKey) func() {
	turn, _ := a.driftTurns.LoadOrStore(key, &sync.Mutex{})
	turn.(*sync.Mutex).Lock()
	return turn.(*sync.Mutex).Unlock
}

func linesOf(part drift.Part, field drift.Field, list []connect.Difference) []drift.Line {
	var out []drift.Line
	for _, d := range list {
		l := drift.Line{Part: part, Subject: d.Subject, Field: field, Owner: d.Owner, Name: d.Name, Here: d.Here, There: d.There, Why: d.Why}
		for kind, act := range map[drift.WayKind]*connect.Act{drift.Take: d.Take, drift.Push: d.Push} {
			if act != nil {
				l.Ways = append(l.Ways, drift.Way{Kind: kind, Chore: act.Chore, Args: act.Args})
			}
		}
		slices.SortFunc(l.Ways, func(a, b drift.Way) int { return -strings.Compare(string(a.Kind), string(b.Kind)) }) // take, push
		out = append(out, l)
	}
	return out
}

// desksHere are the desks of the account with who is on them.
func (s survey) desksHere(ctx context.Context) ([]drift.Desk, error) {
	var out []drift.Desk
	err := s.eachGroup(ctx, true, func(g community.GroupRow, people []community.MemberRow) error {
		_, employee, ok := strings.Cut(g.External, ":")
		if !ok {
			return nil
		}
		d := drift.Desk{Employee: employee}
		for _, m := range people {
			d.Contacts = append(d.Contacts, drift.Contact{ID: m.External, Name: m.Name, Remark: m.Card})
		}
		out = append(out, d)
		return nil
	})
	return out, err
}

// eachGroup gives the account's groups, or its desks, with who is there.
func (s survey) eachGroup(ctx context.Context, desks bool, do func(g community.GroupRow, people []community.MemberRow) error) error {
	desk := s.store.For(community.Scope{Org: s.org})
	present := true
	for g, err := range desk.AllGroups(ctx, community.GroupFilter{Desks: desks}) {
		if err != nil {
			return err
		}
		if !slices.Contains(g.Accounts, s.key) {
			continue
		}
		var people []community.MemberRow
		for part, err := range desk.AllMembers(ctx, community.MemberFilter{Group: g.Key, Present: &present}) {
			if err != nil {
				return err
			}
			people = append(people, part...)
		}
		if err := do(g, people); err != nil {
			return err
		}
	}
	return nil
}

func (s survey) contacts(ctx context.Context) ([]drift.Line, int, []string, error) {
	here, err := s.desksHere(ctx)
	if err != nil {
		return nil, 0, nil, err
	}
	list, err := s.from.DesksThere(ctx)
	if err != nil {
		return nil, 0, nil, err
	}
	var there []drift.Desk
	var unread []string
	for _, d := range list {
		if d.Err != nil {
			unread = append(unread, d.Employee)
			continue
		}
		one := drift.Desk{Employee: d.Employee}
		for _, who := range d.People {
			one.Contacts = append(one.Contacts, drift.Contact{ID: who.ID, Name: who.Name, Remark: who.Card})
		}
		there = append(there, one)
	}
	lines, looked := drift.CompareContacts(drift.WishedDesks(here, s.wishes), there, unread)
	return lines, looked, unread, nil
}

func (s survey) groups(ctx context.Context) ([]drift.Line, int, []string, error) {
	list, err := s.from.ChatsThere(ctx)
	if err != nil {
		return nil, 0, nil, err
	}
	var there []drift.Chat
	var unread []string
	for _, c := range list {
		if c.Err != nil {
			unread = append(unread, c.ID)
			continue
		}
		one := drift.Chat{ID: c.ID, Name: c.Name, Owner: c.Owner, Notice: strings.TrimSpace(c.Notice), OwnerLeft: c.OwnerLeft, Unchosen: !c.Chosen, Members: map[string]string{}}
		for _, who := range c.People {
			one.Members[who.ID] = who.Shown()
		}
		there = append(there, one)
	}
	here, err := s.chatsHere(ctx, there)
	if err != nil {
		return nil, 0, nil, err
	}
	lines, looked := drift.CompareChats(drift.WishedChats(here, s.wishes), there, unread)
	return lines, looked, unread, nil
}

func (s survey) chatsHere(ctx context.Context, there []drift.Chat) ([]drift.Chat, error) {
	notices, err := s.notices(ctx)
	if err != nil {
		return nil, err
	}
	var here []drift.Chat
	err = s.eachGroup(ctx, false, func(g community.GroupRow, people []community.MemberRow) error {
		one := drift.Chat{ID: g.External, Name: g.Name, Members: map[string]string{}}
		for _, m := range people {
			one.Members[m.External] = community.Who{ID: m.External, Name: m.Name, Card: m.Card}.Shown()
			if m.Role == community.RoleOwner {
				one.Owner = m.External
			}
		}
		if one.Notice, err = s.noticeHere(ctx, g, notices, there); err == nil {
			one.NoticeKept = true
			here = append(here, one)
		}
		return err
	})
	if err != nil {
		return nil, err
	}
	return here, s.keepNotices(ctx, notices)
}

// agreedNotice is what a group's notice was agreed to be, and when (UTC ms).
type agreedNotice struct {
	Text string `json:"text"`
	At   int64  `json:"at"`
}

// noticesNote is the note that keeps them. A session's own notes never begin so.
const noticesNote = "drift/notices"

func (s survey) notices(ctx context.Context) (map[string]agreedNotice, error) {
	kept, err := s.store.Notes(ctx, s.key, noticesNote)
	if err != nil {
		return nil, err
	}
	out := map[string]agreedNotice{}
	if raw, ok := kept[noticesNote]; ok {
		err = json.Unmarshal(raw, &out)
	}
	return out, err
}

func (s survey) keepNotices(ctx context.Context, all map[string]agreedNotice) error {
	raw, err := json.Marshal(all)
	if err != nil {
		return err
	}
	return s.store.PutNote(ctx, s.key, noticesNote, raw)
}

// noticeHere is what a group's notice should be: what we announced last, else what was read or taken over last. One never
// read before is taken as it stands.
func (s survey) noticeHere(ctx context.Context, g community.GroupRow, kept map[string]agreedNotice, there []drift.Chat) (string, error) {
	last, _, err := s.store.For(community.Scope{Org: s.org}).FindActions(ctx, community.ActionFilter{Group: g.Key, Verb: community.Announce, State: community.Confirmed, Page: community.Page{Limit: 1}})
	if err != nil {
		return "", err
	}
	was, known := kept[g.External]
	if len(last) > 0 && (!known || last[0].Created > was.At) {
		was, known = agreedNotice{strings.TrimSpace(last[0].Text), last[0].Created}, true
	}
	if i := slices.IndexFunc(there, func(c drift.Chat) bool { return c.ID == g.External }); !known && i >= 0 {
		was, known = agreedNotice{there[i].Notice, s.at}, true
	}
	if known {
		kept[g.External] = was
	}
	return was.Text, nil
}

func (s survey) transfers(ctx context.Context) ([]drift.Line, int, []string, error) {
	list, err := s.from.HandedThere(ctx)
	if err != nil || len(list) == 0 {
		return nil, 0, nil, err
	}
	whose, names, err := s.whose(ctx)
	if err != nil {
		return nil, 0, nil, err
	}
	var hands []drift.Hand
	var unread []string
	for _, h := range list {
		if h.Err != nil {
			unread = append(unread, h.ID)
			continue
		}
		one := drift.Hand{Group: h.Kind == "group", ID: h.ID, Name: h.Name, From: h.From, To: h.To, Asked: h.Asked, State: h.State, Left: h.Left}
		has := whose[h.ID]
		if one.Name == "" {
			one.Name = names[h.ID]
		}
		one.Here, one.DoneHere = strings.Join(has, ", "), slices.Contains(has, h.To) && !slices.Contains(has, h.From)
		hands = append(hands, one)
	}
	return drift.CompareHands(hands), len(hands), unread, nil
}

// whose says here whose contact somebody is and who owns a group, by the platform's ids, and what both are called.
func (s survey) whose(ctx context.Context) (whose map[string][]string, names map[string]string, err error) {
	whose, names = map[string][]string{}, map[string]string{}
	desks, err := s.desksHere(ctx)
	if err != nil {
		return nil, nil, err
	}
	for _, d := range desks {
		for _, c := range d.Contacts {
			whose[c.ID], names[c.ID] = append(whose[c.ID], d.Employee), c.Name
		}
	}
	err = s.eachGroup(ctx, false, func(g community.GroupRow, people []community.MemberRow) error {
		names[g.External] = g.Name
		for _, m := range people {
			if m.Role == community.RoleOwner {
				whose[g.External] = []string{m.External}
			}
		}
		return nil
	})
	return whose, names, err
}

package app

import (
	"cmp"
	"context"
	"errors"
	"strconv"
	"time"

	"qunluo/internal/community"
	"qunluo/internal/connect"
	"qunluo/internal/h5"
	"qunluo/internal/plan"
	"qunluo/internal/policy"
	"qunluo/internal/store"
)

const (
	livesEach   = 2 * time.Second // between looks at the live Q&As
	jobLives    = "live-qas"
	livesAhead  = 5 * time.Minute // between looks at the series
	liveBatch   = 500             // events of a group's log read at once
	liveInForm  = 200             // people who are told in private that it was called off
	passLive    = "live"          // purpose of the links that are one person's own: group, who, and of a guest the live Q&A
	liveLinks   = 90 * 24 * time.Hour
	liveSurface = 60 // characters of a question in what is said of it
)

// keepLiveQAs brings live Q&As on by time and reads questions in the chat, until ctx ends.
func (a *App) keepLiveQAs(ctx context.Context) error {
	tick := time.NewTicker(livesEach)
	defer tick.Stop()
	for {
		if err := a.RunLiveQAs(ctx); err != nil && ctx.Err() == nil {
			a.log.Warn("run live Q&As", "err", err)
		}
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-tick.C:
		}
	}
}

// RunLiveQAs does everything that is due for live Q&As now. What one fails at holds up no other.
func (a *App) RunLiveQAs(ctx context.Context) error {
	list, err := a.store.RunningLives(ctx)
	if err != nil {
		return err
	}
	for _, q := range list {
		if err := a.runLive(ctx, q); err != nil && community.CodeOf(err) != community.CodeConflict {
			a.log.Warn("run a live Q&A", "live", q.ID, "err", err)
		}
	}
	return nil
}

func (a *App) runLive(ctx context.Context, q plan.LiveQA) error {
	switch q.State { // what was stopped between two lines is made good
	case plan.LiveCancelled:
		if err := a.LiveQAs(q.Org, nil).unlay(ctx, system, q, q.Why); err != nil {
			return err
		}
		return a.tellCancelled(ctx, q)
	case plan.LiveAnswered:
		return a.tellAnswers(ctx, q)
	}
	now := a.millis()
	if to := q.At(now); to != q.State {
		if err := a.store.AgeLive(ctx, q, to, community.Audit{User: system, Verb: "liveqa." + string(to)}); err != nil {
			return err
		}
		q.State = to
	}
	if q.State == plan.LivePlanned {
		return nil
	}
	from := q.Seq
	for more := true; more; {
		var err error
		if more, err = a.readLive(ctx, &q); err != nil {
			return err
		}
	}
	return a.nudgeLive(ctx, q, now, q.Seq > from)
}

// nudgeLive asks a person for what only people can do: the address before it begins, the answers once it is over, and what to do when the group was
// closed meanwhile, which its log has said (heard). Each is asked once.
func (a *App) nudgeLive(ctx context.Context, q plan.LiveQA, now int64, heard bool) error {
	why := q.Nudge(now)
	if heard {
		closed, err := a.store.Closed(ctx, q.Group)
		if err != nil {
			return err
		}
		if closed {
			why = plan.NudgeClosed
		}
	}
	if why == "" || why == q.Told || q.Told == plan.NudgeClosed {
		return nil
	}
	if err := a.liveTodo(ctx, q, why, ""); err != nil {
		return err
	}
	return a.store.LiveTold(ctx, q.ID, why)
}

// liveTodo asks a person, once for each reason.
func (a *App) liveTodo(ctx context.Context, q plan.LiveQA, why, detail string) error {
	text := a.words.In(q.Lang).T("liveqa.todo_"+why, "title", q.Title, "at", time.UnixMilli(q.Starts).In(zoneFor(q.Zone)).Format("2006-01-02 15:04"), "detail", detail) + "\n" + a.base() + livePath(q)
	act := community.PersonDecision{Kind: "act", User: system, Reason: "liveqa", Actions: []community.Action{{Verb: community.Todo, Group: q.Group, Until: q.Ends + dayMillis, Text: text, Rule: "liveqa"}}}
	_, err := a.engine.DecideOnce(ctx, q.Group, "live-"+why+":"+q.ID.String()+":"+strconv.FormatInt(q.Starts, 10), act, community.Audit{Org: q.Org, User: system, Verb: "liveqa.todo", Subject: "liveqa:" + q.ID.String()})
	return err
}

// readLive reads on in a group's log: who writes the word and a question asks it, and who recalls that takes it back. It says whether there is more.
func (a *App) readLive(ctx context.Context, q *plan.LiveQA) (bool, error) {
	n, to := 0, q.Seq
	for ev, err := range a.store.Events(ctx, store.EventScan{Group: q.Group, After: q.Seq}) {
		if err != nil {
			return false, err
		}
		n, to = n+1, ev.Seq
		if err := a.heardLive(ctx, *q, ev); err != nil {
			return false, err
		}
		if n >= liveBatch {
			break
		}
	}
	if n == 0 {
		return false, nil
	}
	if err := a.store.ReadLive(ctx, *q, to); err != nil {
		return false, err
	}
	q.Seq = to
	return n >= liveBatch, nil
}

// heardLive does what one event of the group's log means. Read again after a stop it changes nothing: a message is one question.
func (a *App) heardLive(ctx context.Context, q plan.LiveQA, ev community.Event) error {
	switch {
	case ev.Origin == community.OriginImport || ev.Body.Message == "" && ev.Type == community.MessageDeleted:
		return nil
	case ev.Type == community.MessageDeleted:
		return a.recalledLive(ctx, q, ev.Body.Message)
	case ev.Type != community.MessageCreated || ev.Actor == 0 || !ev.Body.Caused.IsZero() || ev.At < q.Opens || ev.At >= q.Ends:
		return nil
	}
	text, asked := plan.LiveIn(q.Word, ev.Body.Text)
	if !asked {
		return nil
	}
	who, err := a.voteWho(a.store.For(community.Scope{Org: q.Org}), q.Group)(ctx, ev.Actor)
	if err != nil || !who.Count {
		return err
	}
	ask, err := a.askLive(ctx, q, plan.LiveQuestion{Who: int64(ev.Actor), Text: text, Way: plan.AskByChat, Message: ev.Body.Message}, ev.At, nil)
	code := community.CodeOf(err)
	switch code {
	case community.CodeNone, community.CodeConflict, community.CodeLate, community.CodeLimited, community.CodeRefused, community.CodeTooLarge, community.CodeBadInput:
	default:
		return err
	}
	if ev.At <= a.millis()-pointsStale.Milliseconds() {
		return nil // nobody waits for an answer any more
	}
	return a.heardBack(ctx, q, ev, ask, code)
}

// heardBack tells who asked in the chat what became of it, once, where a connection can: nobody is asked to paste it.
func (a *App) heardBack(ctx context.Context, q plan.LiveQA, ev community.Event, ask plan.LiveQuestion, code community.Code) error {
	g, err := a.store.For(community.Scope{Org: q.Org}).GroupByKey(ctx, q.Group)
	if err != nil || !a.canSend(ctx, g) {
		return err
	}
	key := "liveqa.heard_" + string(code)
	switch {
	case code == community.CodeNone && ask.State == plan.AskMerged:
		key = "liveqa.heard_merged"
	case code == community.CodeNone:
		key = "liveqa.heard"
	}
	text := a.words.In(q.Lang).T(key, "no", ask.No, "into", ask.Into, "most", plan.LiveOpenEach, "chars", plan.MaxQuestion, "link", a.liveAddress(q))
	p := community.PersonDecision{Kind: "act", User: system, Reason: "liveqa", Actions: []community.Action{{Verb: community.Send, Group: q.Group, Target: ev.Actor, Mention: true, Text: text, Rule: "liveqa"}}}
	_, err = a.engine.DecideOnce(ctx, q.Group, "live-heard:"+strconv.FormatInt(ev.Number, 10), p, community.Audit{Org: q.Org, User: system, Verb: "liveqa.heard", Subject: "liveqa:" + q.ID.String()})
	return err
}

// recalledLive takes back the question that a recalled message asked.
func (a *App) recalledLive(ctx context.Context, q plan.LiveQA, message string) error {
	err := a.store.ChangeLive(ctx, q.ID, nil, func(_ plan.LiveQA, list []plan.LiveQuestion) ([]plan.LiveQuestion, error) {
		for _, b := range list {
			if b.Message == message && b.State != plan.AskWithdrawn {
				gone, err := b.Withdrawn()
				if err != nil {
					return nil, nil //nolint:nilerr // it was answered: what was said stands
				}
				return plan.Inherit(list, gone), nil
			}
		}
		return nil, nil
	})
	return err
}

// tellAnswers lets every answer go back that has not: in private where the connection can, else in the group by name, else as a task for a person with
// the words. Not in quiet hours. What went back before does not go back again.
func (a *App) tellAnswers(ctx context.Context, q plan.LiveQA) error {
	list, err := a.store.LiveQuestions(ctx, q.ID, 0)
	if err != nil {
		return err
	}
	g, err := a.store.For(community.Scope{Org: q.Org}).GroupByKey(ctx, q.Group)
	if err != nil {
		return err
	}
	limits, err := a.limits(ctx, q.Org)
	if err != nil {
		return err
	}
	now := a.millis()
	from := int64(0) // the same for whoever tells at the same time: two decisions of one name must not differ
	if zone := zoneFor(q.Zone); limits.Quiet(now, zone) {
		from = limits.Earliest(now, zone)
	}
	private, group := a.canDo(ctx, g, community.Remind), a.canDo(ctx, g, community.Send)
	if closed, err := a.store.Closed(ctx, q.Group); err != nil {
		return err
	} else if closed {
		private, group = false, false
	}
	var errs []error
	for _, b := range plan.Backs(list) {
		way := b.To.WayBack(private, group)
		if err := a.tellAnswer(ctx, q, b, way, from); err != nil {
			errs = append(errs, err)
			continue
		}
		err := a.store.ChangeLive(ctx, q.ID, nil, func(_ plan.LiveQA, list []plan.LiveQuestion) ([]plan.LiveQuestion, error) {
			for _, c := range list {
				if c.No == b.To.No && c.Told == 0 {
					c.Told, c.Back = now, way
					return []plan.LiveQuestion{c}, nil
				}
			}
			return nil, nil
		})
		if err != nil {
			errs = append(errs, err)
		}
	}
	return errors.Join(errs...)
}

// canDo reports whether some account that serves a group does something there by itself.
func (a *App) canDo(ctx context.Context, g community.GroupRow, verb community.Verb) bool {
	for _, k := range g.Accounts {
		if able, err := a.wires.Abilities(ctx, k, g.Key); err == nil && able.Level(verb) == community.Native {
			return true
		}
	}
	return false
}

func (a *App) tellAnswer(ctx context.Context, q plan.LiveQA, b plan.Back, way string, from int64) error {
	if way == plan.BackPage {
		return nil
	}
	text := a.words.In(q.Lang).T("liveqa.tell_answer", "title", q.Title, "question", shortened(b.To.Text, liveSurface), "answer", b.Answered.Answer)
	act := community.Action{Verb: community.Remind, Group: q.Group, Target: community.MemberKey(b.To.Who), Text: text, NotBefore: from, Rule: "liveqa"}
	switch way {
	case plan.BackTask: // by name in its words: a second task about the same member would only be counted with the first, and its answer lost
		act.Verb, act.Target, act.NotBefore = community.Todo, 0, 0
		act.Text = a.words.In(q.Lang).T("liveqa.todo_answer", "name", clean(b.To.Name), "text", text)
	case plan.BackGroup:
		act.Verb, act.Mention = community.Send, true
	}
	p := community.PersonDecision{Kind: "act", User: system, Reason: "liveqa", Actions: []community.Action{act}}
	_, err := a.engine.DecideOnce(ctx, q.Group, "live-answer:"+q.ID.String()+":"+strconv.Itoa(b.To.No), p, community.Audit{Org: q.Org, User: system, Verb: "liveqa.tell", Subject: "liveqa:" + q.ID.String()})
	return err
}

// tellCancelled tells that a live Q&A was called off: the group, which becomes a task for a person where the connection cannot, and in private those who
// signed up, where it can. Once each.
func (a *App) tellCancelled(ctx context.Context, q plan.LiveQA) error {
	people, err := a.store.LivePeople(ctx, q.ID)
	if err != nil {
		return err
	}
	g, err := a.store.For(community.Scope{Org: q.Org}).GroupByKey(ctx, q.Group)
	if err != nil {
		return err
	}
	signed := 0
	for _, p := range people {
		if p.Signed != 0 {
			signed++
		}
	}
	text := a.words.In(q.Lang).T("liveqa.tell_cancelled", "title", q.Title, "at", time.UnixMilli(q.Starts).In(zoneFor(q.Zone)).Format("2006-01-02 15:04"), "why", q.Why)
	laid, err := a.announced(ctx, q)
	if err != nil {
		return err
	}
	if signed > 0 || q.Questions > 0 || laid {
		if err := a.sayLive(ctx, q, "group", community.Action{Verb: community.Send, Group: q.Group, Text: text, Rule: "liveqa"}); err != nil {
			return err
		}
	}
	if a.canDo(ctx, g, community.Remind) {
		for i, p := range people {
			if p.Who <= 0 || p.Signed == 0 || i >= liveInForm {
				continue
			}
			if err := a.sayLive(ctx, q, strconv.FormatInt(p.Who, 10), community.Action{Verb: community.Remind, Group: q.Group, Target: community.MemberKey(p.Who), Text: text, Rule: "liveqa"}); err != nil {
				return err
			}
		}
	}
	return a.store.LiveTold(ctx, q.ID, string(q.State))
}

// announced reports whether a reminder of a live Q&A was handed over: the group knows of it.
func (a *App) announced(ctx context.Context, q plan.LiveQA) (bool, error) {
	items, err := a.LiveQAs(q.Org, nil).Items(ctx, q.ID)
	for _, i := range items {
		if i.Begun() {
			return true, err
		}
	}
	return false, err
}

func (a *App) sayLive(ctx context.Context, q plan.LiveQA, to string, act community.Action) error {
	p := community.PersonDecision{Kind: "act", User: system, Reason: "liveqa", Actions: []community.Action{act}}
	_, err := a.engine.DecideOnce(ctx, q.Group, "live-off:"+q.ID.String()+":"+to, p, community.Audit{Org: q.Org, User: system, Verb: "liveqa.tell", Subject: "liveqa:" + q.ID.String()})
	return err
}

func (a *App) liveRound(ctx context.Context, _ store.Job) error { return a.RunLiveSeries(ctx) }

// RunLiveSeries makes the next live Q&A of every series that is on, and lays its reminders into the calendar.
func (a *App) RunLiveSeries(ctx context.Context) error {
	list, err := a.store.LiveGroups(ctx, 0)
	if err != nil {
		return err
	}
	for _, g := range list {
		if !g.Series.On {
			continue
		}
		if err := a.nextLive(ctx, g); err != nil {
			a.log.Warn("make the next live Q&A", "group", g.Group, "err", err)
		}
	}
	return nil
}

// nextLive makes the next one of a series, once, and lays it: what stands in the way of that a person is told.
func (a *App) nextLive(ctx context.Context, g store.LiveGroup) error {
	v := a.LiveQAs(g.Org, nil)
	row, err := v.group(ctx, g.Group)
	if community.CodeOf(err) == community.CodeConflict {
		return nil // it was closed
	}
	if err != nil {
		return err
	}
	f, err := v.slot(ctx, g.Series.Slot)
	if community.CodeOf(err) == community.CodeBadInput {
		return nil // the slot was taken out of the calendar: nothing is made by itself
	}
	if err != nil {
		return err
	}
	q, comes := g.Series.Coming(f, g.Group, zoneFor(row.Zone), a.millis())
	if !comes {
		return nil
	}
	made, err := a.store.LiveMade(ctx, g.Group, q.Date)
	if err != nil {
		return err
	}
	if len(made) > 0 {
		q = made[0]
		laid, err := a.store.LiveItems(ctx, q.ID)
		if err != nil || len(laid) > 0 || q.Maker != system || !q.Running() {
			return err
		}
	} else if q, err = v.New(ctx, system, q, ""); err != nil {
		if community.CodeOf(err) == community.CodeConflict {
			return nil // a person was faster
		}
		return err
	}
	_, err = v.Lay(ctx, system, q.ID, "")
	return a.laidOr(ctx, q, err)
}

// laidOr tells a person what stands in the way of reminders.
func (a *App) laidOr(ctx context.Context, q plan.LiveQA, err error) error {
	switch community.CodeOf(err) {
	case community.CodeConflict, community.CodeBadInput, community.CodeRefused, community.CodeTooLarge, community.CodeForbidden:
		return a.liveTodo(ctx, q, "lay", cmp.Or(a.words.In(q.Lang).Pick(connect.SayOf(err)), err.Error()))
	}
	return err
}

// livePass is the part of an address that is one person's own; who as of plan.LiveQuestion. A guest's leads to one live Q&A alone.
func (a *App) livePass(ctx context.Context, q plan.LiveQA, who int64) (string, error) {
	of := int64(0)
	if who < 0 {
		of = q.Created
	}
	return a.timedLink(ctx, passLive, liveLinks, int64(q.Group), who, of)
}

// studio is what the public page of a live Q&A asks and changes.
type studio struct{ app *App }

// person finds whose link it is. CodeNotFound: it was not made here, is of another live Q&A, or they are not in the group any more; CodeLate: its
// time is over.
func (s studio) person(ctx context.Context, q plan.LiveQA, pass string) (who int64, name string, err error) {
	of, err := s.app.timedOf(ctx, pass, passLive, 3)
	if err != nil {
		return 0, "", err
	}
	none := community.Errorf(community.CodeNotFound, "a link of another live Q&A")
	switch {
	case of[0] != int64(q.Group) || of[1] == 0:
		return 0, "", none
	case of[1] > 0:
		_, m, err := whistle(s).place(ctx, of[:2])
		if name = m.Name; m.Card != "" {
			name = m.Card
		}
		return of[1], name, err
	case of[2] != q.Created:
		return 0, "", none
	}
	people, err := s.app.store.LivePeople(ctx, q.ID)
	for _, p := range people {
		if p.Who == of[1] {
			return p.Who, p.Name, err
		}
	}
	return 0, "", errors.Join(err, none)
}

// Studio gives what an address shows; pass is a person's own part of it, "" = everybody's page.
func (s studio) Studio(ctx context.Context, code, pass string) (h5.Studio, error) {
	q, err := s.app.store.LiveAt(ctx, code)
	if err != nil {
		return h5.Studio{}, err
	}
	now := s.app.millis()
	out := h5.Studio{LiveQA: q, Shown: q.Shown(now), Gate: q.Gate(now), Takes: q.Takes(now)}
	if pass != "" {
		if out.Who, out.Name, err = s.person(ctx, q, pass); err != nil {
			return out, err
		}
	}
	if out.List, err = s.app.store.LiveQuestions(ctx, q.ID, out.Who); err != nil {
		return out, err
	}
	people, err := s.app.store.LivePeople(ctx, q.ID)
	for _, p := range people {
		if p.Signed != 0 {
			out.Signed++
			out.MySign = out.MySign || out.Who != 0 && p.Who == out.Who
		}
	}
	for i, a := range out.List {
		switch {
		case a.Mine:
		case a.Anonymous:
			out.List[i].Name = ""
		default:
			out.List[i].Name = policy.Masked(clean(a.Name))
		}
		out.List[i].MemberID = community.ID{}
	}
	return out, err
}

// own finds the live Q&A of an address and whose link it is.
func (s studio) own(ctx context.Context, code, pass string) (plan.LiveQA, int64, error) {
	q, err := s.app.store.LiveAt(ctx, code)
	if err != nil {
		return q, 0, err
	}
	who, _, err := s.person(ctx, q, pass)
	return q, who, err
}

// Join signs a guest up who has no link, and gives the part of the address that is theirs from then on. CodeLate: it is over; CodeBadInput: the name.
func (s studio) Join(ctx context.Context, code, name string) (string, error) {
	q, err := s.app.store.LiveAt(ctx, code)
	if err != nil {
		return "", err
	}
	if name, err = plan.LiveName(name); err != nil {
		return "", err
	}
	who, err := s.app.store.SignLive(ctx, q.ID, 0, name, s.app.millis(), s.signs)
	if err != nil {
		return "", err
	}
	return s.app.livePass(ctx, q, who)
}

func (s studio) signs(q plan.LiveQA) error { return q.MaySign(s.app.millis()) }

// Sign signs somebody up, or (off) takes it back. CodeLate: it is over.
func (s studio) Sign(ctx context.Context, code, pass string, off bool) error {
	q, who, err := s.own(ctx, code, pass)
	if err != nil {
		return err
	}
	at := s.app.millis()
	if off {
		at = 0
	}
	_, err = s.app.store.SignLive(ctx, q.ID, who, "", at, s.signs)
	return err
}

// Ask takes a question; the codes are those of plan.LiveQA.Ask.
func (s studio) Ask(ctx context.Context, code, pass, text string, anonymous bool) error {
	q, who, err := s.own(ctx, code, pass)
	if err != nil {
		return err
	}
	_, err = s.app.askLive(ctx, q, plan.LiveQuestion{Who: who, Text: text, Anonymous: anonymous, Way: plan.AskByPage}, s.app.millis(), nil)
	return err
}

// Withdraw takes a question of theirs back. CodeNotFound: it is not theirs; CodeConflict: it was answered.
func (s studio) Withdraw(ctx context.Context, code, pass string, no int) error {
	q, who, err := s.own(ctx, code, pass)
	if err != nil {
		return err
	}
	return s.app.store.ChangeLive(ctx, q.ID, nil, func(_ plan.LiveQA, list []plan.LiveQuestion) ([]plan.LiveQuestion, error) {
		for _, a := range list {
			if a.No == no && a.Who == who {
				gone, err := a.Withdrawn()
				if err != nil {
					return nil, err
				}
				return plan.Inherit(list, gone), nil
			}
		}
		return nil, community.Errorf(community.CodeNotFound, "question %d: not theirs", no)
	})
}

// Vote takes a vote for a question, or (off) takes it back; the codes are those of plan.LiveQA.MayVote.
func (s studio) Vote(ctx context.Context, code, pass string, no int, off bool) error {
	q, who, err := s.own(ctx, code, pass)
	if err != nil {
		return err
	}
	return s.app.store.VoteLive(ctx, q.ID, plan.LiveVote{No: no, Who: who}, off, func(q plan.LiveQA, a plan.LiveQuestion) error {
		return q.MayVote(a, who, s.app.millis())
	})
}

// Go says where the link to the live leads now; count: somebody opened it, and is counted if it leads there.
func (s studio) Go(ctx context.Context, code, pass string, count bool) (h5.Studio, error) {
	q, err := s.app.store.LiveAt(ctx, code)
	if err != nil {
		return h5.Studio{}, err
	}
	now := s.app.millis()
	out := h5.Studio{LiveQA: q, Shown: q.Shown(now), Gate: q.Gate(now)}
	if pass != "" {
		if out.Who, out.Name, err = s.person(ctx, q, pass); err != nil {
			return out, err
		}
	}
	if count && out.Gate == plan.GateOpen {
		err = s.app.store.OpenLive(ctx, q.ID, out.Who, now)
	}
	return out, err
}

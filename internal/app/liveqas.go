package app

import (
	"cmp"
	"context"
	"fmt"
	"slices"
	"strings"
	"time"

	"qunluo/internal/community"
	"qunluo/internal/connect"
	"qunluo/internal/plan"
	"qunluo/internal/shelf"
	"qunluo/internal/store"
)

// liveqas is what people see and change of live Q&As (直播答疑), bounded as hands are.
type liveqas struct{ *hands }

// LiveQAs makes the handle for live Q&As.
func (a *App) LiveQAs(org community.OrgKey, groups []community.GroupKey) liveqas {
	return liveqas{a.Hands(org, groups)}
}

// List lists the live Q&As of one group, or (0) of all, those that begin last first.
func (v liveqas) List(ctx context.Context, g community.GroupKey, page community.Page) ([]plan.LiveQA, int, error) {
	list, total, err := v.desk().LiveQAs(ctx, g, page)
	for i, q := range list {
		list[i].Stage = q.Shown(v.app.millis())
	}
	return list, total, err
}

// ByID gives one with its questions, those with the most votes first, and its figures; CodeNotFound.
func (v liveqas) ByID(ctx context.Context, id community.ID) (plan.LiveQA, []plan.LiveQuestion, plan.LiveSums, error) {
	q, err := v.desk().LiveByID(ctx, id)
	if err != nil {
		return q, nil, plan.LiveSums{}, err
	}
	list, err := v.app.store.LiveQuestions(ctx, id, 0)
	if err != nil {
		return q, nil, plan.LiveSums{}, err
	}
	people, err := v.app.store.LivePeople(ctx, id)
	q.Stage = q.Shown(v.app.millis())
	return q, list, plan.SumLive(list, people), err
}

// People lists who signed up or came.
func (v liveqas) People(ctx context.Context, id community.ID) ([]plan.LivePerson, error) {
	if _, err := v.desk().LiveByID(ctx, id); err != nil {
		return nil, err
	}
	return v.app.store.LivePeople(ctx, id)
}

// Slots are the slots of the calendar in which one can stand.
func (v liveqas) Slots(ctx context.Context) ([]plan.Fixture, error) {
	return v.app.Calendars(v.org, v.groups).Fixtures(ctx)
}

// Items are the items of the calendar by which the group is reminded, by minutes before the beginning.
func (v liveqas) Items(ctx context.Context, id community.ID) (map[int]plan.Item, error) {
	if _, err := v.desk().LiveByID(ctx, id); err != nil {
		return nil, err
	}
	ids, err := v.app.store.LiveItems(ctx, id)
	out := map[int]plan.Item{}
	for minutes, item := range ids {
		i, err := v.app.Calendars(v.org, v.groups).Item(ctx, item)
		if community.CodeOf(err) == community.CodeNotFound {
			continue
		}
		if err != nil {
			return nil, err
		}
		out[minutes] = i
	}
	return out, err
}

// Series tells how a group's live Q&As come back; switched off where nobody said.
func (v liveqas) Series(ctx context.Context, g community.GroupKey) (plan.LiveSeries, error) {
	if err := v.sees(ctx, g); err != nil {
		return plan.LiveSeries{}, err
	}
	list, err := v.app.store.LiveGroups(ctx, g)
	if err != nil || len(list) == 0 {
		return plan.DefaultLiveSeries(), err
	}
	return list[0].Series, nil
}

// SetSeries changes it, and makes the next one at once where it is on. CodeBadInput: the terms, or there is no such slot.
func (v liveqas) SetSeries(ctx context.Context, user string, g community.GroupKey, s plan.LiveSeries, reason string) error {
	row, err := v.group(ctx, g)
	if err != nil {
		return err
	}
	if err := s.Check(); err != nil {
		return err
	}
	if err := v.allowed(ctx, s.Address); err != nil {
		return err
	}
	if _, err := v.slot(ctx, s.Slot); err != nil {
		return err
	}
	if err := v.app.store.SaveLiveSeries(ctx, store.LiveGroup{Org: v.org, Group: g, Series: s}, v.audit(user, "liveqa.series", "group:"+row.ID.String(), reason)); err != nil || !s.On {
		return err
	}
	return v.app.nextLive(ctx, store.LiveGroup{Org: v.org, Group: g, Series: s})
}

// group is a group in which a live Q&A may be held. CodeBadInput: an account's desk; CodeConflict: it was closed.
func (v liveqas) group(ctx context.Context, g community.GroupKey) (community.GroupRow, error) {
	row, err := v.mine(ctx, g)
	if err != nil {
		return row, err
	}
	if row.Desk {
		return row, community.Errorf(community.CodeBadInput, "group: an account's desk is none")
	}
	closed, err := v.app.store.Closed(ctx, g)
	if err == nil && closed {
		err = connect.Trouble(community.CodeConflict, "这个群已经解散。", "This group was dissolved.")
	}
	return row, err
}

func (v liveqas) slot(ctx context.Context, id string) (plan.Fixture, error) {
	fixtures, err := v.Slots(ctx)
	if err != nil {
		return plan.Fixture{}, err
	}
	f, known := plan.FixtureNamed(fixtures, id)
	if !known {
		return f, community.Errorf(community.CodeBadInput, "slot: there is no %q", id)
	}
	return f, nil
}

// allowed says whether an address may be told to a group; CodeRefused with the reason of the link check.
func (v liveqas) allowed(ctx context.Context, address string) error {
	if address == "" || !plan.LiveAddress(address) { // what it must look like the terms say
		return nil
	}
	found, err := v.app.Plans(v.org, v.groups).CheckLinks(ctx, address, "wechat")
	for _, f := range found {
		if f.Refuse {
			return connect.Trouble(community.CodeRefused, f.Link+"："+f.Reason[0], f.Link+": "+f.Reason[1])
		}
	}
	return err
}

// New lays down a live Q&A. Where a slot is named and no beginning is given, it is the slot's next. CodeBadInput: the terms, a time that is over, or
// the slot does not come then; CodeConflict: the slot has one on this date, or the group was closed.
func (v liveqas) New(ctx context.Context, user string, q plan.LiveQA, reason string) (plan.LiveQA, error) {
	row, err := v.group(ctx, q.Group)
	if err != nil {
		return q, err
	}
	if q, err = v.placed(ctx, row, q); err != nil {
		return q, err
	}
	q.Org, q.Maker, q.State = v.org, user, q.At(v.app.millis())
	made, err := v.app.store.AddLive(ctx, q, v.audit(user, "liveqa.make", "", reason))
	if err != nil {
		return made, err
	}
	return v.desk().LiveByID(ctx, made.ID)
}

// placed checks what was written of a live Q&A, and puts it into its slot.
func (v liveqas) placed(ctx context.Context, row community.GroupRow, q plan.LiveQA) (plan.LiveQA, error) {
	zone, now := zoneFor(row.Zone), v.app.millis()
	q.State = cmp.Or(q.State, plan.LivePlanned)
	if q.Slot != "" {
		f, err := v.slot(ctx, q.Slot)
		if err != nil {
			return q, err
		}
		if q.Starts == 0 {
			next, comes := (plan.LiveSeries{Ahead: plan.DefaultLiveSeries().Ahead}).Coming(f, q.Group, zone, now)
			if !comes {
				return q, community.Errorf(community.CodeBadInput, "slot %q: does not come within 7 days", q.Slot)
			}
			q.Starts, q.Ends, q.Opens = next.Starts, cmp.Or(q.Ends, next.Ends), cmp.Or(q.Opens, next.Opens)
		}
		at := time.UnixMilli(q.Starts).In(zone)
		if q.Date = at.Format(time.DateOnly); !f.On(q.Date, q.Group) || !f.Holds(at.Format("15:04")) {
			return q, community.Errorf(community.CodeBadInput, "slot %q: does not come at that time", q.Slot)
		}
	}
	q.Ends = cmp.Or(q.Ends, q.Starts+time.Hour.Milliseconds())
	q.Opens = cmp.Or(q.Opens, q.Starts-int64(plan.DefaultLiveSeries().Ahead)*dayMillis)
	if err := q.Check(now); err != nil {
		return q, err
	}
	return q, v.allowed(ctx, q.Address)
}

// seen gives one as a caller saw it (version; 0 = as it is now).
func (v liveqas) seen(ctx context.Context, id community.ID, version int) (plan.LiveQA, error) {
	q, err := v.desk().LiveByID(ctx, id)
	if err == nil && version != 0 && version != q.Version {
		err = community.Errorf(community.CodeConflict, "it was changed meanwhile")
	}
	return q, err
}

func (v liveqas) move(ctx context.Context, q plan.LiveQA, audit community.Audit) (plan.LiveQA, error) {
	if err := v.app.store.MoveLive(ctx, q, audit); err != nil {
		return q, err
	}
	return v.desk().LiveByID(ctx, q.ID)
}

// Edit writes terms and times anew before it begins. Reminders that were laid, are not sent and would say what is no longer so are skipped and laid
// anew. CodeConflict: it began, or was changed meanwhile.
func (v liveqas) Edit(ctx context.Context, user string, id community.ID, version int, to plan.LiveQA, reason string) (plan.LiveQA, error) {
	q, err := v.seen(ctx, id, version)
	if err != nil {
		return q, err
	}
	if err := q.MayEdit(v.app.millis()); err != nil {
		return q, err
	}
	row, err := v.group(ctx, q.Group)
	if err != nil {
		return q, err
	}
	was := q
	q.LiveTerms, q.Slot, q.Starts, q.Ends, q.Opens = to.LiveTerms, to.Slot, cmp.Or(to.Starts, q.Starts), cmp.Or(to.Ends, q.Ends), cmp.Or(to.Opens, q.Opens)
	if q, err = v.placed(ctx, row, q); err != nil {
		return q, err
	}
	if q.Opens != was.Opens && q.State == plan.LiveCollecting && q.Opens > v.app.millis() {
		return q, community.Errorf(community.CodeConflict, "questions are taken already")
	}
	if q, err = v.move(ctx, q, v.audit(user, "liveqa.edit", "", reason)); err != nil {
		return q, err
	}
	if q.Starts == was.Starts && q.Announces(was.LiveTerms) {
		return q, nil
	}
	return q, v.layAnew(ctx, user, q)
}

// layAnew lays reminders anew that were laid and say now what is no longer so; they wait for a second person again. What stands in the way a person is
// told.
func (v liveqas) layAnew(ctx context.Context, user string, q plan.LiveQA) error {
	laid, err := v.app.store.LiveItems(ctx, q.ID)
	if err != nil || len(laid) == 0 {
		return err
	}
	if err := v.unlay(ctx, user, q, v.say(q, "liveqa.moved_reason")); err != nil {
		return err
	}
	_, err = v.Lay(ctx, user, q.ID, "")
	return v.app.laidOr(ctx, q, err)
}

// say puts words of the catalogue into the language of a live Q&A.
func (v liveqas) say(q plan.LiveQA, key string, args ...any) string {
	return v.app.words.In(q.Lang).T(key, args...)
}

// SetAddress says where the live is, until two hours after its end. CodeBadInput: no address of the web; CodeRefused: the link check.
func (v liveqas) SetAddress(ctx context.Context, user string, id community.ID, address, reason string) (plan.LiveQA, error) {
	q, err := v.desk().LiveByID(ctx, id)
	if err != nil {
		return q, err
	}
	if err := q.MayAddress(v.app.millis()); err != nil {
		return q, err
	}
	q.Address = strings.TrimSpace(address)
	if err := q.LiveTerms.Check(); err != nil {
		return q, err
	}
	if err := v.allowed(ctx, q.Address); err != nil {
		return q, err
	}
	if q, err = v.move(ctx, q, v.audit(user, "liveqa.address", "", reason)); err != nil || q.Address == "" {
		return q, err
	}
	return q, v.app.todoDone(ctx, v.hands, q.Group, livePath(q), user, q.Address)
}

func livePath(q plan.LiveQA) string { return "/liveqa/" + q.ID.String() }

// Lay lays into the calendar what of the reminders is still to come and is not laid yet, and lays each before a second person: what an item of the
// calendar needs (a goal of the group, a free slot, a reason beyond the mix), it needs. The one at the beginning stands in the slot.
func (v liveqas) Lay(ctx context.Context, user string, id community.ID, reason string) ([]plan.Item, error) {
	q, err := v.desk().LiveByID(ctx, id)
	if err != nil {
		return nil, err
	}
	if !q.Running() {
		return nil, community.Errorf(community.CodeConflict, "it is %s", q.State)
	}
	laid, err := v.app.store.LiveItems(ctx, id)
	if err != nil {
		return nil, err
	}
	c := v.app.Calendars(v.org, v.groups)
	var out []plan.Item
	for _, r := range q.Reminders(v.app.millis()) {
		if _, done := laid[r.Minutes]; done {
			continue
		}
		content, err := v.reminder(ctx, q, r)
		if err != nil {
			return out, err
		}
		content.Reason = reason
		item, err := c.SaveItem(ctx, user, community.ID{}, 0, content, reason)
		if err != nil {
			return out, err
		}
		if err := v.app.store.PutLiveItem(ctx, id, r.Minutes, item.ID); err != nil {
			return out, err
		}
		asked, err := c.AskItem(ctx, user, item.ID, reason)
		switch community.CodeOf(err) {
		case community.CodeNone:
			item = asked
		case community.CodeRefused, community.CodeTooLarge, community.CodeBadInput, community.CodeConflict: // it waits as a draft, where the page says what stands in its way
		default:
			return out, err
		}
		out = append(out, item)
	}
	return out, nil
}

// reminder is one post by which the group is reminded.
func (v liveqas) reminder(ctx context.Context, q plan.LiveQA, r plan.LiveReminder) (plan.Content, error) {
	zone := zoneFor(q.Zone)
	at, starts := time.UnixMilli(r.At).In(zone), time.UnixMilli(q.Starts).In(zone)
	w := v.app.words.In(q.Lang)
	out := plan.Content{Title: shortened(w.T("liveqa.item_before", "title", q.Title, "at", starts.Format("01-02 15:04")), plan.MaxTitle), Class: plan.Interactive, Format: "voice_live", Minutes: 5, Serves: plan.ServesGoal, Groups: []community.GroupKey{q.Group},
		Date: at.Format(time.DateOnly), At: at.Format("15:04")}
	page := v.app.liveAddress(q)
	host := ""
	if q.Host != "" {
		host = w.T("liveqa.tell_host", "host", q.Host)
	}
	if r.Minutes > 0 {
		out.Text = w.T("liveqa.tell_before", "title", q.Title, "at", starts.Format("2006-01-02 15:04"), "host", host, "word", q.Word, "link", page)
		return out, nil
	}
	out.Title = shortened(w.T("liveqa.item_now", "title", q.Title, "at", starts.Format("01-02 15:04")), plan.MaxTitle)
	out.Text = w.T("liveqa.tell_now", "title", q.Title, "host", host, "link", page+"/go", "page", page)
	fixtures, err := v.Slots(ctx)
	if err != nil {
		return out, err
	}
	if f, known := plan.FixtureNamed(fixtures, q.Slot); known && f.On(out.Date, q.Group) && f.Holds(out.At) {
		out.Fixture, out.Format, out.Minutes, out.Class = f.ID, f.Format, f.Minutes, cmp.Or(f.Class, plan.Interactive)
	}
	return out, nil
}

// unlay skips the reminders that are laid and not sent yet, so that they may be laid anew or not at all.
func (v liveqas) unlay(ctx context.Context, user string, q plan.LiveQA, reason string) error {
	laid, err := v.app.store.LiveItems(ctx, q.ID)
	if err != nil {
		return err
	}
	c := v.app.Calendars(v.org, v.groups)
	for minutes, id := range laid {
		_, err := c.SkipItem(ctx, user, id, reason)
		if code := community.CodeOf(err); code == community.CodeConflict { // it was sent, or skipped by a person
			if i, err := c.Item(ctx, id); err != nil || i.State != plan.ItemSkipped {
				continue
			}
		} else if err != nil && code != community.CodeNotFound {
			return err
		}
		if err := v.app.store.PutLiveItem(ctx, q.ID, minutes, community.ID{}); err != nil {
			return err
		}
	}
	return nil
}

// Cancel calls it off, with a reason that everybody reads: its reminders are skipped, the group is told, and in private those who signed up where the
// connection can. CodeConflict: it is finished.
func (v liveqas) Cancel(ctx context.Context, user string, id community.ID, reason string) (plan.LiveQA, error) {
	q, err := v.desk().LiveByID(ctx, id)
	if err != nil {
		return q, err
	}
	if q, err = q.Cancel(reason); err != nil {
		return q, err
	}
	q.Slot = "" // it makes room for another by hand; the series makes none of that day
	if q, err = v.move(ctx, q, v.audit(user, "liveqa.cancel", "", reason)); err != nil {
		return q, err
	}
	if err := v.unlay(ctx, user, q, q.Why); err != nil {
		return q, err
	}
	if err := v.app.tellCancelled(ctx, q); err != nil {
		v.app.log.Warn("tell that a live Q&A was called off", "live", q.ID, "err", err) // the worker makes it good
	}
	if err := v.app.todoDone(ctx, v.hands, q.Group, livePath(q), user, q.Why); err != nil {
		return q, err
	}
	return v.desk().LiveByID(ctx, id)
}

// SetNotes writes down what was said, as the caller saw it. CodeTooLarge, CodeConflict.
func (v liveqas) SetNotes(ctx context.Context, user string, id community.ID, version int, notes string) (plan.LiveQA, error) {
	q, err := v.seen(ctx, id, version)
	if err != nil {
		return q, err
	}
	if err := q.MayNote(notes); err != nil {
		return q, err
	}
	q.Notes = strings.TrimSpace(notes)
	return v.move(ctx, q, v.audit(user, "liveqa.notes", "", ""))
}

// Add writes down a question by hand; member may be 0: nobody is known. The codes are those of plan.LiveQA.Ask.
func (v liveqas) Add(ctx context.Context, user string, id community.ID, member community.MemberKey, text string) (plan.LiveQuestion, error) {
	q, err := v.desk().LiveByID(ctx, id)
	if err != nil {
		return plan.LiveQuestion{}, err
	}
	if member != 0 {
		if _, _, err := (whistle{v.app}).place(ctx, []int64{int64(q.Group), int64(member)}); err != nil {
			return plan.LiveQuestion{}, err
		}
	}
	audit := v.audit(user, "liveqa.ask", "", "")
	return v.app.askLive(ctx, q, plan.LiveQuestion{Who: int64(member), Text: text, Way: plan.AskByHand}, v.app.millis(), &audit)
}

// askLive takes a question that was asked at a time.
func (a *App) askLive(ctx context.Context, q plan.LiveQA, ask plan.LiveQuestion, at int64, audit *community.Audit) (plan.LiveQuestion, error) {
	err := a.store.ChangeLive(ctx, q.ID, audit, func(q plan.LiveQA, list []plan.LiveQuestion) ([]plan.LiveQuestion, error) {
		if ask.Message != "" && slices.ContainsFunc(list, func(b plan.LiveQuestion) bool { return b.Message == ask.Message }) {
			return nil, community.Errorf(community.CodeConflict, "this message was taken before")
		}
		var err error
		ask, err = q.Ask(list, ask, at)
		return []plan.LiveQuestion{ask}, err
	})
	ask.Version = 1
	return ask, err
}

// Answer writes the answer of a question as the caller saw it (version; 0 = as it is now); once the live Q&A is finished it goes back at once.
// CodeConflict: somebody answered it meanwhile, it was taken back, or its answer went back already.
func (v liveqas) Answer(ctx context.Context, user string, id community.ID, no, version int, text string) (plan.LiveQuestion, error) {
	a, err := v.change(ctx, user, "liveqa.answer", id, no, version, func(_ []plan.LiveQuestion, a plan.LiveQuestion) (plan.LiveQuestion, error) {
		return a.Answered(user, text, v.app.millis())
	})
	if err != nil {
		return a, err
	}
	q, err := v.desk().LiveByID(ctx, id)
	if err == nil && q.State == plan.LiveAnswered {
		err = v.app.tellAnswers(ctx, q)
	}
	return a, err
}

// Pass leaves a question out, for a reason.
func (v liveqas) Pass(ctx context.Context, user string, id community.ID, no int, reason string) (plan.LiveQuestion, error) {
	return v.change(ctx, user, "liveqa.pass", id, no, 0, func(_ []plan.LiveQuestion, a plan.LiveQuestion) (plan.LiveQuestion, error) {
		return a.Passed(user, reason, v.app.millis())
	})
}

// Reopen takes back that a question was left out or merged.
func (v liveqas) Reopen(ctx context.Context, user string, id community.ID, no int) (plan.LiveQuestion, error) {
	return v.change(ctx, user, "liveqa.reopen", id, no, 0, func(_ []plan.LiveQuestion, a plan.LiveQuestion) (plan.LiveQuestion, error) { return a.Reopened() })
}

// Merge says that a question asks what another asks.
func (v liveqas) Merge(ctx context.Context, user string, id community.ID, no, into int) (plan.LiveQuestion, error) {
	return v.change(ctx, user, "liveqa.merge", id, no, 0, func(list []plan.LiveQuestion, a plan.LiveQuestion) (plan.LiveQuestion, error) {
		i := slices.IndexFunc(list, func(b plan.LiveQuestion) bool { return b.No == into })
		if i < 0 {
			return a, community.Errorf(community.CodeNotFound, "question %d: not found", into)
		}
		return a.Merged(list[i])
	})
}

// change changes one question. CodeNotFound: there is none of that number; CodeConflict: it was changed since it was read, or the live Q&A is closed.
func (v liveqas) change(ctx context.Context, user, verb string, id community.ID, no, version int, do func([]plan.LiveQuestion, plan.LiveQuestion) (plan.LiveQuestion, error)) (out plan.LiveQuestion, err error) {
	if _, err := v.desk().LiveByID(ctx, id); err != nil {
		return out, err
	}
	audit := v.audit(user, verb, "", "")
	err = v.app.store.ChangeLive(ctx, id, &audit, func(q plan.LiveQA, list []plan.LiveQuestion) ([]plan.LiveQuestion, error) {
		if q.State == plan.LiveArchived || q.State == plan.LiveCancelled {
			return nil, community.Errorf(community.CodeConflict, "it is %s", q.State)
		}
		i := slices.IndexFunc(list, func(b plan.LiveQuestion) bool { return b.No == no })
		if i < 0 {
			return nil, community.Errorf(community.CodeNotFound, "question %d: not found", no)
		}
		if version != 0 && list[i].Version != version {
			return nil, community.Errorf(community.CodeConflict, "question %d was changed meanwhile", no)
		}
		if out, err = do(list, list[i]); err != nil {
			return nil, err
		}
		changed := plan.Inherit(list, out)
		out = changed[0]
		out.Version++ // as it is kept
		return changed, nil
	})
	return out, err
}

// Finish ends it: every answer goes back to who asked. It gives how many went back. CodeConflict: it has not begun, or is finished.
func (v liveqas) Finish(ctx context.Context, user string, id community.ID, reason string) (plan.LiveQA, int, error) {
	q, err := v.desk().LiveByID(ctx, id)
	if err != nil {
		return q, 0, err
	}
	if q, err = q.Finish(v.app.millis()); err != nil {
		return q, 0, err
	}
	if q, err = v.move(ctx, q, v.audit(user, "liveqa.finish", "", reason)); err != nil {
		return q, 0, err
	}
	if err := v.app.todoDone(ctx, v.hands, q.Group, livePath(q), user, ""); err != nil {
		return q, 0, err
	}
	if err := v.app.tellAnswers(ctx, q); err != nil {
		return q, 0, err
	}
	_, _, sums, err := v.ByID(ctx, id)
	return q, sums.Told, err
}

// Archive closes it for good: each answered question becomes a card on the shelf. It gives how many there are. CodeConflict: it is not finished.
func (v liveqas) Archive(ctx context.Context, user string, id community.ID, reason string) (plan.LiveQA, int, error) {
	q, list, _, err := v.ByID(ctx, id)
	if err != nil {
		return q, 0, err
	}
	if q, err = q.Archive(); err != nil {
		return q, 0, err
	}
	if err := v.app.tellAnswers(ctx, q); err != nil { // what was answered last
		return q, 0, err
	}
	var cards []shelf.Card
	for _, a := range list {
		if a.State != plan.AskAnswered || a.Text == "" {
			continue
		}
		card := shelf.Card{Group: q.Group, Number: int64(a.No), SaidAt: a.At, Text: shelf.Copied(v.say(q, "liveqa.card", "question", a.Text, "answer", a.Answer)), Tags: []string{v.say(q, "liveqa.tag")}, By: shelf.ByLive, User: user,
			Note: shortened(fmt.Sprintf("%s %s", q.Title, time.UnixMilli(q.Starts).In(zoneFor(q.Zone)).Format(time.DateOnly)), shelf.MaxNote)}
		if a.Who > 0 && !a.Anonymous {
			card.Author = community.MemberKey(a.Who)
		}
		cards = append(cards, card)
	}
	n, err := v.app.store.ArchiveLive(ctx, q, cards, v.audit(user, "liveqa.archive", "", reason))
	if err != nil {
		return q, 0, err
	}
	q, err = v.desk().LiveByID(ctx, id)
	return q, n, err
}

// Address is where everybody sees it, asks and votes.
func (v liveqas) Address(q plan.LiveQA) string { return v.app.liveAddress(q) }

func (a *App) liveAddress(q plan.LiveQA) string { return a.base() + "/live/" + q.Code }

// Link is where one member signs up, asks and goes to the live: their own.
func (v liveqas) Link(ctx context.Context, id community.ID, m community.MemberKey) (string, error) {
	q, err := v.desk().LiveByID(ctx, id)
	if err != nil {
		return "", err
	}
	link, err := v.app.livePass(ctx, q, int64(m))
	return v.app.liveAddress(q) + "/" + link, err
}

package api

import (
	"cmp"
	"context"

	"qunluo/internal/community"
	"qunluo/internal/plan"
)

// LiveQAs keeps live Q&As.
type LiveQAs interface {
	List(ctx context.Context, g community.GroupKey, page community.Page) ([]plan.LiveQA, int, error)
	ByID(ctx context.Context, id community.ID) (plan.LiveQA, []plan.LiveQuestion, plan.LiveSums, error)
	People(ctx context.Context, id community.ID) ([]plan.LivePerson, error)
	Link(ctx context.Context, id community.ID, m community.MemberKey) (string, error)
	Series(ctx context.Context, g community.GroupKey) (plan.LiveSeries, error)
	SetSeries(ctx context.Context, user string, g community.GroupKey, s plan.LiveSeries, reason string) error
	New(ctx context.Context, user string, q plan.LiveQA, reason string) (plan.LiveQA, error)
	Edit(ctx context.Context, user string, id community.ID, version int, to plan.LiveQA, reason string) (plan.LiveQA, error)
	SetAddress(ctx context.Context, user string, id community.ID, address, reason string) (plan.LiveQA, error)
	Lay(ctx context.Context, user string, id community.ID, reason string) ([]plan.Item, error)
	Cancel(ctx context.Context, user string, id community.ID, reason string) (plan.LiveQA, error)
	SetNotes(ctx context.Context, user string, id community.ID, version int, notes string) (plan.LiveQA, error)
	Add(ctx context.Context, user string, id community.ID, member community.MemberKey, text string) (plan.LiveQuestion, error)
	Answer(ctx context.Context, user string, id community.ID, no, version int, text string) (plan.LiveQuestion, error)
	Pass(ctx context.Context, user string, id community.ID, no int, reason string) (plan.LiveQuestion, error)
	Reopen(ctx context.Context, user string, id community.ID, no int) (plan.LiveQuestion, error)
	Merge(ctx context.Context, user string, id community.ID, no, into int) (plan.LiveQuestion, error)
	Finish(ctx context.Context, user string, id community.ID, reason string) (plan.LiveQA, int, error)
	Archive(ctx context.Context, user string, id community.ID, reason string) (plan.LiveQA, int, error)
	Address(q plan.LiveQA) string
}

// liveTerms is what people write of a live Q&A.
type liveTerms struct {
	Title   string `json:"title" minLength:"1" maxLength:"60"`
	Host    string `json:"host,omitempty" maxLength:"40" doc:"who answers"`
	Address string `json:"address,omitempty" maxLength:"2000" doc:"where the live is, http or https; empty = not known yet"`
	Word    string `json:"word" minLength:"1" maxLength:"10" doc:"begins a question in the chat"`
	Remind  []int  `json:"remind_minutes" maxItems:"4" doc:"before it begins; 0 = when it begins"`
	Lang    string `json:"language" enum:"zh-CN,en"`
}

func (t liveTerms) plan() plan.LiveTerms { return plan.LiveTerms(t) }

// LiveRow is a live Q&A.
type LiveRow struct {
	ID        community.ID `json:"id"`
	Group     community.ID `json:"group"`
	Called    string       `json:"group_name"`
	State     string       `json:"state" doc:"planned, collecting, live, over (waits for its answers), answered, archived or cancelled"`
	Version   int          `json:"version"`
	Terms     liveTerms    `json:"terms"`
	Opens     moment       `json:"opens_at" doc:"from then on questions are taken"`
	Starts    moment       `json:"starts_at"`
	Ends      moment       `json:"ends_at"`
	Slot      string       `json:"slot" doc:"of the calendar; empty = none"`
	Page      string       `json:"page" doc:"where everybody sees it, asks and votes; /go behind it leads to the live"`
	Notes     string       `json:"notes"`
	Why       string       `json:"why" doc:"why it was called off"`
	Questions int          `json:"questions" doc:"that stand"`
	Open      int          `json:"open" doc:"of those, not answered yet"`
}

func (c *call) liveOf(q plan.LiveQA) LiveRow {
	t := liveTerms(q.LiveTerms)
	t.Remind = append([]int{}, t.Remind...)
	return LiveRow{q.ID, q.GroupID, q.GroupName, string(cmp.Or(q.Stage, q.State)), q.Version, t, moment(q.Opens), moment(q.Starts), moment(q.Ends), q.Slot, c.lives().Address(q), q.Notes, q.Why, q.Questions, q.Open}
}

func (c *call) lives() LiveQAs { return room(c, c.a.deps.Rooms.LiveQAs) }

func (c *call) liveDone(q plan.LiveQA, err error) (LiveRow, error) {
	if err != nil {
		return LiveRow{}, err
	}
	q, _, _, err = c.lives().ByID(c.ctx(), q.ID)
	return c.liveOf(q), err
}

type liveAsked struct {
	No        int          `json:"no"`
	State     string       `json:"state" doc:"open, answered, merged, passed or withdrawn"`
	Votes     int          `json:"votes" doc:"of members"`
	Guests    int          `json:"guest_votes"`
	Member    community.ID `json:"member" doc:"who asked; null = no member"`
	Name      string       `json:"name"`
	Anonymous bool         `json:"anonymous" doc:"the others do not see who asked"`
	Text      string       `json:"text"`
	Answer    string       `json:"answer"`
	Into      int          `json:"into" doc:"the question that it was merged into; 0 = none"`
	Way       string       `json:"way" doc:"page, chat or hand"`
	Reason    string       `json:"reason" doc:"why it was left out"`
	Asked     moment       `json:"asked_at"`
	Told      moment       `json:"told_at" doc:"when the answer went back to who asked"`
	Back      string       `json:"back" doc:"by which way: private, group, task or page; empty = not yet"`
	Version   int          `json:"version"`
}

func liveAskedOf(a plan.LiveQuestion) liveAsked {
	return liveAsked{a.No, a.State, a.Votes, a.Guests, a.MemberID, a.Name, a.Anonymous, a.Text, a.Answer, a.Into, a.Way, a.Reason, moment(a.Made), moment(a.Told), a.Back, a.Version}
}

func askedNow(a plan.LiveQuestion, err error) (liveAsked, error) {
	if err != nil {
		return liveAsked{}, err
	}
	return liveAskedOf(a), nil
}

type liveFigures struct {
	Signed    int      `json:"signed_up"`
	Asked     int      `json:"people_who_asked"`
	Questions int      `json:"questions"`
	Answered  int      `json:"answered"`
	Told      int      `json:"answers_back" doc:"handed over to who asked, by whatever way; to a task where the connection can do none"`
	Came      int      `json:"came" doc:"people who opened the link to the live while it led there, and whom we know by their own link"`
	SignedIn  int      `json:"came_signed_up" doc:"of those, who had signed up"`
	Opens     int      `json:"openings"`
	Unknown   int      `json:"openings_unknown" doc:"of those, by nobody we know"`
	Share     *float64 `json:"share" doc:"of those who signed up, who came; null = fewer than 5 signed up"`
}

// liveWhole is a live Q&A with its questions, those with the most votes first.
type liveWhole struct {
	LiveRow
	List    list[liveAsked] `json:"list"`
	Figures liveFigures     `json:"figures"`
}

// LiveOrder is what a live Q&A is made of.
type LiveOrder struct {
	Terms  liveTerms `json:"terms"`
	Slot   string    `json:"slot,omitempty" maxLength:"40" doc:"of the calendar; without a beginning it is the slot's next time"`
	Starts moment    `json:"starts_at,omitempty"`
	Ends   moment    `json:"ends_at,omitempty" doc:"null = as the slot does, or an hour later"`
	Opens  moment    `json:"opens_at,omitempty" doc:"null = 3 days before"`
	Maybe
}

func (o LiveOrder) plan(g community.GroupKey) plan.LiveQA {
	return plan.LiveQA{Group: g, LiveTerms: o.Terms.plan(), Slot: o.Slot, Starts: int64(o.Starts), Ends: int64(o.Ends), Opens: int64(o.Opens)}
}

// LiveWeekly says how a group's live Q&As come back.
type LiveWeekly struct {
	On    bool      `json:"on" doc:"the next one is laid down by itself"`
	Slot  string    `json:"slot" maxLength:"40" doc:"of the calendar"`
	Days  int       `json:"days" minimum:"1" maximum:"7" doc:"before it begins, from which questions are taken"`
	Terms liveTerms `json:"terms"`
}

func liveWeeklyOf(s plan.LiveSeries) LiveWeekly {
	t := liveTerms(s.LiveTerms)
	t.Remind = append([]int{}, t.Remind...)
	return LiveWeekly{s.On, s.Slot, s.Ahead, t}
}

type liveNo struct {
	byID
	No int `path:"no" minimum:"1" doc:"number of the question"`
}

type livePerson struct {
	Member community.ID `json:"member" doc:"null = a guest of the page, or nobody we know"`
	Name   string       `json:"name"`
	Kind   string       `json:"kind" doc:"member, guest or unknown"`
	Signed moment       `json:"signed_up_at"`
	Opens  int          `json:"openings"`
	First  moment       `json:"first_at"`
	Last   moment       `json:"last_at"`
}

func livePersonOf(p plan.LivePerson) livePerson {
	kind := "member"
	switch {
	case p.Who == 0:
		kind = "unknown"
	case p.Who < 0:
		kind = "guest"
	}
	return livePerson{p.MemberID, p.Name, kind, moment(p.Signed), p.Opens, moment(p.First), moment(p.Last)}
}

func liveLines() []line {
	const area = community.AreaContent
	return []line{
		on("listLiveQAs", "GET /groups/{id}/liveqa", "A group's live Q&As, those that begin last first", area, []string{"GET /liveqa"}, func(c *call, in *groupPaging) (list[LiveRow], error) {
			p, err := c.page(in.paging, sorting{})
			if err != nil {
				return list[LiveRow]{}, err
			}
			g, err := c.desk.GroupByID(c.ctx(), in.ID)
			if err != nil {
				return list[LiveRow]{}, err
			}
			rows, total, err := c.lives().List(c.ctx(), g.Key, p)
			return listed(c, p, rows, total, c.liveOf), err
		}),
		on("getLiveQA", "GET /liveqa/{id}", "One live Q&A with its questions, ranked, and its figures", area, []string{"GET /liveqa/{id}", "GET /liveqa/{id}/{no}"}, func(c *call, in *pagedByID) (liveWhole, error) {
			p, err := c.page(in.paging, sorting{})
			if err != nil {
				return liveWhole{}, err
			}
			q, rows, sums, err := c.lives().ByID(c.ctx(), in.ID)
			if err != nil {
				return liveWhole{}, err
			}
			f := liveFigures{sums.Signed, sums.Asked, sums.Questions, sums.Answered, sums.Told, sums.Came, sums.SignedIn, sums.Opens, sums.Unknown, nil}
			if share, ok := sums.Share(); ok {
				f.Share = &share
			}
			return liveWhole{c.liveOf(q), part(c, p, rows, liveAskedOf), f}, nil
		}),
		on("listLivePeople", "GET /liveqa/{id}/people", "Who signed up for a live Q&A, and who came", area, []string{"GET /liveqa/{id}/people"}, func(c *call, in *pagedByID) (list[livePerson], error) {
			p, err := c.page(in.paging, sorting{})
			if err != nil {
				return list[livePerson]{}, err
			}
			rows, err := c.lives().People(c.ctx(), in.ID)
			if err == nil {
				err = c.mayCarryOff(p, len(rows))
			}
			return part(c, p, rows, livePersonOf), err
		}),
		on("getLiveSeries", "GET /groups/{id}/liveqa/series", "How a group's live Q&As come back", area, []string{"GET /liveqa/series"}, inGroup(func(c *call, _ *byID, g community.GroupRow) (LiveWeekly, error) {
			s, err := c.lives().Series(c.ctx(), g.Key)
			return liveWeeklyOf(s), err
		})),
		on("setLiveSeries", "PUT /groups/{id}/liveqa/series", "Change how a group's live Q&As come back", area, []string{"POST /liveqa/series"}, inGroup(func(c *call, in *struct {
			byID
			Body struct {
				LiveWeekly
				Maybe
			}
		}, g community.GroupRow) (LiveWeekly, error) {
			s := plan.LiveSeries{On: in.Body.On, Slot: in.Body.Slot, Ahead: in.Body.Days, LiveTerms: in.Body.Terms.plan()}
			return liveWeeklyOf(s), c.lives().SetSeries(c.ctx(), c.who(), g.Key, s, in.Body.Reason)
		})),
		on("makeLiveQA", "POST /groups/{id}/liveqa", "Lay down a live Q&A", area, []string{"POST /liveqa/new", "GET /liveqa/new"}, inGroup(func(c *call, in *struct {
			byID
			Body LiveOrder
		}, g community.GroupRow) (LiveRow, error) {
			return c.liveDone(c.lives().New(c.ctx(), c.who(), in.Body.plan(g.Key), in.Body.Reason))
		})),
		on("editLiveQA", "PUT /liveqa/{id}", "Change a live Q&A before it begins", area, []string{"POST /liveqa/{id}/edit", "GET /liveqa/{id}/edit"}, func(c *call, in *struct {
			byID
			Body struct {
				Version int `json:"version" minimum:"1" doc:"as it was read"`
				LiveOrder
			}
		}) (LiveRow, error) {
			return c.liveDone(c.lives().Edit(c.ctx(), c.who(), in.ID, in.Body.Version, in.Body.LiveOrder.plan(0), in.Body.Reason))
		}),
		on("setLiveAddress", "PUT /liveqa/{id}/address", "Say where the live is", area, []string{"POST /liveqa/{id}/address"}, func(c *call, in *struct {
			byID
			Body struct {
				Address string `json:"address" maxLength:"2000" doc:"http or https; empty = not known any more"`
				Maybe
			}
		}) (LiveRow, error) {
			return c.liveDone(c.lives().SetAddress(c.ctx(), c.who(), in.ID, in.Body.Address, in.Body.Reason))
		}),
		on("layLiveQA", "POST /liveqa/{id}/lay", "Lay the reminders of a live Q&A into the calendar, for approval", area, []string{"POST /liveqa/{id}/lay"}, func(c *call, in *struct {
			byID
			Body Maybe
		}) (struct {
			Items []community.ID `json:"items" doc:"of the calendar, that were made"`
		}, error) {
			items, err := c.lives().Lay(c.ctx(), c.who(), in.ID, in.Body.Reason)
			return struct {
				Items []community.ID `json:"items" doc:"of the calendar, that were made"`
			}{mapped(items, func(i plan.Item) community.ID { return i.ID })}, err
		}),
		on("cancelLiveQA", "POST /liveqa/{id}/cancel", "Call a live Q&A off: those who signed up are told", area, []string{"POST /liveqa/{id}/cancel"}, func(c *call, in *undoOrder) (LiveRow, error) {
			return c.liveDone(c.lives().Cancel(c.ctx(), c.who(), in.ID, in.Body.Reason))
		}),
		on("noteLiveQA", "PUT /liveqa/{id}/notes", "Write down what was said", area, []string{"POST /liveqa/{id}/notes"}, func(c *call, in *struct {
			byID
			Body struct {
				Version int    `json:"version" minimum:"1" doc:"as it was read"`
				Notes   string `json:"notes" maxLength:"8000"`
			}
		}) (LiveRow, error) {
			return c.liveDone(c.lives().SetNotes(c.ctx(), c.who(), in.ID, in.Body.Version, in.Body.Notes))
		}),
		on("addLiveQuestion", "POST /liveqa/{id}/questions", "Write a question down", area, []string{"POST /liveqa/{id}/ask"}, func(c *call, in *struct {
			byID
			Body struct {
				Text   string       `json:"text" minLength:"1" maxLength:"300"`
				Member community.ID `json:"member,omitempty" doc:"who asked it"`
			}
		}) (liveAsked, error) {
			var key community.MemberKey
			if !in.Body.Member.IsZero() {
				m, err := c.desk.MemberByID(c.ctx(), in.Body.Member)
				if err != nil {
					return liveAsked{}, err
				}
				key = m.Key
			}
			return askedNow(c.lives().Add(c.ctx(), c.who(), in.ID, key, in.Body.Text))
		}),
		on("answerLiveQuestion", "PUT /liveqa/{id}/questions/{no}/answer", "Write the answer of a question", area, []string{"POST /liveqa/{id}/{no}/answer"}, func(c *call, in *struct {
			liveNo
			Body struct {
				Answer  string `json:"answer" minLength:"1" maxLength:"2000"`
				Version int    `json:"version" minimum:"1" doc:"of the question, as it was read"`
			}
		}) (liveAsked, error) {
			return askedNow(c.lives().Answer(c.ctx(), c.who(), in.ID, in.No, in.Body.Version, in.Body.Answer))
		}),
		on("passLiveQuestion", "POST /liveqa/{id}/questions/{no}/pass", "Leave a question out, and say why", area, []string{"POST /liveqa/{id}/{no}/pass"}, func(c *call, in *struct {
			liveNo
			Body Because
		}) (liveAsked, error) {
			return askedNow(c.lives().Pass(c.ctx(), c.who(), in.ID, in.No, in.Body.Reason))
		}),
		on("mergeLiveQuestion", "POST /liveqa/{id}/questions/{no}/merge", "Merge a question into another that asks the same", area, []string{"POST /liveqa/{id}/{no}/merge"}, func(c *call, in *struct {
			liveNo
			Body struct {
				Into int `json:"into" minimum:"1" doc:"number of the other question"`
			}
		}) (liveAsked, error) {
			return askedNow(c.lives().Merge(c.ctx(), c.who(), in.ID, in.No, in.Body.Into))
		}),
		on("reopenLiveQuestion", "POST /liveqa/{id}/questions/{no}/reopen", "Let a question stand again that was left out or merged", area, []string{"POST /liveqa/{id}/{no}/reopen"}, func(c *call, in *liveNo) (liveAsked, error) {
			return askedNow(c.lives().Reopen(c.ctx(), c.who(), in.ID, in.No))
		}),
		on("finishLiveQA", "POST /liveqa/{id}/finish", "End a live Q&A: its answers go back to who asked", area, []string{"POST /liveqa/{id}/finish"}, func(c *call, in *struct {
			byID
			Body Maybe
		}) (LiveRow, error) {
			q, _, err := c.lives().Finish(c.ctx(), c.who(), in.ID, in.Body.Reason)
			return c.liveDone(q, err)
		}),
		on("archiveLiveQA", "POST /liveqa/{id}/archive", "Archive a live Q&A: each answered question becomes a card", area, []string{"POST /liveqa/{id}/archive"}, func(c *call, in *struct {
			byID
			Body Maybe
		}) (LiveRow, error) {
			q, _, err := c.lives().Archive(c.ctx(), c.who(), in.ID, in.Body.Reason)
			return c.liveDone(q, err)
		}),
	}
}

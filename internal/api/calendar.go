package api

import (
	"context"

	"qunluo/internal/community"
	"qunluo/internal/plan"
)

// Calendars keeps the content calendar and the topic queue.
type Calendars interface {
	Calendar(ctx context.Context, g community.GroupKey, from, to string) (plan.Calendar, error)
	Fixtures(ctx context.Context) ([]plan.Fixture, error)
	SaveFixtures(ctx context.Context, user string, list []plan.Fixture, reason string) error
	Item(ctx context.Context, id community.ID) (plan.Item, error)
	Outlook(ctx context.Context, i plan.Item) (plan.Outlook, error)
	SaveItem(ctx context.Context, user string, id community.ID, seen int64, content plan.Content, note string) (plan.Item, error)
	MoveItem(ctx context.Context, user string, id community.ID, date, at, reason string) (plan.Item, error)
	AskItem(ctx context.Context, user string, id community.ID, reason string) (plan.Item, error)
	ApproveItem(ctx context.Context, user string, id community.ID, version int, override string) (plan.Item, error)
	SkipItem(ctx context.Context, user string, id community.ID, reason string) (plan.Item, error)
	Propose(ctx context.Context, g community.GroupKey, from, to string) (plan.Proposal, error)
	Fill(ctx context.Context, user string, g community.GroupKey, from, to string, only []string, reason string) ([]plan.Item, error)
	Topics(ctx context.Context, waiting bool) ([]plan.Topic, error)
	AddTopic(ctx context.Context, user string, t plan.Topic) (plan.Topic, error)
	DropTopic(ctx context.Context, user string, id community.ID, reason string) error
	Outcomes(ctx context.Context, id community.ID) ([]plan.PlaceOutcome, error)
	OutcomePicture(ctx context.Context, lang string, id community.ID) ([]byte, error)
}

// mixShare is the share of a class.
type mixShare struct {
	Class   string  `json:"class" enum:"useful,interactive,promotion"`
	Posts   int     `json:"posts"`
	Share   float64 `json:"share" doc:"by posts, 0 to 1"`
	Low     float64 `json:"low" doc:"95 % interval (Wilson)"`
	High    float64 `json:"high"`
	Reach   float64 `json:"share_by_reach"`
	Minutes float64 `json:"share_by_minutes"`
	Target  float64 `json:"target"`
}

// calendarMix is how posts share the classes over 28 days.
type calendarMix struct {
	N         int        `json:"posts"`
	Unclassed int        `json:"unclassed" doc:"posts without a class: in no share"`
	Few       bool       `json:"too_few_to_judge" doc:"fewer than 20"`
	P         float64    `json:"p" doc:"exact multinomial test against 70/20/10"`
	Shares    []mixShare `json:"shares"`
}

func mixOf(m plan.Mix) calendarMix {
	out := calendarMix{N: m.N, Unclassed: m.Unclassed, Few: m.Few, P: m.P, Shares: []mixShare{}}
	for i, c := range plan.Classes() {
		out.Shares = append(out.Shares, mixShare{string(c), m.Posts[i], m.Share(c), m.Low[i], m.High[i], m.ShareOf(c), m.ShareIn(c), c.Target()})
	}
	return out
}

// calendarPlace is an item in one group.
type calendarPlace struct {
	Group     community.ID `json:"group"`
	Called    string       `json:"group_name"`
	Zone      string       `json:"zone"`
	Due       moment       `json:"due_at"`
	Goal      int          `json:"goal_version"`
	Broadcast community.ID `json:"broadcast" doc:"the mass send that it became"`
	State     string       `json:"state" doc:"of its send; empty = not handed over"`
	Missed    string       `json:"missed" doc:"why it did not go"`
}

// calendarItem is one post of the calendar.
type calendarItem struct {
	ID       community.ID    `json:"id"`
	Title    string          `json:"title"`
	Text     string          `json:"text"`
	Options  []string        `json:"options" doc:"of a poll"`
	Link     string          `json:"link"`
	Class    string          `json:"class" enum:"useful,interactive,promotion"`
	Format   string          `json:"format"`
	Minutes  int64           `json:"minutes"`
	Fen      int64           `json:"fen"`
	Serves   string          `json:"serves"`
	Slot     string          `json:"slot"`
	Date     string          `json:"date"`
	At       string          `json:"at"`
	Reason   string          `json:"reason"`
	State    string          `json:"state" enum:"draft,asked,approved,sent,skipped,failed"`
	Version  int             `json:"version"`
	Approved int             `json:"approved_version"`
	Maker    string          `json:"maker"`
	Asker    string          `json:"asker"`
	Approver string          `json:"approver"`
	Override string          `json:"override" doc:"why it was approved without a second person"`
	Why      string          `json:"why"`
	Places   []calendarPlace `json:"places"`
}

func calendarItemOf(i plan.Item) calendarItem {
	return calendarItem{i.ID, i.Title, i.Text, append([]string{}, i.Options...), i.Link.URL, string(i.Class), i.Format, i.Minutes, i.Fen, i.Serves, i.Fixture, i.Date, i.At, i.Reason, string(i.State), i.Version, i.Approved, i.Maker, i.Asker, i.Approver, i.Override, i.Why,
		mapped(i.Places, func(p plan.Place) calendarPlace {
			return calendarPlace{p.GroupID, p.Name, p.Zone, moment(p.Due), p.Goal, p.Broadcast, string(p.State), p.Missed}
		})}
}

// calendarBeyond is how an item goes beyond the mix in one group.
type calendarBeyond struct {
	Called string  `json:"group_name"`
	Code   string  `json:"code" enum:"mix,promo_posts,promo_minutes,promo_row,promo_quiet"`
	Have   int64   `json:"have"`
	Of     int64   `json:"of"`
	Share  float64 `json:"share"`
	Target float64 `json:"target"`
}

// calendarLook is what is known of an item before it is approved.
type calendarLook struct {
	Item    calendarItem     `json:"item"`
	Says    string           `json:"says" doc:"as it will be sent, with its label"`
	Ad      string           `json:"ad" doc:"why it is an advertisement; empty = it is none"`
	Beyond  []calendarBeyond `json:"beyond"`
	Remarks []plan.Remark    `json:"remarks"`
}

type calendarAsk struct {
	Group community.ID `query:"group" doc:"empty = all"`
	From  string       `query:"from" doc:"2006-01-02; empty = today"`
	To    string       `query:"to" doc:"empty = for a week"`
}

type calendarView struct {
	From      string         `json:"from"`
	To        string         `json:"to"`
	Real      calendarMix    `json:"real" doc:"of the 28 days that end now"`
	Projected calendarMix    `json:"projected" doc:"of the 28 days that end with to, with what is planned"`
	Items     []calendarItem `json:"items"`
}

type calendarWritten struct {
	Title   string         `json:"title" minLength:"1" maxLength:"100"`
	Text    string         `json:"text,omitempty" maxLength:"4000" doc:"may be empty until approval is asked for"`
	Options []string       `json:"options,omitempty" maxItems:"9"`
	Link    string         `json:"link,omitempty" maxLength:"1000"`
	Named   string         `json:"link_title,omitempty" maxLength:"60"`
	Class   string         `json:"class" enum:"useful,interactive,promotion"`
	Format  string         `json:"format" maxLength:"40"`
	Minutes int64          `json:"minutes" minimum:"0"`
	Fen     int64          `json:"fen,omitempty" minimum:"0"`
	Serves  string         `json:"serves" doc:"goal, or a figure of one of its targets"`
	Groups  []community.ID `json:"groups" minItems:"1" maxItems:"200"`
	Slot    string         `json:"slot,omitempty" maxLength:"40"`
	Date    string         `json:"date" doc:"2006-01-02, in each group's zone"`
	At      string         `json:"at" doc:"HH:MM"`
	Reason  string         `json:"reason,omitempty" maxLength:"500" doc:"why it goes although it is beyond the mix"`
}

func (c *call) written(w calendarWritten) (plan.Content, error) {
	keys, err := c.groupKeys(w.Groups)
	return plan.Content{Title: w.Title, Text: w.Text, Options: w.Options, Link: plan.Attached{URL: w.Link, Title: w.Named}, Class: plan.Class(w.Class), Format: w.Format, Minutes: w.Minutes, Fen: w.Fen, Serves: w.Serves, Groups: keys, Fixture: w.Slot, Date: w.Date, At: w.At, Reason: w.Reason}, err
}

func (c *call) itemNow(i plan.Item, err error) (calendarItem, error) {
	if err != nil {
		return calendarItem{}, err
	}
	return calendarItemOf(i), nil
}

func (c *call) saveItem(id community.ID, w calendarWritten) (calendarItem, error) {
	content, err := c.written(w)
	if err != nil {
		return calendarItem{}, err
	}
	return c.itemNow(c.calendars().SaveItem(c.ctx(), c.who(), id, 0, content, ""))
}

func (c *call) calendars() Calendars { return room(c, c.a.deps.Rooms.Calendars) }

type fillAsk struct {
	byID
	From string `query:"from" required:"true"`
	To   string `query:"to" required:"true"`
}

type fillOrder struct {
	Body struct {
		Group community.ID `json:"group"`
		From  string       `json:"from"`
		To    string       `json:"to"`
		Only  []string     `json:"only,omitempty" maxItems:"200" doc:"slot@date; empty = all that is proposed"`
		Maybe
	}
}

type calendarProposed struct {
	Slot   string `json:"slot"`
	Date   string `json:"date"`
	At     string `json:"at"`
	Class  string `json:"class"`
	Format string `json:"format"`
	Title  string `json:"title"`
	Text   string `json:"text"`
}

type calendarProposal struct {
	Items []calendarProposed `json:"items"`
	Left  []plan.Left        `json:"left" doc:"slots that stay empty, and why"`
}

// queuedTopic is a topic of the queue.
type queuedTopic struct {
	ID      community.ID `json:"id"`
	Title   string       `json:"title"`
	Text    string       `json:"text"`
	Class   string       `json:"class"`
	Format  string       `json:"format"`
	Options []string     `json:"options"`
	State   string       `json:"state" enum:"waiting,used,out"`
	Created moment       `json:"created_at"`
	Used    moment       `json:"used_at"`
}

func topicOf(t plan.Topic) queuedTopic {
	return queuedTopic{t.ID, t.Title, t.Text, string(t.Class), t.Format, append([]string{}, t.Options...), string(t.State), moment(t.Created), moment(t.Used)}
}

// pollOutcome is how a poll came out in one group.
type pollOutcome struct {
	Group   community.ID `json:"group"`
	Called  string       `json:"group_name"`
	Votes   []int        `json:"votes" doc:"by option"`
	Voters  int          `json:"voters" doc:"of a question: who said something"`
	Said    int          `json:"messages"`
	Present int          `json:"members"`
	Until   moment       `json:"until"`
}

func calendarLines() []line {
	area := community.AreaContent
	return []line{
		on("getCalendar", "GET /calendar", "The content calendar with its mix", area, []string{"GET /calendar"}, func(c *call, in *calendarAsk) (calendarView, error) {
			g, err := c.group(in.Group)
			if err != nil {
				return calendarView{}, err
			}
			v, err := c.calendars().Calendar(c.ctx(), g.Key, in.From, in.To)
			return calendarView{v.From, v.To, mixOf(v.Real), mixOf(v.Projected), mapped(v.Items, calendarItemOf)}, err
		}),
		on("getCalendarItem", "GET /calendar/{id}", "One item with what is to be remarked of it", area, []string{"GET /calendar/{id}"}, func(c *call, in *byID) (calendarLook, error) {
			i, err := c.calendars().Item(c.ctx(), in.ID)
			if err != nil {
				return calendarLook{}, err
			}
			o, err := c.calendars().Outlook(c.ctx(), i)
			out := calendarLook{Item: calendarItemOf(i), Says: o.Says.Link.Whole(o.Says.Text), Ad: o.Ad, Beyond: []calendarBeyond{}, Remarks: append([]plan.Remark{}, o.Remarks...)}
			for _, p := range o.Beyond {
				for _, b := range p.List {
					out.Beyond = append(out.Beyond, calendarBeyond{p.Name, b.Code, b.Have, b.Of, b.Share, b.Target})
				}
			}
			return out, err
		}),
		on("addCalendarItem", "POST /calendar", "A new item, as a draft", area, []string{"POST /calendar"}, func(c *call, in *struct{ Body calendarWritten }) (calendarItem, error) {
			return c.saveItem(community.ID{}, in.Body)
		}),
		on("editCalendarItem", "PUT /calendar/{id}", "The next version of an item, as a draft", area, []string{"POST /calendar"}, func(c *call, in *struct {
			byID
			Body calendarWritten
		}) (calendarItem, error) {
			return c.saveItem(in.ID, in.Body)
		}),
		on("moveCalendarItem", "POST /calendar/{id}/move", "Put an item on another date", area, []string{"POST /calendar/{id}/move"}, func(c *call, in *struct {
			byID
			Body struct {
				Date string `json:"date"`
				At   string `json:"at,omitempty"`
				Maybe
			}
		}) (calendarItem, error) {
			return c.itemNow(c.calendars().MoveItem(c.ctx(), c.who(), in.ID, in.Body.Date, in.Body.At, in.Body.Reason))
		}),
		on("askCalendarItem", "POST /calendar/{id}/ask", "Lay an item before a second person", area, []string{"POST /calendar/{id}/ask"}, func(c *call, in *struct {
			byID
			Body Maybe
		}) (calendarItem, error) {
			return c.itemNow(c.calendars().AskItem(c.ctx(), c.who(), in.ID, in.Body.Reason))
		}),
		on("approveCalendarItem", "POST /calendar/{id}/approve", "Approve the version of an item that was seen", area, []string{"POST /calendar/{id}/approve"}, func(c *call, in *struct {
			byID
			Body struct {
				Version  int    `json:"version" minimum:"1"`
				Override string `json:"override,omitempty" maxLength:"500" doc:"where nobody else may approve: why it goes without a second person"`
			}
		}) (calendarItem, error) {
			return c.itemNow(c.calendars().ApproveItem(c.ctx(), c.who(), in.ID, in.Body.Version, in.Body.Override))
		}),
		on("skipCalendarItem", "POST /calendar/{id}/skip", "Leave an item out", area, []string{"POST /calendar/{id}/skip"}, func(c *call, in *undoOrder) (calendarItem, error) {
			return c.itemNow(c.calendars().SkipItem(c.ctx(), c.who(), in.ID, in.Body.Reason))
		}),
		on("listCalendarOutcomes", "GET /calendar/{id}/outcomes", "How a poll or a question came out, by group", area, []string{"GET /calendar/{id}"}, func(c *call, in *byID) (list[pollOutcome], error) {
			rows, err := c.calendars().Outcomes(c.ctx(), in.ID)
			return whole(rows, func(o plan.PlaceOutcome) pollOutcome {
				return pollOutcome{o.GroupID, o.Name, o.Votes, o.Voters, o.Said, o.Present, moment(o.Until)}
			}), err
		}),
		on("proposeCalendar", "GET /groups/{id}/calendar-proposal", "What a group's free slots may hold", area, []string{"GET /calendar/fill"}, func(c *call, in *fillAsk) (calendarProposal, error) {
			g, err := c.group(in.ID)
			if err != nil {
				return calendarProposal{}, err
			}
			p, err := c.calendars().Propose(c.ctx(), g.Key, in.From, in.To)
			return calendarProposal{mapped(p.Items, func(i plan.Content) calendarProposed {
				return calendarProposed{i.Fixture, i.Date, i.At, string(i.Class), i.Format, i.Title, i.Text}
			}), append([]plan.Left{}, p.Left...)}, err
		}),
		on("fillCalendar", "POST /calendar-proposal", "Make items of what is proposed", area, []string{"POST /calendar/fill"}, func(c *call, in *fillOrder) (list[calendarItem], error) {
			g, err := c.group(in.Body.Group)
			if err != nil {
				return list[calendarItem]{}, err
			}
			rows, err := c.calendars().Fill(c.ctx(), c.who(), g.Key, in.Body.From, in.Body.To, in.Body.Only, in.Body.Reason)
			return whole(rows, calendarItemOf), err
		}),
		on("listCalendarSlots", "GET /calendar-slots", "Slots that come back", area, []string{"GET /calendar/slots"}, func(c *call, _ *struct{}) (list[plan.Fixture], error) {
			rows, err := c.calendars().Fixtures(c.ctx())
			return whole(rows, func(f plan.Fixture) plan.Fixture { return f }), err
		}),
		on("listTopics", "GET /topics", "Topics of the queue", area, []string{"GET /topics"}, func(c *call, in *struct {
			Waiting bool `query:"waiting"`
		}) (list[queuedTopic], error) {
			rows, err := c.calendars().Topics(c.ctx(), in.Waiting)
			return whole(rows, topicOf), err
		}),
		on("addTopic", "POST /topics", "Put a topic into the queue", area, []string{"POST /topics"}, func(c *call, in *struct {
			Body struct {
				Title   string   `json:"title" minLength:"1" maxLength:"100"`
				Text    string   `json:"text" minLength:"1" maxLength:"4000"`
				Class   string   `json:"class" enum:"useful,interactive,promotion"`
				Format  string   `json:"format" maxLength:"40"`
				Options []string `json:"options,omitempty" maxItems:"9"`
				Reason  string   `json:"reason,omitempty" maxLength:"500" doc:"why it comes again although something almost the same came within half a year"`
			}
		}) (queuedTopic, error) {
			b := in.Body
			t, err := c.calendars().AddTopic(c.ctx(), c.who(), plan.Topic{Title: b.Title, Text: b.Text, Class: plan.Class(b.Class), Format: b.Format, Options: b.Options, Reason: b.Reason})
			return topicOf(t), err
		}),
		on("dropTopic", "POST /topics/{id}/drop", "Take a topic out of the queue", area, []string{"POST /topics/{id}/drop"}, func(c *call, in *undoOrder) (none, error) {
			return did(c.calendars().DropTopic(c.ctx(), c.who(), in.ID, in.Body.Reason))
		}),
	}
}

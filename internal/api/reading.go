package api

import (
	"context"
	"strconv"

	"qunluo/internal/community"
	"qunluo/internal/measure"
)

// Moments is what is posted on employees' pages (客户朋友圈).
type Moments interface {
	List(ctx context.Context, a community.AccountKey, days int) ([]community.Moment, error)
	Reactions(ctx context.Context, moment string, p community.Page) ([]community.MomentReaction, int, error)
	Sums(ctx context.Context) (map[string][2]int64, error)
	Post(ctx context.Context, user string, a community.AccountKey, order community.MomentOrder, pictures []community.ID, reason string) (string, error)
}

// articleDay is what a platform told of one day of an account.
type articleDay struct {
	Day      day    `json:"day"`
	State    string `json:"state" doc:"told, or why there are no figures: not_yet, failed, unasked"`
	Articles int64  `json:"articles"`
	Times    int64  `json:"times"`
	Shares   int64  `json:"shares"`
	Told     moment `json:"told_at"`
	Asked    moment `json:"asked_at"`
	Code     string `json:"code" doc:"why it did not tell when it was last asked; empty = it did"`
}

// articleRow is one article on one day.
type articleRow struct {
	Day     day    `json:"day"`
	Article string `json:"article" doc:"the platform's id"`
	Title   string `json:"title"`
	People  int64  `json:"people" doc:"who opened it that day; the same person counts on each day"`
	Times   int64  `json:"times"`
	Shares  int64  `json:"shares"`
	Saves   int64  `json:"saves"`
}

// articles is what a platform tells of an account's articles: totals that name nobody.
type articles struct {
	Cannot string           `json:"cannot" doc:"why this account's platform tells nothing; empty = it may"`
	Days   []articleDay     `json:"days" doc:"the latest first"`
	List   list[articleRow] `json:"articles"`
}

func getArticles(c *call, in *struct {
	byID
	Days int `query:"days" minimum:"1" maximum:"400" default:"30"`
	paging
}) (articles, error) {
	p, err := c.page(in.paging, sorting{})
	if err != nil {
		return articles{}, err
	}
	a, err := c.account(in.ID)
	if err != nil {
		return articles{}, err
	}
	rooms, out := c.a.deps.Rooms.Articles(c.User.Org), articles{}
	switch err := rooms.May(c.ctx(), a.Key); community.CodeOf(err) {
	case community.CodeNone:
	case community.CodeUnsupported:
		out.Cannot = err.Error()
	default:
		return out, err
	}
	spans, err := rooms.Days(c.ctx(), a.Key, in.Days)
	if err != nil {
		return out, err
	}
	out.Days = mapped(spans, func(s measure.ArticleSpan) articleDay {
		return articleDay{day(s.Day), s.State, s.Sum.Articles, s.Sum.Times, s.Sum.Shares, moment(s.Read.Told), moment(s.Read.Asked), string(s.Read.Code)}
	})
	rows, total, err := rooms.List(c.ctx(), a.Key, in.Days, p)
	out.List = listed(c, p, rows, total, func(r measure.ArticleRow) articleRow {
		return articleRow{day(r.Day), r.Article, r.Title, r.People, r.Times, r.Shares, r.Saves}
	})
	return out, err
}

type momentPost struct {
	Employee  string `json:"employee" doc:"as the platform calls them"`
	Name      string `json:"name"`
	Published bool   `json:"published"`
}

// post is a moment (客户朋友圈).
type post struct {
	ID       string       `json:"id" doc:"the platform's"`
	Text     string       `json:"text"`
	Link     string       `json:"link"`
	Pictures int          `json:"pictures"`
	Creator  string       `json:"creator" doc:"the employee who wrote it; empty = it was made for employees to confirm"`
	At       moment       `json:"at"`
	Partly   bool         `json:"only_some_see_it"`
	Posts    []momentPost `json:"posts"`
	Likes    int64        `json:"likes"`
	Comments int64        `json:"comments"`
}

func listPosts(c *call, in *struct {
	byID
	Days int `query:"days" minimum:"1" maximum:"30" default:"30"`
	paging
}) (list[post], error) {
	p, err := c.page(in.paging, sorting{})
	if err != nil {
		return list[post]{}, err
	}
	a, err := c.account(in.ID)
	if err != nil {
		return list[post]{}, err
	}
	rooms := c.a.deps.Rooms.Moments(c.User.Org)
	rows, err := rooms.List(c.ctx(), a.Key, in.Days)
	if err != nil {
		return list[post]{}, err
	}
	sums, err := rooms.Sums(c.ctx())
	return part(c, p, rows, func(m community.Moment) post {
		return post{m.ID, m.Text, m.Link, m.Pictures, m.Creator, moment(m.At), m.Partly, mapped(m.Posts, func(v community.MomentPost) momentPost {
			return momentPost{v.Employee, v.Name, v.Published}
		}), sums[m.ID][0], sums[m.ID][1]}
	}), err
}

// reaction is what one contact did under a moment.
type reaction struct {
	Member   community.ID `json:"member"`
	Name     string       `json:"name"`
	Moment   string       `json:"moment"`
	Likes    int64        `json:"likes"`
	Comments int64        `json:"comments"`
	Last     moment       `json:"last_at"`
}

// signalEntry is a signal that somebody may become active.
type signalEntry struct {
	Who    string `json:"who" minLength:"1" maxLength:"200" doc:"a member's id, the platform's id, or a name"`
	Kind   string `json:"kind" minLength:"1" maxLength:"40"`
	At     moment `json:"at"`
	Source string `json:"source,omitempty" maxLength:"200"`
}

// faultsOf says which rows of a body cannot be taken.
func faultsOf(field string, n int, at func(i int) (row int, what string)) error {
	if n == 0 {
		return nil
	}
	r := &refusal{}
	for i := range n {
		row, what := at(i)
		r.faults = append(r.faults, Fault{"body." + field + "[" + strconv.Itoa(row) + "]." + what, "not right"})
	}
	r.error = community.Errorf(community.CodeBadInput, "%s: nothing was entered", r.faults[0].Location)
	return r
}

// signalsAdded is what became of signals that were entered.
type signalsAdded struct {
	Added int `json:"added"`
	Known int `json:"known" doc:"were there before"`
	Alone int `json:"unmatched" doc:"of people whom no member is found for"`
}

func addSignals(c *call, in *struct {
	Body struct {
		Signals []signalEntry `json:"signals" minItems:"1" maxItems:"1000"`
	}
}) (signalsAdded, error) {
	lines := make([]measure.SignalLine, len(in.Body.Signals))
	for i, s := range in.Body.Signals {
		lines[i] = measure.SignalLine{Who: s.Who, Kind: s.Kind, At: int64(s.At), Source: s.Source, Line: i}
	}
	added, known, alone, faults, err := room(c, c.a.deps.Rooms.Leads).EnterLines(c.ctx(), c.who(), lines)
	if err == nil {
		err = faultsOf("signals", len(faults), func(i int) (int, string) {
			return faults[i].Line, map[string]string{"who": "who", "kind": "kind", "time": "at", "text": "source"}[faults[i].What]
		})
	}
	return signalsAdded{added, known, alone}, err
}

// lead is a person whom the rule marks.
type lead struct {
	Member  *community.ID `json:"member" doc:"null = not known as a member yet"`
	Who     string        `json:"who"`
	At      moment        `json:"at" doc:"when the rule was first met"`
	Score   int           `json:"score"`
	Reasons []leadReason  `json:"reasons"`
	State   string        `json:"state"`
	Active  moment        `json:"active_at" doc:"null = never"`
}

type leadReason struct {
	Kind   string `json:"kind"`
	Weight int    `json:"weight"`
	At     moment `json:"at"`
	Source string `json:"source"`
}

// leadsMarked is whom the rule marks, and how well it does.
type leadsMarked struct {
	Precision share          `json:"precision"`
	Recall    share          `json:"recall"`
	Signals   map[string]int `json:"signals" doc:"by kind"`
	Unmatched int            `json:"unmatched"`
	People    list[lead]     `json:"people" doc:"the latest first"`
}

// share is a figure with its 95 % interval (Wilson).
type share struct {
	Share figure   `json:"share"`
	Low   *float64 `json:"low"`
	High  *float64 `json:"high"`
}

func shareOf(s measure.Share) share {
	out := share{Share: figureOf(s.Figure)}
	if s.Withheld == "" && s.Den > 0 {
		out.Low, out.High = finite(s.Low), finite(s.High)
	}
	return out
}

func listLeads(c *call, in *struct{ paging }) (leadsMarked, error) {
	p, err := c.page(in.paging, sorting{})
	if err != nil {
		return leadsMarked{}, err
	}
	rooms := room(c, c.a.deps.Rooms.Leads)
	rule, err := rooms.Rule(c.ctx())
	if err != nil {
		return leadsMarked{}, err
	}
	l, err := rooms.Mark(c.ctx(), rule.LeadRule)
	if err == nil {
		err = c.mayCarryOff(p, len(l.List))
	}
	if err != nil {
		return leadsMarked{}, err
	}
	from := min(p.Offset, len(l.List))
	shown := l.List[from:min(from+p.Limit, len(l.List))]
	known, err := c.named(mapped(shown, func(l measure.Lead) community.MemberKey { return l.Member }))
	signals := l.Signals
	if signals == nil {
		signals = map[string]int{}
	}
	return leadsMarked{shareOf(l.Precision), shareOf(l.Recall), signals, l.Unmatched, listed(c, p, shown, len(l.List), func(one measure.Lead) lead {
		out := lead{Who: one.Who, At: moment(one.At), Score: one.Score, State: one.State, Active: moment(one.Active), Reasons: mapped(one.Reasons, func(r measure.Reason) leadReason {
			return leadReason{r.Kind, r.Weight, moment(r.At), r.Source}
		})}
		if m, ok := known[one.Member]; ok {
			out.Member, out.Who = &m.ID, m.Name
		}
		return out
	})}, err
}

type paidEntry struct {
	Member   community.ID `json:"member"`
	Amount   int64        `json:"amount" doc:"minor units; below 0 = a refund"`
	Currency string       `json:"currency,omitempty" enum:"CNY,HKD,TWD,USD,EUR,SGD," doc:"empty = CNY"`
	At       moment       `json:"at"`
	What     string       `json:"what,omitempty" maxLength:"200"`
	Ref      string       `json:"ref,omitempty" maxLength:"200" doc:"the shop's number; the same is entered once in a group"`
}

// paymentsAdded is what became of payments that were entered.
type paymentsAdded struct {
	Added []community.ID `json:"added"`
	Known int            `json:"known" doc:"their number was entered before"`
}

func addPayments(c *call, in *struct {
	byID
	Body struct {
		Payments []paidEntry `json:"payments" minItems:"1" maxItems:"1000"`
	}
}, g community.GroupRow) (paymentsAdded, error) {
	rows := make([]community.Payment, len(in.Body.Payments))
	for i, one := range in.Body.Payments {
		m, err := c.desk.MemberByID(c.ctx(), one.Member)
		if err != nil {
			return paymentsAdded{}, err
		}
		rows[i] = community.Payment{Group: g.Key, Member: m.Key, At: int64(one.At), Amount: one.Amount, Currency: one.Currency, What: one.What, Ref: one.Ref}
		if one.Currency == "" {
			rows[i].Currency = "CNY"
		}
	}
	added, err := room(c, c.a.deps.Rooms.Payments).Add(c.ctx(), c.who(), rows)
	return paymentsAdded{mapped(added, func(p community.Payment) community.ID { return p.ID }), len(rows) - len(added)}, err
}

func giveReport(c *call, in *struct {
	byID
	Body struct {
		Message  int64        `json:"message,omitempty" minimum:"0" doc:"number of the message; left out = about a member"`
		Member   community.ID `json:"member,omitempty" doc:"who is reported; left out = the author of the message"`
		Reporter community.ID `json:"reporter,omitempty" doc:"who says so; left out = somebody who is not named"`
		Kind     string       `json:"kind" enum:"message,private"`
		Words    string       `json:"words,omitempty" maxLength:"1000"`
	}
}, g community.GroupRow) (report, error) {
	o := community.ReportOrder{Group: g.Key, Event: in.Body.Message, Kind: community.ReportKind(in.Body.Kind), Words: in.Body.Words}
	for _, one := range []struct {
		id community.ID
		to *community.MemberKey
	}{{in.Body.Member, &o.Member}, {in.Body.Reporter, &o.Reporter}} {
		if one.id.IsZero() {
			continue
		}
		m, err := c.desk.MemberByID(c.ctx(), one.id)
		if err != nil {
			return report{}, err
		}
		*one.to = m.Key
	}
	r, err := room(c, c.a.deps.Rooms.Reports).Give(c.ctx(), c.who(), o)
	return reportOf(r), err
}

// momentPosted is a moment that was handed to the platform.
type momentPosted struct {
	Moment string `json:"moment" doc:"empty = the platform still makes the tasks"`
}

func readingLines() []line {
	insight, content, order := community.AreaInsight, community.AreaContent, community.AreaOrder
	return []line{
		on("getArticles", "GET /connections/{id}/articles", "What the platform tells of an account's articles", content, []string{"GET /articles"}, getArticles),
		on("listMoments", "GET /connections/{id}/moments", "Moments (客户朋友圈) of an account, and who confirmed them", content, []string{"GET /moments"}, listPosts),
		on("listMomentReactions", "GET /moment-reactions", "Who reacted to a moment, or to any, the latest first", content, []string{"GET /moments/{id}/post"}, func(c *call, in *struct {
			Moment string `query:"moment" maxLength:"200" doc:"the platform's id; left out = any"`
			paging
		}) (list[reaction], error) {
			p, err := c.page(in.paging, sorting{})
			if err != nil {
				return list[reaction]{}, err
			}
			rows, total, err := c.a.deps.Rooms.Moments(c.User.Org).Reactions(c.ctx(), in.Moment, p)
			if err == nil {
				err = c.mayCarryOff(p, total)
			}
			return listed(c, p, rows, total, func(r community.MomentReaction) reaction {
				return reaction{r.Member.ID, r.Member.Name, r.Moment, r.Likes, r.Comments, moment(r.Last)}
			}), err
		}),
		on("postMoment", "POST /connections/{id}/moments", "Ask employees to publish a moment", content, []string{"POST /moments/{id}/new"}, func(c *call, in *struct {
			byID
			Body struct {
				Text      string         `json:"text,omitempty" maxLength:"2000"`
				Link      string         `json:"link,omitempty" maxLength:"2000"`
				LinkTitle string         `json:"link_title,omitempty" maxLength:"200"`
				Employees []string       `json:"employees,omitempty" maxItems:"500" doc:"as the platform calls them; empty = everybody"`
				Tags      []string       `json:"tags,omitempty" maxItems:"100" doc:"only contacts with one of these see it; empty = all"`
				Pictures  []community.ID `json:"pictures,omitempty" maxItems:"9" doc:"files that are kept"`
				Maybe
			}
		}) (momentPosted, error) {
			a, err := c.account(in.ID)
			id := ""
			if err == nil {
				b := in.Body
				id, err = c.a.deps.Rooms.Moments(c.User.Org).Post(c.ctx(), c.who(), a.Key, community.MomentOrder{Text: b.Text, Link: b.Link, LinkTitle: b.LinkTitle, Employees: b.Employees, Tags: b.Tags}, b.Pictures, b.Reason)
			}
			return momentPosted{id}, err
		}),
		on("listLeads", "GET /leads", "Whom the rule marks as likely to become active, and how well it does", insight, []string{"GET /leads"}, listLeads),
		on("addSignals", "POST /lead-signals", "Enter signals that people may become active, all or none", insight, []string{"POST /leads/signals"}, addSignals),
		on("addPayments", "POST /groups/{id}/payments", "Enter what members paid, all or none", community.AreaBusiness, []string{"POST /payments"}, inGroup(addPayments)),
		on("giveReport", "POST /groups/{id}/reports", "Record a report for somebody, about a message or a member", order, []string{"POST /reports"}, inGroup(giveReport)),
	}
}

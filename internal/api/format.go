package api

import (
	"context"

	"qunluo/internal/community"
	"qunluo/internal/measure"
)

// Formats compares in what form things come to groups.
type Formats interface {
	Formats(ctx context.Context, g community.GroupKey, from, to measure.Day) (measure.FormatReport, []measure.Sent, []measure.FormatPollRow, error)
	FormatsOver(ctx context.Context, tag string, from, to measure.Day) (measure.FormatOver, error)
	SaySent(ctx context.Context, user string, k measure.SentKey, v measure.SentSaid, reason string) error
	AddSent(ctx context.Context, user string, g community.GroupKey, title string, at int64, v measure.SentSaid) (measure.SentKey, error)
	AddFormatPoll(ctx context.Context, user string, v measure.FormatPollRow) (measure.FormatPollRow, error)
	DropFormatPoll(ctx context.Context, user string, id community.ID, reason string) error
}

// sharePart is a share with its interval.
type sharePart struct {
	Num  int64    `json:"num"`
	Den  int64    `json:"den"`
	Low  *float64 `json:"low" doc:"95 % (Wilson; over several groups with their design effect); null where den is 0"`
	High *float64 `json:"high"`
	Few  bool     `json:"few" doc:"of fewer than 20: the counts lead"`
}

func sharePartOf(p measure.Part) sharePart {
	out := sharePart{Num: p.Num, Den: p.Den, Few: p.Few}
	if p.Den > 0 {
		out.Low, out.High = finite(p.Low), finite(p.High)
	}
	return out
}

type formatRow struct {
	Format   string    `json:"format"`
	Things   int       `json:"things"`
	Sends    int       `json:"sends" doc:"times that one came"`
	Open     int       `json:"open" doc:"of these, not counted: their 24 hours have not passed, or are not on record"`
	Guessed  int       `json:"guessed" doc:"things whose format nobody confirmed"`
	Costed   int       `json:"costed" doc:"things of which somebody said what they cost"`
	Minutes  float64   `json:"minutes"`
	Fen      float64   `json:"fen"`
	Reach    sharePart `json:"reach"`
	ReadOf   int       `json:"reach_of" doc:"sends of which reads are known; 0 = reach is not known"`
	Replies  int       `json:"replies"`
	Answered sharePart `json:"answered"`
	Leaves   sharePart `json:"leaves" doc:"left within 24 hours"`
	Usual    *float64  `json:"usual_leaves" doc:"departures that the same hours bring as a rule"`
	Liked    sharePart `json:"liked" doc:"votes in polls"`
	Engaged  sharePart `json:"engaged" doc:"answered, of the members who were offered every format"`
}

// sentThing is something that came to a group.
type sentThing struct {
	Kind     string       `json:"kind" enum:"broadcast,sop,ballot,hand"`
	Source   community.ID `json:"source"`
	Step     string       `json:"step" doc:"of an SOP"`
	Title    string       `json:"title"`
	At       moment       `json:"at"`
	Format   string       `json:"format"`
	Guess    string       `json:"guess" doc:"the format that its parts suggest"`
	Minutes  *int64       `json:"minutes" doc:"null = nobody said"`
	Fen      *int64       `json:"fen"`
	Reads    *int64       `json:"reads"`
	Places   int          `json:"places" doc:"groups that it came to"`
	Counted  bool         `json:"counted"`
	Offered  int          `json:"offered"`
	Answered int          `json:"answered"`
	Left     int          `json:"left"`
}

type formatPoll struct {
	ID    community.ID     `json:"id"`
	Title string           `json:"title"`
	Day   day              `json:"day"`
	Votes map[string]int64 `json:"votes" doc:"by format"`
	User  string           `json:"user"`
	At    moment           `json:"entered_at"`
}

func formatPollOf(p measure.FormatPollRow) formatPoll {
	return formatPoll{p.ID, p.Title, day(p.Day), p.Votes, p.User, moment(p.At)}
}

// formats compares the formats of what came to a group.
type formats struct {
	From  day          `json:"from"`
	To    day          `json:"to"`
	Named []string     `json:"compared"`
	Every int          `json:"offered_every" doc:"members who were offered every compared format"`
	Rows  []formatRow  `json:"rows"`
	Sent  []sentThing  `json:"sent"`
	Polls []formatPoll `json:"polls"`
}

// said is a number that somebody may have said.
func said(n int64) *int64 {
	if n < 0 {
		return nil
	}
	return &n
}

// unsaid is the reverse of said.
func unsaid(n *int64) int64 {
	if n == nil {
		return measure.SentUnknown
	}
	return *n
}

func formatRowOf(r measure.FormatRow) formatRow {
	return formatRow{r.Format, r.Things, r.Sends, r.Open, r.Guessed, r.Costed, r.Minutes, r.Fen, sharePartOf(r.Reach), r.ReadOf, r.Replies, sharePartOf(r.Answered), sharePartOf(r.Leaves), finite(r.Usual), sharePartOf(r.Liked), sharePartOf(r.Engaged)}
}

// formatsOver compares the formats of what came to several groups; the intervals hold that members of one group are alike.
type formatsOver struct {
	From   day           `json:"from"`
	To     day           `json:"to"`
	Named  []string      `json:"compared"`
	Every  int           `json:"offered_every" doc:"members who were offered every compared format"`
	Rows   []formatRow   `json:"rows"`
	Of     int           `json:"groups_of" doc:"groups in the scope, with and without"`
	Asked  int           `json:"groups_with" doc:"of those, to which something came; more than groups has: a draw of them was looked at"`
	Unread int           `json:"groups_unread" doc:"of those, in which more was said than can be read"`
	Groups []formatPlace `json:"groups"`
}

type formatPlace struct {
	Group    community.ID `json:"group"`
	Things   int          `json:"things"`
	Sends    int          `json:"sends"`
	Open     int          `json:"open"`
	Answered sharePart    `json:"answered"`
	Leaves   sharePart    `json:"leaves"`
}

func compareFormats(c *call, in *struct {
	spanQuery
	Tag string `query:"tag" maxLength:"50" doc:"of groups; empty = all groups"`
}) (formatsOver, error) {
	from, to, err := c.days(0, in.spanQuery)
	if err != nil {
		return formatsOver{}, err
	}
	rep, err := room(c, c.a.deps.Rooms.Formats).FormatsOver(c.ctx(), in.Tag, from, to)
	return formatsOver{day(from), day(to), list0(rep.Named), len(rep.Every), mapped(rep.Rows, formatRowOf), rep.Of, rep.Asked, rep.Unread, mapped(rep.Groups, func(g measure.FormatPlace) formatPlace {
		return formatPlace{g.ID, g.Things, g.Sends, g.Open, sharePartOf(g.Answered), sharePartOf(g.Leaves)}
	})}, err
}

func getFormats(c *call, in *groupSpan, g community.GroupRow) (formats, error) {
	from, to, err := c.days(g.Key, in.spanQuery)
	if err != nil {
		return formats{}, err
	}
	rep, sent, polls, err := room(c, c.a.deps.Rooms.Formats).Formats(c.ctx(), g.Key, from, to)
	return formats{day(from), day(to), list0(rep.Named), len(rep.Every), mapped(rep.Rows, formatRowOf), mapped(sent, func(s measure.Sent) sentThing {
		return sentThing{s.Kind, s.Source, s.Step, s.Title, moment(s.At), s.FormatIs(), s.Guess, said(s.Minutes), said(s.Fen), said(s.Reads), s.Places, s.Counted, len(s.Offered), len(s.Answered), len(s.Left)}
	}), mapped(polls, formatPollOf)}, err
}

// SentFacts is what a person says of something that was sent.
type SentFacts struct {
	Format  string `json:"format,omitempty" enum:"article,voice_live,short_video,poll,other," doc:"empty = as guessed"`
	Minutes *int64 `json:"minutes,omitempty" minimum:"0" maximum:"1000000" doc:"of work; left out = not known"`
	Fen     *int64 `json:"fen,omitempty" minimum:"0" doc:"of money"`
	Reads   *int64 `json:"reads,omitempty" minimum:"0"`
}

func (f SentFacts) said() measure.SentSaid {
	return measure.SentSaid{Format: f.Format, Minutes: unsaid(f.Minutes), Fen: unsaid(f.Fen), Reads: unsaid(f.Reads)}
}

// sentAdded is something that came to a group without Qunluo.
type sentAdded struct {
	Kind   string       `json:"kind"`
	Source community.ID `json:"source"`
}

func formatLines() []line {
	area := community.AreaInsight
	rooms := func(c *call) Formats { return room(c, c.a.deps.Rooms.Formats) }
	return []line{
		on("compareFormats", "GET /formats", "The formats of what came to all groups, or to those with a tag", area, []string{"GET /formats"}, compareFormats),
		on("getFormats", "GET /groups/{id}/formats", "The formats of what came to a group: cost, reach, replies, departures, preference", area, []string{"GET /formats", "GET /formats.csv"}, inGroup(getFormats)),
		on("listFormatPeople", "GET /groups/{id}/formats/people", "Who answered sends of a format, of those who were offered every one; or who left after them", area, []string{"GET /formats/people"}, inGroup(func(c *call, in *struct {
			groupSpan
			Format string `query:"format" enum:"article,voice_live,short_video,poll,other" default:"article"`
			What   string `query:"what" enum:"took,went" default:"took"`
			paging
		}, g community.GroupRow) (list[counted], error) {
			from, to, err := c.days(g.Key, in.spanQuery)
			if err != nil {
				return list[counted]{}, err
			}
			rep, _, _, err := rooms(c).Formats(c.ctx(), g.Key, from, to)
			if err != nil {
				return list[counted]{}, err
			}
			of, kept, err := rep.People(in.Format, in.What)
			if err != nil {
				return list[counted]{}, err
			}
			return c.countedIn(in.paging, of, kept)
		})),
		on("saySent", "PUT /sent-things/{kind}/{source}", "Say the format, cost and reads of something that was sent", area, []string{"POST /formats/said"}, func(c *call, in *struct {
			Kind   string       `path:"kind" enum:"broadcast,sop,ballot,hand"`
			Source community.ID `path:"source"`
			Body   struct {
				Step string `json:"step,omitempty" maxLength:"100" doc:"of an SOP"`
				SentFacts
				Maybe
			}
		}) (none, error) {
			return did(rooms(c).SaySent(c.ctx(), c.who(), measure.SentKey{Kind: in.Kind, Source: in.Source, Step: in.Body.Step}, in.Body.said(), in.Body.Reason))
		}),
		on("addSent", "POST /groups/{id}/sent-things", "Enter something that came to a group without Qunluo", area, []string{"POST /formats/hand"}, inGroup(func(c *call, in *struct {
			byID
			Body struct {
				Title string `json:"title" minLength:"1" maxLength:"100"`
				At    moment `json:"at"`
				SentFacts
			}
		}, g community.GroupRow) (sentAdded, error) {
			k, err := rooms(c).AddSent(c.ctx(), c.who(), g.Key, in.Body.Title, int64(in.Body.At), in.Body.said())
			return sentAdded{k.Kind, k.Source}, err
		})),
		on("addFormatPoll", "POST /groups/{id}/format-polls", "Enter what came out of a poll about formats", area, []string{"POST /formats/polls"}, inGroup(func(c *call, in *struct {
			byID
			Body struct {
				Title string           `json:"title" minLength:"1" maxLength:"100"`
				Day   day              `json:"day"`
				Votes map[string]int64 `json:"votes" doc:"by format"`
			}
		}, g community.GroupRow) (formatPoll, error) {
			p, err := rooms(c).AddFormatPoll(c.ctx(), c.who(), measure.FormatPollRow{Group: g.Key, Title: in.Body.Title, Day: measure.Day(in.Body.Day), Votes: in.Body.Votes})
			return formatPollOf(p), err
		})),
		on("dropFormatPoll", "POST /format-polls/{id}/drop", "Take out a poll that was entered wrongly", area, []string{"POST /formats/polls/{id}/drop"}, func(c *call, in *struct {
			byID
			Body Maybe
		}) (none, error) {
			return did(rooms(c).DropFormatPoll(c.ctx(), c.who(), in.ID, in.Body.Reason))
		}),
	}
}

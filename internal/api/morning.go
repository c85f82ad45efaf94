package api

import (
	"context"

	"qunluo/internal/community"
	"qunluo/internal/morning"
)

// Mornings keeps morning reports and their feeds.
type Mornings interface {
	List(ctx context.Context, g community.GroupKey, p community.Page) ([]morning.Report, int, error)
	Get(ctx context.Context, id community.ID) (morning.Report, map[int64]community.MessageRow, error)
	Draft(ctx context.Context, user string, g community.GroupKey, day, lang string) (morning.Report, error)
	Pick(ctx context.Context, user string, id community.ID, version int, places []int) (morning.Report, error)
	Edit(ctx context.Context, user string, id community.ID, version int, text string) (morning.Report, error)
	Lay(ctx context.Context, user string, id community.ID, version int, at, reason string) (morning.Report, error)
	Drop(ctx context.Context, user string, id community.ID, version int, reason string) (morning.Report, error)
	Restore(ctx context.Context, user string, id community.ID) (morning.Report, error)
	Watch(ctx context.Context, g community.GroupKey) (morning.Watch, error)
	SaveWatch(ctx context.Context, user string, w morning.Watch, reason string) error
	Feeds(ctx context.Context) ([]morning.Source, error)
	AddFeed(ctx context.Context, user string, f morning.Source, reason string) (morning.Source, error)
	SetFeed(ctx context.Context, user string, f morning.Source, reason string) (morning.Source, error)
	ReadFeed(ctx context.Context, id community.ID) (morning.Source, error)
	DropFeed(ctx context.Context, user string, id community.ID, reason string) error
}

// mornPiece is something that is offered for a morning report.
type mornPiece struct {
	Kind    string   `json:"kind" enum:"news,topic,answer,question"`
	Picked  bool     `json:"picked"`
	Title   string   `json:"title" doc:"of news, of a topic"`
	Link    string   `json:"link" doc:"of news"`
	From    string   `json:"from" doc:"the feed's name"`
	Same    []string `json:"same_as" doc:"other feeds that say the same"`
	Message int64    `json:"message" doc:"number in the log of the question, or of what was said of a topic; 0 = none"`
	Answer  int64    `json:"answer" doc:"number of the message that answers"`
	Short   string   `json:"short" doc:"path of the short link that counts openings; empty = none"`
	Opens   int64    `json:"opens"`
}

// morningReport is a group's morning report of one day.
type morningReport struct {
	ID      community.ID `json:"id"`
	Group   community.ID `json:"group"`
	Day     string       `json:"day" doc:"2006-01-02, in the group's zone"`
	State   string       `json:"state" enum:"draft,laid,dropped" doc:"laid: it is an item of the calendar"`
	Version int          `json:"version" doc:"to be given back with a change"`
	Text    string       `json:"text"`
	Pieces  []mornPiece  `json:"pieces" doc:"what is offered; picks name their place, from 0"`
	Edited  moment       `json:"edited_at" doc:"null = as it was drafted"`
	Made    moment       `json:"made_at"`
	Item    string       `json:"calendar_item" doc:"empty = none"`
	Stands  string       `json:"item_state" doc:"draft, asked, approved, sent, skipped or failed; empty = no item"`
	Sent    moment       `json:"sent_at" doc:"when it came to the group; null = it did not"`
	Opens   int64        `json:"opens" doc:"of its short links"`
	Replies int          `json:"replies" doc:"messages within 24 hours that answer it, where the platform tells what is answered"`
	Said    int          `json:"said_within_24h" doc:"all messages of members in that time"`
	People  int          `json:"people_within_24h"`
	Counted bool         `json:"counted" doc:"the 24 hours are over"`
}

func morningReportOf(r morning.Report) morningReport {
	out := morningReport{ID: r.ID, Group: r.GroupID, Day: r.Day, State: r.State, Version: r.Version, Text: r.Text, Pieces: []mornPiece{}, Edited: moment(r.Edited), Made: moment(r.Made), Stands: r.ItemState,
		Sent: moment(r.SentAt), Opens: r.Opened(), Replies: r.Outcome.Replies, Said: r.Outcome.Said, People: r.Outcome.People, Counted: r.Counted != 0}
	if !r.Item.IsZero() {
		out.Item = r.Item.String()
	}
	for _, p := range r.Pieces {
		one := mornPiece{p.Kind, p.Picked, p.Title, p.Link, p.From, append([]string{}, p.Same...), p.Number, p.Answer, "", r.Opens[p.Slug]}
		if p.Slug != "" {
			one.Short = "/l/" + p.Slug
		}
		out.Pieces = append(out.Pieces, one)
	}
	return out
}

// feedRow is a feed that the organisation reads.
type feedRow struct {
	ID      community.ID `json:"id"`
	URL     string       `json:"url"`
	Name    string       `json:"name"`
	Every   int          `json:"every_minutes"`
	Off     bool         `json:"off"`
	Entries int          `json:"entries" doc:"kept"`
	Fetched moment       `json:"read_at" doc:"last reading that went well"`
	Tried   moment       `json:"tried_at"`
	Next    moment       `json:"next_at"`
	Error   string       `json:"error" doc:"code of the last reading's failure; empty = it went well"`
	Failed  int          `json:"failed" doc:"readings in a row that failed"`
}

func feedRowOf(f morning.Source) feedRow {
	return feedRow{f.ID, f.URL, f.Name, f.Every, f.Off, f.Entries, moment(f.Fetched), moment(f.Tried), moment(f.Next), f.Error, f.Failed}
}

type morningMove struct {
	byID
	Body struct {
		Version int    `json:"version" minimum:"1"`
		At      string `json:"at,omitempty" maxLength:"5" doc:"of laying it: 08:00 to 09:00 in the group's zone; empty = as the group has it"`
		Maybe
	}
}

type feedOrder struct {
	URL   string `json:"url" maxLength:"1000"`
	Name  string `json:"name,omitempty" maxLength:"60" doc:"empty = as it calls itself"`
	Every int    `json:"every_minutes,omitempty" doc:"15 to 1440; 0 = 60"`
	Maybe
}

type feedChange struct {
	byID
	Body struct {
		Name  string `json:"name" maxLength:"60"`
		Every int    `json:"every_minutes" minimum:"15" maximum:"1440"`
		Off   bool   `json:"off"`
		Maybe
	}
}

type morningAuto struct {
	On    bool           `json:"on" doc:"one is drafted each morning"`
	Hour  int            `json:"hour" minimum:"0" maximum:"8" doc:"of drafting, in the group's zone"`
	At    string         `json:"at" maxLength:"5" doc:"when it is to be sent, 08:00 to 09:00"`
	Lang  string         `json:"language" enum:"zh-CN,en" doc:"of the words"`
	Feeds []community.ID `json:"feeds" doc:"that it draws on; none = all"`
}

func morningLines() []line {
	const area = community.AreaContent
	rooms := func(c *call) Mornings { return room(c, c.a.deps.Rooms.Mornings) }
	return []line{
		on("listMorningReports", "GET /morning", "Morning reports of groups, with what became of them", area, []string{"GET /morning"}, func(c *call, in *struct {
			Group community.ID `query:"group"`
			paging
		}) (list[morningReport], error) {
			g, err := c.group(in.Group)
			if err != nil {
				return list[morningReport]{}, err
			}
			p, err := c.page(in.paging, sorting{})
			if err != nil {
				return list[morningReport]{}, err
			}
			rows, total, err := rooms(c).List(c.ctx(), g.Key, p)
			return listed(c, p, rows, total, morningReportOf), err
		}),
		on("getMorningReport", "GET /morning/{id}", "One morning report", area, []string{"GET /morning/{id}"}, func(c *call, in *byID) (morningReport, error) {
			r, _, err := rooms(c).Get(c.ctx(), in.ID)
			return morningReportOf(r), err
		}),
		on("draftMorningReport", "POST /groups/{id}/morning", "Draft a group's morning report", area, []string{"POST /morning"}, inGroup(func(c *call, in *struct {
			byID
			Body struct {
				Day  string `json:"day,omitempty" maxLength:"10" doc:"2006-01-02; empty = today while it may still be sent, else tomorrow"`
				Lang string `json:"language,omitempty" enum:"zh-CN,en" doc:"of the words"`
			}
		}, g community.GroupRow) (morningReport, error) {
			r, err := rooms(c).Draft(c.ctx(), c.who(), g.Key, in.Body.Day, in.Body.Lang)
			return morningReportOf(r), err
		})),
		on("pickMorningReport", "POST /morning/{id}/pick", "Pick what goes into a morning report, and word it anew", area, []string{"POST /morning/{id}/pick", "GET /morning/{id}/pick"}, func(c *call, in *struct {
			byID
			Body struct {
				Version int   `json:"version" minimum:"1"`
				Pieces  []int `json:"pieces" maxItems:"20" doc:"places, from 0"`
			}
		}) (morningReport, error) {
			r, err := rooms(c).Pick(c.ctx(), c.who(), in.ID, in.Body.Version, in.Body.Pieces)
			return morningReportOf(r), err
		}),
		on("editMorningReport", "POST /morning/{id}/edit", "Give a morning report other words", area, []string{"POST /morning/{id}/edit", "GET /morning/{id}/edit"}, func(c *call, in *digestChange) (morningReport, error) {
			r, err := rooms(c).Edit(c.ctx(), c.who(), in.ID, in.Body.Version, in.Body.Text)
			return morningReportOf(r), err
		}),
		on("layMorningReport", "POST /morning/{id}/lay", "Put a morning report into the calendar, for approval", area, []string{"POST /morning/{id}/lay"}, func(c *call, in *morningMove) (morningReport, error) {
			r, err := rooms(c).Lay(c.ctx(), c.who(), in.ID, in.Body.Version, in.Body.At, in.Body.Reason)
			return morningReportOf(r), err
		}),
		on("dropMorningReport", "POST /morning/{id}/drop", "Say that a morning report is not wanted", area, []string{"POST /morning/{id}/drop"}, func(c *call, in *morningMove) (morningReport, error) {
			r, err := rooms(c).Drop(c.ctx(), c.who(), in.ID, in.Body.Version, in.Body.Reason)
			return morningReportOf(r), err
		}),
		on("restoreMorningReport", "POST /morning/{id}/restore", "Make a draft again of a morning report that was dropped, or skipped in the calendar", area, []string{"POST /morning/{id}/restore"}, func(c *call, in *byID) (morningReport, error) {
			r, err := rooms(c).Restore(c.ctx(), c.who(), in.ID)
			return morningReportOf(r), err
		}),
		on("getMorningAuto", "GET /groups/{id}/morning-auto", "How a group's morning reports come about", area, []string{"GET /morning"}, inGroup(func(c *call, in *byID, g community.GroupRow) (morningAuto, error) {
			w, err := rooms(c).Watch(c.ctx(), g.Key)
			return morningAuto{w.On, w.Hour, w.At, w.Lang, append([]community.ID{}, w.Sources...)}, err
		})),
		on("setMorningAuto", "PUT /groups/{id}/morning-auto", "Change it", area, []string{"POST /morning/watch"}, inGroup(func(c *call, in *struct {
			byID
			Body morningAuto
		}, g community.GroupRow) (none, error) {
			return did(rooms(c).SaveWatch(c.ctx(), c.who(), morning.Watch{Group: g.Key, On: in.Body.On, Hour: in.Body.Hour, At: in.Body.At, Lang: in.Body.Lang, Sources: in.Body.Feeds}, ""))
		})),
		on("listFeeds", "GET /feeds", "Feeds that the organisation reads", area, []string{"GET /morning/feeds"}, func(c *call, in *struct{ paging }) (list[feedRow], error) {
			p, err := c.page(in.paging, sorting{})
			if err != nil {
				return list[feedRow]{}, err
			}
			rows, err := rooms(c).Feeds(c.ctx())
			total := len(rows)
			rows = rows[min(p.Offset, total):]
			if p.Limit > 0 {
				rows = rows[:min(p.Limit, len(rows))]
			}
			return listed(c, p, rows, total, feedRowOf), err
		}),
		on("addFeed", "POST /feeds", "Read a feed and keep it", area, []string{"POST /morning/feeds"}, func(c *call, in *struct{ Body feedOrder }) (feedRow, error) {
			f, err := rooms(c).AddFeed(c.ctx(), c.who(), morning.Source{URL: in.Body.URL, Name: in.Body.Name, Every: in.Body.Every}, in.Body.Reason)
			return feedRowOf(f), err
		}),
		on("setFeed", "POST /feeds/{id}", "Change a feed", area, []string{"POST /morning/feeds/{id}/set"}, func(c *call, in *feedChange) (feedRow, error) {
			f, err := rooms(c).SetFeed(c.ctx(), c.who(), morning.Source{ID: in.ID, Name: in.Body.Name, Every: in.Body.Every, Off: in.Body.Off}, in.Body.Reason)
			return feedRowOf(f), err
		}),
		on("readFeed", "POST /feeds/{id}/read", "Read a feed now", area, []string{"POST /morning/feeds/{id}/read"}, func(c *call, in *byID) (feedRow, error) {
			f, err := rooms(c).ReadFeed(c.ctx(), in.ID)
			return feedRowOf(f), err
		}),
		on("dropFeed", "POST /feeds/{id}/drop", "Forget a feed and its entries", area, []string{"POST /morning/feeds/{id}/drop"}, func(c *call, in *struct {
			byID
			Body Maybe
		}) (none, error) {
			return did(rooms(c).DropFeed(c.ctx(), c.who(), in.ID, in.Body.Reason))
		}),
	}
}

package api

import (
	"context"

	"qunluo/internal/admit"
	"qunluo/internal/community"
	"qunluo/internal/digest"
	"qunluo/internal/measure"
	"qunluo/internal/plan"
)

// Digests keeps digests of groups' talk.
type Digests interface {
	List(ctx context.Context, g community.GroupKey, p community.Page) ([]digest.Record, int, error)
	Get(ctx context.Context, id community.ID) (digest.Record, map[int64]community.MessageRow, error)
	Make(ctx context.Context, user string, g community.GroupKey, from, to measure.Day, lang string) (digest.Record, error)
	Edit(ctx context.Context, user string, id community.ID, version int, text string) (digest.Record, error)
	Send(ctx context.Context, user string, id community.ID, version int, start int64) (digest.Record, error)
	Drop(ctx context.Context, user string, id community.ID, version int, reason string) (digest.Record, error)
	Restore(ctx context.Context, user string, id community.ID) (digest.Record, error)
	Publish(ctx context.Context, user string, id community.ID, note string) (plan.WebPage, admit.Short, error)
	Withdraw(ctx context.Context, user string, id community.ID, reason string) error
	SendPage(ctx context.Context, user string, id community.ID) (plan.Broadcast, error)
	Page(ctx context.Context, id community.ID) (plan.WebPage, admit.Short, error)
	Watch(ctx context.Context, g community.GroupKey) (digest.Watch, error)
	SaveWatch(ctx context.Context, user string, w digest.Watch, reason string) error
}

// digested is a digest.
type digested struct {
	ID      community.ID  `json:"id"`
	Group   community.ID  `json:"group"`
	From    string        `json:"from" doc:"first day, in the group's zone"`
	To      string        `json:"to" doc:"last day, included"`
	State   string        `json:"state" enum:"draft,sent,dropped"`
	Version int           `json:"version" doc:"to be given back with a change"`
	Text    string        `json:"text" doc:"the words that will be sent"`
	Edited  moment        `json:"edited_at" doc:"null = as it was composed"`
	Made    moment        `json:"made_at"`
	Sent    string        `json:"broadcast" doc:"the mass send; empty = none"`
	Found   digest.Digest `json:"found" doc:"what it rests on; messages by their number in the log"`
}

type digestOrder struct {
	byID
	Body struct {
		From string `json:"from" doc:"2006-01-02" maxLength:"10"`
		To   string `json:"to" doc:"2006-01-02; at most six days later" maxLength:"10"`
		Lang string `json:"language,omitempty" enum:"zh-CN,en" doc:"of the words"`
	}
}

type digestChange struct {
	byID
	Body struct {
		Version int    `json:"version" minimum:"1"`
		Text    string `json:"text" minLength:"1" maxLength:"4000"`
	}
}

type digestMove struct {
	byID
	Body struct {
		Version int    `json:"version" minimum:"1"`
		Start   moment `json:"start_at,omitempty" doc:"of a send: null = now"`
		Maybe
	}
}

type digestAuto struct {
	Daily  bool   `json:"daily" doc:"each morning, of the day before"`
	Weekly bool   `json:"weekly" doc:"on Mondays, of the week before"`
	Hour   int    `json:"hour" minimum:"0" maximum:"23" doc:"in the group's zone"`
	Lang   string `json:"language" enum:"zh-CN,en" doc:"of the words"`
}

func digestedOf(r digest.Record) digested {
	return digested{r.ID, r.GroupID, measure.Day(r.From).String(), measure.Day(r.To).String(), r.State, r.Version, r.Text, moment(r.Edited), moment(r.Made), r.Sent, r.Found}
}

// digestPage is the public page of a digest.
type digestPage struct {
	Code      string `json:"code"`
	Path      string `json:"path" doc:"of the address that counts who opens it, below this server's"`
	Withdrawn bool   `json:"withdrawn"`
	Opened    int64  `json:"opened"`
}

func digestPageOf(p plan.WebPage, s admit.Short, err error) (digestPage, error) {
	if err != nil {
		return digestPage{}, err
	}
	return digestPage{p.Code, "/l/" + s.Slug, p.Withdrawn != 0, s.Known + s.Unknown}, nil
}

func digestLines() []line {
	const area = community.AreaContent
	return []line{
		on("listDigests", "GET /digests", "Digests of groups' talk", area, []string{"GET /digests"}, func(c *call, in *struct {
			Group community.ID `query:"group"`
			paging
		}) (list[digested], error) {
			g, err := c.group(in.Group)
			if err != nil {
				return list[digested]{}, err
			}
			p, err := c.page(in.paging, sorting{})
			if err != nil {
				return list[digested]{}, err
			}
			rows, total, err := room(c, c.a.deps.Rooms.Digests).List(c.ctx(), g.Key, p)
			return listed(c, p, rows, total, digestedOf), err
		}),
		on("getDigest", "GET /digests/{id}", "One digest", area, []string{"GET /digests/{id}"}, func(c *call, in *byID) (digested, error) {
			r, _, err := room(c, c.a.deps.Rooms.Digests).Get(c.ctx(), in.ID)
			return digestedOf(r), err
		}),
		on("makeDigest", "POST /groups/{id}/digests", "Make the digest of a group's days", area, []string{"POST /digests"}, inGroup(func(c *call, in *digestOrder, g community.GroupRow) (digested, error) {
			from, err := measure.ParseDay(in.Body.From)
			if err != nil {
				return digested{}, community.Errorf(community.CodeBadInput, "from: %w", err)
			}
			to, err := measure.ParseDay(in.Body.To)
			if err != nil {
				return digested{}, community.Errorf(community.CodeBadInput, "to: %w", err)
			}
			r, err := room(c, c.a.deps.Rooms.Digests).Make(c.ctx(), c.who(), g.Key, from, to, in.Body.Lang)
			return digestedOf(r), err
		})),
		on("editDigest", "POST /digests/{id}/edit", "Give a digest other words", area, []string{"POST /digests/{id}/edit", "GET /digests/{id}/edit"}, func(c *call, in *digestChange) (digested, error) {
			r, err := room(c, c.a.deps.Rooms.Digests).Edit(c.ctx(), c.who(), in.ID, in.Body.Version, in.Body.Text)
			return digestedOf(r), err
		}),
		on("sendDigest", "POST /digests/{id}/send", "Hand a digest over as a mass send to its group", area, []string{"POST /digests/{id}/send"}, func(c *call, in *digestMove) (digested, error) {
			r, err := room(c, c.a.deps.Rooms.Digests).Send(c.ctx(), c.who(), in.ID, in.Body.Version, int64(in.Body.Start))
			return digestedOf(r), err
		}),
		on("dropDigest", "POST /digests/{id}/drop", "Say that a digest is not wanted", area, []string{"POST /digests/{id}/drop"}, func(c *call, in *digestMove) (digested, error) {
			r, err := room(c, c.a.deps.Rooms.Digests).Drop(c.ctx(), c.who(), in.ID, in.Body.Version, in.Body.Reason)
			return digestedOf(r), err
		}),
		on("restoreDigest", "POST /digests/{id}/restore", "Make a draft again of a digest that was dropped", area, []string{"POST /digests/{id}/restore"}, func(c *call, in *byID) (digested, error) {
			r, err := room(c, c.a.deps.Rooms.Digests).Restore(c.ctx(), c.who(), in.ID)
			return digestedOf(r), err
		}),
		on("getDigestPage", "GET /digests/{id}/page", "A digest's public page", area, []string{"GET /digests/{id}"}, func(c *call, in *byID) (digestPage, error) {
			return digestPageOf(room(c, c.a.deps.Rooms.Digests).Page(c.ctx(), in.ID))
		}),
		on("publishDigest", "POST /digests/{id}/publish", "Make a digest that was sent a public page", area, []string{"POST /digests/{id}/publish"}, func(c *call, in *struct {
			byID
			Body Maybe
		}) (digestPage, error) {
			return digestPageOf(room(c, c.a.deps.Rooms.Digests).Publish(c.ctx(), c.who(), in.ID, in.Body.Reason))
		}),
		on("withdrawDigest", "POST /digests/{id}/withdraw", "Take a digest's page off", area, []string{"POST /digests/{id}/withdraw"}, func(c *call, in *struct {
			byID
			Body struct {
				Reason string `json:"reason" minLength:"1" maxLength:"500"`
			}
		}) (digestPage, error) {
			rooms := room(c, c.a.deps.Rooms.Digests)
			if err := rooms.Withdraw(c.ctx(), c.who(), in.ID, in.Body.Reason); err != nil {
				return digestPage{}, err
			}
			return digestPageOf(rooms.Page(c.ctx(), in.ID))
		}),
		on("tellDigestPage", "POST /digests/{id}/tell", "Send the link of a digest's page to its group, once", area, []string{"POST /digests/{id}/tell"}, func(c *call, in *byID) (digestPage, error) {
			rooms := room(c, c.a.deps.Rooms.Digests)
			if _, err := rooms.SendPage(c.ctx(), c.who(), in.ID); err != nil {
				return digestPage{}, err
			}
			return digestPageOf(rooms.Page(c.ctx(), in.ID))
		}),
		on("getDigestAuto", "GET /groups/{id}/digest-auto", "Which digests of a group are drafted by themselves", area, []string{"GET /digests"}, inGroup(func(c *call, in *byID, g community.GroupRow) (digestAuto, error) {
			w, err := room(c, c.a.deps.Rooms.Digests).Watch(c.ctx(), g.Key)
			return digestAuto{w.Daily, w.Weekly, w.Hour, w.Lang}, err
		})),
		on("setDigestAuto", "PUT /groups/{id}/digest-auto", "Change it", area, []string{"POST /digests/watch"}, inGroup(func(c *call, in *struct {
			byID
			Body digestAuto
		}, g community.GroupRow) (none, error) {
			return did(room(c, c.a.deps.Rooms.Digests).SaveWatch(c.ctx(), c.who(), digest.Watch{Group: g.Key, Daily: in.Body.Daily, Weekly: in.Body.Weekly, Hour: in.Body.Hour, Lang: in.Body.Lang}, ""))
		})),
	}
}

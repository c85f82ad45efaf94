package api

import (
	"cmp"
	"context"

	"qunluo/internal/admit"
	"qunluo/internal/community"
	"qunluo/internal/plan"
)

// Drafts keeps drafts that go many ways.
type Drafts interface {
	Find(ctx context.Context, away bool, at community.Page) ([]plan.Manuscript, int, error)
	Get(ctx context.Context, id community.ID) (plan.Manuscript, error)
	Save(ctx context.Context, user string, id community.ID, seen int64, w plan.Writing, note string) (plan.Manuscript, error)
	Versions(ctx context.Context, id community.ID) ([]plan.WritingVersion, error)
	Archive(ctx context.Context, user string, id community.ID, away bool, reason string) (plan.Manuscript, error)
	Looks(ctx context.Context, id community.ID) ([]plan.Look, error)
	Stands(ctx context.Context, id community.ID) ([]plan.Stand, error)
	Send(ctx context.Context, user string, id community.ID, channels []plan.Channel, force string) ([]plan.Stand, error)
	Page(ctx context.Context, id community.ID) (plan.WebPage, admit.Short, error)
	Withdraw(ctx context.Context, user string, id community.ID, reason string) error
}

func (c *call) drafts() Drafts { return room(c, c.a.deps.Rooms.Drafts) }

// drafted is a draft.
type drafted struct {
	ID       community.ID   `json:"id"`
	Title    string         `json:"title"`
	Author   string         `json:"author"`
	Text     string         `json:"text"`
	Brief    string         `json:"brief" doc:"what groups get in place of the text; empty = the text"`
	Link     plan.Attached  `json:"link"`
	Pictures []community.ID `json:"pictures"`
	Cover    string         `json:"cover" doc:"a kept file; empty = none"`
	Class    string         `json:"class" enum:"useful,interactive,promotion"`
	Ad       string         `json:"advertisement" doc:"why it is one: class, price or link; empty = it is none"`
	Groups   bool           `json:"to_groups"`
	Page     bool           `json:"to_page"`
	Accounts []community.ID `json:"accounts" doc:"official accounts whose draft boxes it goes into"`
	Version  int            `json:"version"`
	Archived bool           `json:"archived"`
	Changed  int64          `json:"changed" doc:"to be given back with a change"`
	Updated  moment         `json:"updated_at"`
}

func draftedOf(m plan.Manuscript) drafted {
	out := drafted{m.ID, m.Title, m.Author, m.Text, m.Brief, m.Link, append([]community.ID{}, mapped(m.Pictures, func(p plan.Piece) community.ID { return p.File })...), "", string(m.Class), m.Advertises(),
		m.To.Groups, m.To.Page, append([]community.ID{}, m.To.Accounts...), m.Version, m.Archived, m.Changed, moment(m.Updated)}
	if !m.Cover.File.IsZero() {
		out.Cover = m.Cover.File.String()
	}
	return out
}

// DraftWritten is what is written of a draft.
type DraftWritten struct {
	Title     string         `json:"title" minLength:"1" maxLength:"100"`
	Author    string         `json:"author,omitempty" maxLength:"40"`
	Text      string         `json:"text" minLength:"1" maxLength:"20000" doc:"plain; a line that is nothing but [pic 1] says where the first picture stands"`
	Brief     string         `json:"brief,omitempty" maxLength:"1000" doc:"what groups get in place of the text, and the digest of an article"`
	Link      string         `json:"link,omitempty" maxLength:"1000"`
	LinkTitle string         `json:"link_title,omitempty" maxLength:"60"`
	Pictures  []community.ID `json:"pictures,omitempty" maxItems:"9" doc:"files that are kept"`
	Cover     community.ID   `json:"cover,omitempty" doc:"a file that is kept"`
	Class     string         `json:"class" enum:"useful,interactive,promotion"`
	ToGroups  bool           `json:"to_groups,omitempty"`
	Groups    []community.ID `json:"groups,omitempty" maxItems:"200" doc:"none = all with one of the tags"`
	Tags      []string       `json:"tags,omitempty" maxItems:"20" doc:"of groups; none = all"`
	ToPage    bool           `json:"to_page,omitempty"`
	Accounts  []community.ID `json:"accounts,omitempty" maxItems:"20"`
	Note      string         `json:"note,omitempty" maxLength:"500" doc:"what was changed"`
}

func (c *call) draftWriting(b DraftWritten) (plan.Writing, error) {
	w := plan.Writing{Title: b.Title, Author: b.Author, Text: b.Text, Brief: b.Brief, Class: plan.Class(b.Class), Cover: plan.Piece{File: b.Cover}, Pictures: mapped(b.Pictures, func(id community.ID) plan.Piece { return plan.Piece{File: id} }),
		To: plan.To{Groups: b.ToGroups, Page: b.ToPage, Accounts: b.Accounts, Filter: plan.Filter{Tags: b.Tags}}}
	if b.Link != "" {
		w.Link = plan.Attached{URL: b.Link, Title: cmp.Or(b.LinkTitle, b.Title)}
	}
	var err error
	w.To.Filter.Groups, err = c.groupKeys(b.Groups)
	return w, err
}

// draftNote is one thing found in a channel.
type draftNote struct {
	Rule     string `json:"rule"`
	Kind     string `json:"kind"`
	Refuse   bool   `json:"refuse" doc:"it stops the send"`
	Sentence string `json:"sentence" doc:"that it is about; empty = the whole"`
	About    string `json:"about"`
	Found    string `json:"found"`
	Reason   string `json:"reason"`
	Instead  string `json:"instead"`
	Source   string `json:"source"`
	Verified bool   `json:"verified" doc:"somebody compared it with its source"`
}

// draftLook is what a draft becomes in a channel.
type draftLook struct {
	Channel string      `json:"channel" doc:"page, mp:ID or groups:PLATFORM"`
	Groups  int         `json:"groups"`
	Way     string      `json:"way" doc:"native, assisted or human; empty = no groups"`
	Parts   []draftPart `json:"parts"`
	Cut     int         `json:"cut" doc:"characters that do not go"`
	Left    []string    `json:"left" doc:"pictures that do not go"`
	Found   []draftNote `json:"found"`
}

type draftPart struct {
	Kind string `json:"kind" enum:"title,author,digest,text,link,image,source"`
	Text string `json:"text"`
}

func (c *call) draftLook(l plan.Look) draftLook {
	out := draftLook{string(l.Channel), l.Groups, string(l.Level), []draftPart{}, l.Cut, append([]string{}, l.Left...), []draftNote{}}
	for _, p := range l.Parts {
		out.Parts = append(out.Parts, draftPart{p.Kind, cmp.Or(p.Text, p.Name)})
	}
	for _, n := range l.Notes {
		out.Found = append(out.Found, draftNote{n.Rule, string(n.Kind), n.Refuse, n.Sentence, n.Link, n.Found, n.Reason[1], n.Instead[1], n.Source, n.Verified})
	}
	return out
}

// draftStand is where a draft stands in a channel.
type draftStand struct {
	Channel   string `json:"channel" doc:"page, mp:ID or groups:PLATFORM"`
	State     string `json:"state" enum:"idle,going,waiting,task,sent,hand,partly,failed,unsure,withdrawn"`
	Version   int    `json:"version" doc:"of the draft, that went; 0 = none"`
	Sent      int    `json:"sent" doc:"groups"`
	Open      int    `json:"open" doc:"groups"`
	NotSent   int    `json:"not_sent" doc:"groups"`
	Code      string `json:"code" doc:"of what went wrong; empty = nothing"`
	Why       string `json:"why"`
	At        moment `json:"at"`
	Tries     int    `json:"tries"`
	Broadcast string `json:"broadcast" doc:"the mass send; empty = none"`
	Handle    string `json:"handle" doc:"the draft's id at the platform, or the page's code"`
}

func draftStandOf(s plan.Stand) draftStand {
	n := s.Send.Counts
	out := draftStand{string(s.Channel), string(s.State), s.Went.Version, n.Sent, n.Open(), n.Failed + n.NotSent, string(s.Went.Code), s.Went.Why[1], moment(s.Went.At), s.Went.Tries, "", s.Went.Handle}
	if !s.Send.ID.IsZero() {
		out.Broadcast = s.Send.ID.String()
	}
	return out
}

// draftVersion is what a draft was.
type draftVersion struct {
	Version int    `json:"version"`
	User    string `json:"user"`
	Note    string `json:"note"`
	At      moment `json:"at"`
	Title   string `json:"title"`
	Text    string `json:"text"`
}

func draftNow(m plan.Manuscript, err error) (drafted, error) {
	if err != nil {
		return drafted{}, err
	}
	return draftedOf(m), nil
}

func draftLines() []line {
	const area = community.AreaContent
	return []line{
		on("listDrafts", "GET /drafts", "Drafts that go many ways", area, []string{"GET /drafts"}, func(c *call, in *struct {
			Away bool `query:"archived" doc:"those put away, in place of the others"`
			paging
		}) (list[drafted], error) {
			p, err := c.page(in.paging, sorting{})
			if err != nil {
				return list[drafted]{}, err
			}
			rows, total, err := c.drafts().Find(c.ctx(), in.Away, p)
			return listed(c, p, rows, total, draftedOf), err
		}),
		on("getDraft", "GET /drafts/{id}", "One draft", area, []string{"GET /drafts/{id}"}, func(c *call, in *byID) (drafted, error) {
			return draftNow(c.drafts().Get(c.ctx(), in.ID))
		}),
		on("addDraft", "POST /drafts", "Write a draft", area, []string{"POST /drafts"}, func(c *call, in *struct{ Body DraftWritten }) (drafted, error) {
			w, err := c.draftWriting(in.Body)
			if err != nil {
				return drafted{}, err
			}
			return draftNow(c.drafts().Save(c.ctx(), c.who(), community.ID{}, 0, w, in.Body.Note))
		}),
		on("editDraft", "PUT /drafts/{id}", "Write the next version of a draft", area, []string{"POST /drafts"}, func(c *call, in *struct {
			byID
			Body struct {
				Changed int64 `json:"changed" doc:"that of the draft as it was read"`
				DraftWritten
			}
		}) (drafted, error) {
			w, err := c.draftWriting(in.Body.DraftWritten)
			if err != nil {
				return drafted{}, err
			}
			return draftNow(c.drafts().Save(c.ctx(), c.who(), in.ID, in.Body.Changed, w, in.Body.Note))
		}),
		on("listDraftVersions", "GET /drafts/{id}/versions", "What a draft was, the newest first", area, []string{"GET /drafts/{id}"}, func(c *call, in *byID) (list[draftVersion], error) {
			rows, err := c.drafts().Versions(c.ctx(), in.ID)
			return whole(rows, func(v plan.WritingVersion) draftVersion {
				return draftVersion{v.Version, v.User, v.Note, moment(v.At), v.Title, v.Text}
			}), err
		}),
		on("previewDraft", "GET /drafts/{id}/looks", "What a draft becomes in each channel, and what is found there", area, []string{"GET /drafts/{id}"}, func(c *call, in *byID) (list[draftLook], error) {
			rows, err := c.drafts().Looks(c.ctx(), in.ID)
			return whole(rows, c.draftLook), err
		}),
		on("listDraftChannels", "GET /drafts/{id}/channels", "Where a draft stands in each channel", area, []string{"GET /drafts/{id}"}, func(c *call, in *byID) (list[draftStand], error) {
			rows, err := c.drafts().Stands(c.ctx(), in.ID)
			return whole(rows, draftStandOf), err
		}),
		on("sendDraft", "POST /drafts/{id}/send", "Send a draft into channels, or again where it failed; nothing goes twice", area, []string{"POST /drafts/{id}/send"}, func(c *call, in *struct {
			byID
			Body struct {
				Channels []string `json:"channels,omitempty" maxItems:"50" doc:"page, mp:ID or groups:PLATFORM; none = all where it has not gone"`
				Force    string   `json:"force,omitempty" maxLength:"500" doc:"why it goes although the link check stops it"`
			}
		}) (list[draftStand], error) {
			rows, err := c.drafts().Send(c.ctx(), c.who(), in.ID, mapped(in.Body.Channels, func(s string) plan.Channel { return plan.Channel(s) }), in.Body.Force)
			return whole(rows, draftStandOf), err
		}),
		on("withdrawDraft", "POST /drafts/{id}/withdraw", "Withdraw a draft's page", area, []string{"POST /drafts/{id}/withdraw"}, func(c *call, in *struct {
			byID
			Body struct {
				Reason string `json:"reason" minLength:"1" maxLength:"500"`
			}
		}) (list[draftStand], error) {
			if err := c.drafts().Withdraw(c.ctx(), c.who(), in.ID, in.Body.Reason); err != nil {
				return list[draftStand]{}, err
			}
			rows, err := c.drafts().Stands(c.ctx(), in.ID)
			return whole(rows, draftStandOf), err
		}),
		on("archiveDraft", "POST /drafts/{id}/archive", "Put a draft away, or take it out again", area, []string{"POST /drafts/{id}/archive"}, func(c *call, in *struct {
			byID
			Body struct {
				Away bool `json:"away"`
				Maybe
			}
		}) (drafted, error) {
			return draftNow(c.drafts().Archive(c.ctx(), c.who(), in.ID, in.Body.Away, in.Body.Reason))
		}),
	}
}

package api

import (
	"context"

	"qunluo/internal/admit"
	"qunluo/internal/community"
)

// Codes keeps codes to join by.
type Codes interface {
	Find(ctx context.Context, f admit.Filter) ([]admit.Row, int, error)
	ByID(ctx context.Context, id community.ID) (admit.Row, error)
	Save(ctx context.Context, user string, c admit.Code, reason string) (admit.Code, error)
	Order(ctx context.Context, user string, code community.ID, g community.GroupKey) (admit.Entry, error)
	AddEntry(ctx context.Context, user string, code community.ID, e admit.Entry, picture []byte) (admit.Entry, error)
	Rotate(ctx context.Context, user string, code community.ID) error
	RemoveEntry(ctx context.Context, user string, code, entry community.ID, reason string) error
	Close(ctx context.Context, user string, code community.ID, reason string) error
	SetCap(ctx context.Context, user string, g community.GroupKey, most, lead int64, reason string) error
	QR(text string) ([]byte, error)
	Doubles
}

// Shorts keeps short links.
type Shorts interface {
	Find(ctx context.Context, p community.Page) ([]admit.Short, int, error)
	ByID(ctx context.Context, id community.ID) (admit.Short, error)
	New(ctx context.Context, user string, l admit.Short, reason string) (admit.Short, error)
	Close(ctx context.Context, user string, id community.ID, closed bool, reason string) error
	For(ctx context.Context, id, member community.ID) (string, error)
}

// code is a code to join by.
type code struct {
	ID      community.ID `json:"id"`
	Kind    string       `json:"kind"`
	Slug    string       `json:"slug" doc:"of the public address /j/"`
	Name    string       `json:"name"`
	Line    string       `json:"line" doc:"for those who scan"`
	State   string       `json:"state" doc:"the source's mark"`
	Tags    []string     `json:"tags"`
	Welcome string       `json:"welcome"`
	Entries []entry      `json:"entries"`
	Created moment       `json:"created_at"`
	By      string       `json:"by"`
	Closed  moment       `json:"closed_at" doc:"null = in use"`
}

type entry struct {
	ID      community.ID `json:"id"`
	Group   string       `json:"group_name"`
	Link    string       `json:"link"`
	Expires moment       `json:"expires_at"`
	Most    int64        `json:"most" doc:"scans it lives for; 0 = no bound"`
	Scans   int64        `json:"scans"`
	Created moment       `json:"created_at"`
	Removed moment       `json:"removed_at"`
}

func entryOf(e admit.Entry) entry {
	return entry{e.ID, e.GroupName, e.Link, moment(e.Expires), e.Most, e.Scans, moment(e.Created), moment(e.Removed)}
}

func codeOf(c admit.Code) code {
	return code{c.ID, c.Kind, c.Slug, c.Name, c.Line, c.State, list0(c.Tags), c.Welcome, mapped(c.Entries, entryOf), moment(c.Created), c.By, moment(c.Closed)}
}

type codeQuery struct {
	Text   string       `query:"text" maxLength:"100"`
	Kind   string       `query:"kind" maxLength:"20"`
	Group  community.ID `query:"group" doc:"that it leads to"`
	Closed bool         `query:"closed" doc:"those no longer in use instead"`
	paging
	sorting
}

func listCodes(c *call, in *codeQuery) (list[code], error) {
	p, err := c.page(in.paging, in.sorting)
	if err != nil {
		return list[code]{}, err
	}
	g, err := c.group(in.Group)
	if err != nil {
		return list[code]{}, err
	}
	rows, total, err := room(c, c.a.deps.Rooms.Codes).Find(c.ctx(), admit.Filter{Text: in.Text, Kind: in.Kind, Tag: in.Tag, Group: g.Key, Closed: in.Closed, Page: p})
	return listed(c, p, rows, total, func(r admit.Row) code { return codeOf(r.Code) }), err
}

func (c *call) codeNow(id community.ID, err error) (code, error) {
	if err != nil {
		return code{}, err
	}
	r, err := room(c, c.a.deps.Rooms.Codes).ByID(c.ctx(), id)
	return codeOf(r.Code), err
}

// short is a short link.
type short struct {
	ID      community.ID `json:"id"`
	Slug    string       `json:"slug"`
	Title   string       `json:"title"`
	Target  string       `json:"target"`
	Created moment       `json:"created_at"`
	By      string       `json:"by"`
	Closed  moment       `json:"closed_at" doc:"null = in use"`
	Known   int64        `json:"opens_known" doc:"opened at addresses made for a person"`
	Unknown int64        `json:"opens_unknown"`
	People  int64        `json:"people"`
}

func shortOf(s admit.Short) short {
	return short{s.ID, s.Slug, s.Title, s.Target, moment(s.Created), s.By, moment(s.Closed), s.Known, s.Unknown, s.People}
}

type codeEntryPath struct {
	byID
	Entry community.ID `path:"entry"`
	Body  Because
}

type codeOrder struct {
	byID
	Body struct {
		Group community.ID `json:"group" doc:"id of the group"`
	}
}

type codeLink struct {
	byID
	Body struct {
		Group   community.ID `json:"group" doc:"id of the group"`
		Link    string       `json:"link" minLength:"1" maxLength:"2000"`
		Expires moment       `json:"expires_at,omitempty"`
		Most    int64        `json:"most,omitempty" minimum:"0"`
	}
}

type newShort struct {
	Body struct {
		Title  string `json:"title" minLength:"1" maxLength:"100"`
		Target string `json:"target" minLength:"1" maxLength:"2000"`
		Maybe
	}
}

func codeLines() []line {
	area := community.AreaPeople
	return []line{
		on("listCodes", "GET /codes", "Codes to join by", area, []string{"GET /codes", "GET /codes.csv"}, listCodes),
		on("getCode", "GET /codes/{id}", "One code", area, []string{"GET /codes/{id}"}, func(c *call, in *byID) (code, error) { return c.codeNow(in.ID, nil) }),
		on("rotateCode", "POST /codes/{id}/rotate", "Show the next entry", area, []string{"POST /codes/{id}/rotate"}, func(c *call, in *byID) (code, error) {
			return c.codeNow(in.ID, room(c, c.a.deps.Rooms.Codes).Rotate(c.ctx(), c.who(), in.ID))
		}),
		on("orderCode", "POST /codes/{id}/order", "Ask the platform, or a person, for an entry", area, []string{"POST /codes/{id}/order"}, func(c *call, in *codeOrder) (entry, error) {
			g, err := c.desk.GroupByID(c.ctx(), in.Body.Group)
			if err != nil {
				return entry{}, err
			}
			e, err := room(c, c.a.deps.Rooms.Codes).Order(c.ctx(), c.who(), in.ID, g.Key)
			return entryOf(e), err
		}),
		on("addCodeLink", "POST /codes/{id}/entries", "Add a link as an entry", area, []string{"POST /codes/{id}/link"}, func(c *call, in *codeLink) (entry, error) {
			g, err := c.desk.GroupByID(c.ctx(), in.Body.Group)
			if err != nil {
				return entry{}, err
			}
			e, err := room(c, c.a.deps.Rooms.Codes).AddEntry(c.ctx(), c.who(), in.ID, admit.Entry{Group: g.Key, Link: in.Body.Link, Expires: int64(in.Body.Expires), Most: in.Body.Most}, nil)
			return entryOf(e), err
		}),
		on("removeCodeEntry", "POST /codes/{id}/entries/{entry}/remove", "Take an entry out", area, []string{"POST /codes/{id}/remove"}, func(c *call, in *codeEntryPath) (code, error) {
			return c.codeNow(in.ID, room(c, c.a.deps.Rooms.Codes).RemoveEntry(c.ctx(), c.who(), in.ID, in.Entry, in.Body.Reason))
		}),
		on("closeCode", "POST /codes/{id}/close", "Put a code out of use", area, []string{"POST /codes/{id}/close"}, func(c *call, in *undoOrder) (code, error) {
			return c.codeNow(in.ID, room(c, c.a.deps.Rooms.Codes).Close(c.ctx(), c.who(), in.ID, in.Body.Reason))
		}),
		on("setCap", "PUT /groups/{id}/cap", "How many a group holds, and how early a person is asked", area, []string{"POST /groups/{id}/cap"}, inGroup(func(c *call, in *struct {
			byID
			Body struct {
				Most int64 `json:"most" minimum:"0" doc:"0 = as is usual"`
				Lead int64 `json:"lead_days" minimum:"0" doc:"0 = as is usual"`
				Aims
				Maybe
			}
		}, g community.GroupRow) (none, error) {
			return did(room(c, c.a.deps.Rooms.Codes).SetCap(c.aimed(in.Body.Aims), c.who(), g.Key, in.Body.Most, in.Body.Lead, in.Body.Reason))
		})),
		on("listShortLinks", "GET /short-links", "Short links", community.AreaContent, []string{"GET /shorts"}, func(c *call, in *sorted) (list[short], error) {
			p, err := c.page(in.paging, in.sorting)
			if err != nil {
				return list[short]{}, err
			}
			rows, total, err := room(c, c.a.deps.Rooms.Shorts).Find(c.ctx(), p)
			return listed(c, p, rows, total, shortOf), err
		}),
		on("getShortLink", "GET /short-links/{id}", "One short link", community.AreaContent, []string{"GET /shorts/{id}"}, func(c *call, in *byID) (short, error) {
			s, err := room(c, c.a.deps.Rooms.Shorts).ByID(c.ctx(), in.ID)
			return shortOf(s), err
		}),
		on("addShortLink", "POST /short-links", "A new short link", community.AreaContent, []string{"POST /shorts"}, func(c *call, in *newShort) (short, error) {
			s, err := room(c, c.a.deps.Rooms.Shorts).New(c.ctx(), c.who(), admit.Short{Title: in.Body.Title, Target: in.Body.Target}, in.Body.Reason)
			return shortOf(s), err
		}),
		on("closeShortLink", "POST /short-links/{id}/close", "End a short link, or open it again", community.AreaContent, []string{"POST /shorts/{id}/close"}, func(c *call, in *struct {
			byID
			Body struct {
				Closed bool `json:"closed"`
				Maybe
			}
		}) (short, error) {
			rooms := room(c, c.a.deps.Rooms.Shorts)
			if err := rooms.Close(c.ctx(), c.who(), in.ID, in.Body.Closed, in.Body.Reason); err != nil {
				return short{}, err
			}
			s, err := rooms.ByID(c.ctx(), in.ID)
			return shortOf(s), err
		}),
		on("shortLinkFor", "POST /short-links/{id}/for", "The address that is one person's own", community.AreaContent, []string{"POST /shorts/{id}/for"}, func(c *call, in *struct {
			byID
			Body struct {
				Member community.ID `json:"member"`
			}
		}) (struct {
			Path string `json:"path"`
		}, error) {
			path, err := room(c, c.a.deps.Rooms.Shorts).For(c.ctx(), in.ID, in.Body.Member)
			return struct {
				Path string `json:"path"`
			}{path}, err
		}),
	}
}

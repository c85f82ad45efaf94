package api

import (
	"context"
	"strings"

	"qunluo/internal/community"
	"qunluo/internal/plan"
	"qunluo/internal/shelf"
)

// Libraries keeps the library.
type Libraries interface {
	Find(ctx context.Context, f shelf.Filter) ([]shelf.Item, int, error)
	Get(ctx context.Context, id community.ID) (shelf.Item, error)
	Standing(i shelf.Item) string
	Save(ctx context.Context, user string, id community.ID, seen int64, kind shelf.Kind, content shelf.Content, note string) (shelf.Item, error)
	Versions(ctx context.Context, id community.ID) ([]shelf.Version, error)
	Restore(ctx context.Context, user string, id community.ID, version int, note string) (shelf.Item, error)
	Archive(ctx context.Context, user string, id community.ID, away bool, reason string) (shelf.Item, error)
	ToCalendar(ctx context.Context, user string, id community.ID, o shelf.Order, content plan.Content) (plan.Item, error)
	ToBroadcast(ctx context.Context, user string, id community.ID, o shelf.Order, b plan.Broadcast) (plan.Broadcast, error)
	Uses(ctx context.Context, id community.ID) (list []shelf.Use, beyond int, err error)
	Said(ctx context.Context, id community.ID) ([]shelf.SaidOf, error)
	Greet(ctx context.Context, user string, id community.ID, g community.GroupKey, note string) (int, error)
	Exclusive(ctx context.Context, user string, id community.ID, groups []community.GroupKey, reason string) (shelf.Item, error)
	Release(ctx context.Context, user string, id community.ID, g community.GroupKey, reason string) error
	Mine(ctx context.Context, user string, id, member community.ID) (string, error)
}

// Essences keeps cards of messages.
type Essences interface {
	Cards(ctx context.Context, f shelf.CardFilter) ([]shelf.Card, int, error)
	Card(ctx context.Context, id community.ID) (shelf.Card, error)
	Keep(ctx context.Context, user string, g community.GroupKey, number int64, tags []string, note string) (shelf.Card, error)
	Edit(ctx context.Context, user string, id community.ID, version int, tags []string, note string) (shelf.Card, error)
	Remove(ctx context.Context, user string, id community.ID, off bool, reason string) (shelf.Card, error)
	EraseMember(ctx context.Context, user string, member community.ID, reason string) (int, error)
	Rule(ctx context.Context, g community.GroupKey) (rule shelf.Rule, own bool, err error)
	SaveRule(ctx context.Context, user string, g community.GroupKey, rule *shelf.Rule, reason string) error
}

// libraryItem is an item of the library.
type libraryItem struct {
	ID        community.ID `json:"id"`
	Kind      string       `json:"kind" enum:"post,welcome,script,file,picture,poster"`
	Title     string       `json:"title"`
	Text      string       `json:"text"`
	URL       string       `json:"url"`
	Poster    string       `json:"poster"`
	Files     []shelf.File `json:"files"`
	Tags      []string     `json:"tags"`
	Variables []string     `json:"variables" doc:"names of variables in the text"`
	Expires   string       `json:"expires" doc:"the last day on which it may be sent; empty = it stays good"`
	Standing  string       `json:"standing" enum:"good,soon,expired"`
	Version   int          `json:"version"`
	Archived  bool         `json:"archived"`
	Exclusive bool         `json:"exclusive" doc:"it opens to current members of its groups alone"`
	Changed   int64        `json:"changed" doc:"to be given back with a change"`
	Updated   moment       `json:"updated_at"`
}

func (c *call) libraries() Libraries { return room(c, c.a.deps.Rooms.Libraries) }

func (c *call) libraryItem(i shelf.Item) libraryItem {
	return libraryItem{i.ID, string(i.Kind), i.Title, i.Text, i.URL, i.Poster, append([]shelf.File{}, i.Files...), append([]string{}, i.Tags...), append([]string{}, shelf.Variables(i.Text)...), i.Expires, c.libraries().Standing(i), i.Version, i.Archived, i.Exclusive, i.Changed, moment(i.Updated)}
}

// LibraryWritten is what is written of an item.
type LibraryWritten struct {
	Title   string         `json:"title" minLength:"1" maxLength:"100"`
	Text    string         `json:"text,omitempty" maxLength:"4000"`
	URL     string         `json:"url,omitempty" maxLength:"1000"`
	Poster  string         `json:"poster,omitempty" maxLength:"100" doc:"name of a poster"`
	Files   []community.ID `json:"files,omitempty" maxItems:"9" doc:"files that are kept"`
	Tags    []string       `json:"tags,omitempty" maxItems:"20"`
	Expires string         `json:"expires,omitempty" doc:"2006-01-02"`
	Note    string         `json:"note,omitempty" maxLength:"500" doc:"what was changed"`
}

func (w LibraryWritten) content() shelf.Content {
	return shelf.Content{Title: w.Title, Text: w.Text, URL: w.URL, Poster: w.Poster, Tags: w.Tags, Expires: w.Expires, Files: mapped(w.Files, func(id community.ID) shelf.File { return shelf.File{ID: id} })}
}

// LibraryOrder says how an item is used.
type LibraryOrder struct {
	Values   map[string]string `json:"values,omitempty" doc:"of variables, by name"`
	Override string            `json:"override,omitempty" maxLength:"500" doc:"why it is used although it has expired"`
}

func (o LibraryOrder) order() shelf.Order { return shelf.Order{Values: o.Values, Override: o.Override} }

// libraryVersion is what an item was.
type libraryVersion struct {
	Version int      `json:"version"`
	User    string   `json:"user"`
	Note    string   `json:"note"`
	At      moment   `json:"at"`
	Title   string   `json:"title"`
	Text    string   `json:"text"`
	Tags    []string `json:"tags"`
}

// libraryUse is where an item was used.
type libraryUse struct {
	Place    string `json:"place" enum:"calendar,broadcast,welcome,charter,step,greeting" doc:"step, greeting: it is named there and goes as it is then"`
	Ref      string `json:"ref" doc:"the item of the calendar, the mass send, the SOP; empty = a group's rulebook"`
	Title    string `json:"title"`
	Version  int    `json:"version"`
	At       moment `json:"at"`
	Override string `json:"override"`
}

// librarySaid counts what was said of an item by name.
type librarySaid struct {
	Version  int    `json:"version"`
	Steps    int    `json:"steps" doc:"by steps of SOPs"`
	Welcomes int    `json:"welcomes"`
	Last     moment `json:"last_at"`
}

// rulesMade names a version of a group's rules.
type rulesMade struct {
	Version int `json:"version"`
}

func (c *call) libraryNow(i shelf.Item, err error) (libraryItem, error) {
	if err != nil {
		return libraryItem{}, err
	}
	return c.libraryItem(i), nil
}

func libraryLines() []line {
	const area = community.AreaContent
	return []line{
		on("listLibrary", "GET /library", "Items of the library", area, []string{"GET /library"}, func(c *call, in *struct {
			Kind    string `query:"kind" enum:"post,welcome,script,file,picture,poster"`
			Wears   string `query:"wears" maxLength:"30" doc:"a tag of items"`
			Text    string `query:"text" maxLength:"200" doc:"in title or text"`
			Expired string `query:"expired_before" maxLength:"10" doc:"2006-01-02"`
			Away    bool   `query:"archived" doc:"those put away, in place of the others"`
			paging
		}) (list[libraryItem], error) {
			p, err := c.page(in.paging, sorting{})
			if err != nil {
				return list[libraryItem]{}, err
			}
			rows, total, err := c.libraries().Find(c.ctx(), shelf.Filter{Kind: shelf.Kind(in.Kind), Tag: in.Wears, Text: in.Text, Expired: in.Expired, Archived: in.Away, Page: p})
			return listed(c, p, rows, total, c.libraryItem), err
		}),
		on("getLibraryItem", "GET /library/{id}", "One item of the library", area, []string{"GET /library/{id}"}, func(c *call, in *byID) (libraryItem, error) {
			return c.libraryNow(c.libraries().Get(c.ctx(), in.ID))
		}),
		on("addLibraryItem", "POST /library", "Make an item", area, []string{"POST /library"}, func(c *call, in *struct {
			Body struct {
				Kind string `json:"kind" enum:"post,welcome,script,file,picture,poster"`
				LibraryWritten
			}
		}) (libraryItem, error) {
			return c.libraryNow(c.libraries().Save(c.ctx(), c.who(), community.ID{}, 0, shelf.Kind(in.Body.Kind), in.Body.content(), in.Body.Note))
		}),
		on("editLibraryItem", "PUT /library/{id}", "Write the next version of an item", area, []string{"POST /library"}, func(c *call, in *struct {
			byID
			Body struct {
				Changed int64 `json:"changed" doc:"that of the item as it was read"`
				LibraryWritten
			}
		}) (libraryItem, error) {
			return c.libraryNow(c.libraries().Save(c.ctx(), c.who(), in.ID, in.Body.Changed, "", in.Body.content(), in.Body.Note))
		}),
		on("listLibraryVersions", "GET /library/{id}/versions", "What an item was, the newest first", area, []string{"GET /library/{id}"}, func(c *call, in *byID) (list[libraryVersion], error) {
			rows, err := c.libraries().Versions(c.ctx(), in.ID)
			return whole(rows, func(v shelf.Version) libraryVersion {
				return libraryVersion{v.Version, v.User, v.Note, moment(v.At), v.Title, v.Text, append([]string{}, v.Tags...)}
			}), err
		}),
		on("listLibraryUses", "GET /library/{id}/uses", "Where an item was used", area, []string{"GET /library/{id}"}, func(c *call, in *byID) (list[libraryUse], error) {
			rows, _, err := c.libraries().Uses(c.ctx(), in.ID)
			return whole(rows, func(u shelf.Use) libraryUse {
				out := libraryUse{u.Place, "", u.Title, u.Version, moment(u.At), u.Override}
				if !u.Ref.IsZero() {
					out.Ref = u.Ref.String()
				}
				return out
			}), err
		}),
		on("listLibrarySaid", "GET /library/{id}/said", "What was said of an item by name, by its versions", area, []string{"GET /library/{id}"}, func(c *call, in *byID) (list[librarySaid], error) {
			rows, err := c.libraries().Said(c.ctx(), in.ID)
			return whole(rows, func(s shelf.SaidOf) librarySaid { return librarySaid{s.Version, s.Steps, s.Welcomes, moment(s.At)} }), err
		}),
		admin(on("greetWithItem", "POST /library/{id}/greet", "Let an item greet who comes into a group: its rules are put in force anew", community.AreaOrder, []string{"POST /library/{id}/greet"}, func(c *call, in *struct {
			byID
			Body struct {
				Group community.ID `json:"group"`
				Aims
				Maybe
			}
		}) (rulesMade, error) {
			g, err := c.desk.GroupByID(c.ctx(), in.Body.Group)
			if err != nil {
				return rulesMade{}, err
			}
			version, err := c.libraries().Greet(c.aimedAt(in.Body.Aims, g.Key), c.who(), in.ID, g.Key, in.Body.Reason)
			return rulesMade{version}, err
		})),
		on("restoreLibraryItem", "POST /library/{id}/restore", "Write an earlier version anew", area, []string{"POST /library/{id}/restore"}, func(c *call, in *struct {
			byID
			Body struct {
				Version int `json:"version" minimum:"1"`
				Maybe
			}
		}) (libraryItem, error) {
			return c.libraryNow(c.libraries().Restore(c.ctx(), c.who(), in.ID, in.Body.Version, in.Body.Reason))
		}),
		on("archiveLibraryItem", "POST /library/{id}/archive", "Put an item away, or take it out again", area, []string{"POST /library/{id}/archive"}, func(c *call, in *struct {
			byID
			Body struct {
				Away bool `json:"away"`
				Maybe
			}
		}) (libraryItem, error) {
			return c.libraryNow(c.libraries().Archive(c.ctx(), c.who(), in.ID, in.Body.Away, in.Body.Reason))
		}),
		on("closeLibraryItem", "POST /library/{id}/exclusive", "Open an item to the current members of some groups only, or to all again", area, []string{"POST /library/{id}/exclusive"}, func(c *call, in *struct {
			byID
			Body struct {
				Groups []community.ID `json:"groups" maxItems:"200" doc:"none = it is exclusive no more"`
				Because
			}
		}) (libraryItem, error) {
			keys, err := c.groupKeys(in.Body.Groups)
			if err != nil {
				return libraryItem{}, err
			}
			return c.libraryNow(c.libraries().Exclusive(c.ctx(), c.who(), in.ID, keys, in.Body.Reason))
		}),
		on("releaseLibraryItem", "POST /library/{id}/release", "Let an exclusive item go to another group", area, []string{"POST /library/{id}/release"}, func(c *call, in *struct {
			byID
			Body struct {
				Group   community.ID `json:"group,omitzero"`
				Moments bool         `json:"moments,omitempty" doc:"into employees' moments, in place of a group"`
				Because
			}
		}) (none, error) {
			if in.Body.Moments {
				return did(c.libraries().Release(c.ctx(), c.who(), in.ID, shelf.Moments, in.Body.Reason))
			}
			g, err := c.desk.GroupByID(c.ctx(), in.Body.Group)
			if err != nil {
				return none{}, err
			}
			return did(c.libraries().Release(c.ctx(), c.who(), in.ID, g.Key, in.Body.Reason))
		}),
		on("ownLibraryLink", "POST /library/{id}/links", "Give a member their own link to an exclusive item", area, []string{"POST /library/{id}/mine"}, func(c *call, in *struct {
			byID
			Body struct {
				Member community.ID `json:"member"`
			}
		}) (ownLink, error) {
			at, err := c.libraries().Mine(c.ctx(), c.who(), in.ID, in.Body.Member)
			return ownLink{at}, err
		}),
		on("planLibraryItem", "POST /library/{id}/plan", "Put an item into the calendar, as a draft", area, []string{"POST /library/{id}/plan"}, func(c *call, in *struct {
			byID
			Body struct {
				Groups []community.ID `json:"groups" minItems:"1" maxItems:"200"`
				Class  string         `json:"class" enum:"useful,interactive,promotion"`
				Format string         `json:"format,omitempty" maxLength:"40"`
				Serves string         `json:"serves,omitempty" maxLength:"100"`
				Date   string         `json:"date" doc:"2006-01-02, in each group's zone"`
				At     string         `json:"at" doc:"HH:MM"`
				Reason string         `json:"reason,omitempty" maxLength:"500" doc:"why it goes although it is beyond the mix"`
				LibraryOrder
			}
		}) (calendarItem, error) {
			keys, err := c.groupKeys(in.Body.Groups)
			if err != nil {
				return calendarItem{}, err
			}
			content := plan.Content{Class: plan.Class(in.Body.Class), Format: in.Body.Format, Serves: in.Body.Serves, Groups: keys, Date: in.Body.Date, At: in.Body.At, Reason: in.Body.Reason}
			if content.Format == "" {
				content.Format = "other"
			}
			if content.Serves == "" {
				content.Serves = plan.ServesGoal
			}
			return c.itemNow(c.libraries().ToCalendar(c.ctx(), c.who(), in.ID, in.Body.order(), content))
		}),
		on("draftLibraryItem", "POST /library/{id}/send", "Keep a mass send of an item as a draft", area, []string{"POST /library/{id}/send"}, func(c *call, in *struct {
			byID
			Body struct {
				Groups []community.ID `json:"groups,omitempty" maxItems:"200"`
				Tags   []string       `json:"tags,omitempty" maxItems:"20" doc:"groups that have one of these"`
				LibraryOrder
			}
		}) (madeID, error) {
			keys, err := c.groupKeys(in.Body.Groups)
			if err != nil {
				return madeID{}, err
			}
			b, err := c.libraries().ToBroadcast(c.ctx(), c.who(), in.ID, in.Body.order(), plan.Broadcast{State: plan.Draft, Filter: plan.Filter{Groups: keys, Tags: in.Body.Tags}})
			return madeID{b.ID}, err
		}),
	}
}

// madeID names what was made.
type madeID struct {
	ID community.ID `json:"id"`
}

// keptCard is a card of a message.
type keptCard struct {
	ID       community.ID `json:"id"`
	Group    community.ID `json:"group"`
	Number   int64        `json:"message" doc:"number of the message"`
	There    bool         `json:"message_there" doc:"it can still be read in the log"`
	Recalled bool         `json:"recalled"`
	Author   string       `json:"author" doc:"what the author is called now; empty = erased"`
	Said     moment       `json:"said_at"`
	Text     string       `json:"text"`
	Note     string       `json:"note"`
	Tags     []string     `json:"tags"`
	By       string       `json:"by" enum:"hand,people,notice,digest"`
	Why      shelf.Why    `json:"why"`
	Made     moment       `json:"made_at"`
	Removed  moment       `json:"removed_at" doc:"null = it stands"`
	Erased   moment       `json:"erased_at" doc:"null = its words are there"`
	Version  int          `json:"version" doc:"to be given back with a change"`
}

func keptCardOf(v shelf.Card) keptCard {
	return keptCard{v.ID, v.GroupID, v.Number, v.There, v.Recalled, v.Name, moment(v.SaidAt), v.Text, v.Note, append([]string{}, v.Tags...), v.By, v.Why, moment(v.Made), moment(v.Removed), moment(v.Erased), v.Version}
}

func cardNow(v shelf.Card, err error) (keptCard, error) {
	if err != nil {
		return keptCard{}, err
	}
	return keptCardOf(v), nil
}

// cardRule says when a message becomes a card by itself.
type cardRule struct {
	On        bool     `json:"on"`
	Reactions int      `json:"reactions" minimum:"0" maximum:"1000" doc:"people who react, at least; 0 = do not look"`
	Replies   int      `json:"replies" minimum:"0" maximum:"1000" doc:"people who answer, at least; 0 = do not look"`
	Notice    bool     `json:"notice" doc:"what the platform says is among the best"`
	Digest    bool     `json:"digest" doc:"the good answers of digests that are sent"`
	Least     int      `json:"least_characters" minimum:"0" maximum:"8000"`
	Days      int      `json:"days" minimum:"1" maximum:"30" doc:"after it was said that count"`
	Tags      []string `json:"tags" maxItems:"20"`
}

func (c *call) essences() Essences { return room(c, c.a.deps.Rooms.Essences) }

func essenceLines() []line {
	const area = community.AreaContent
	return []line{
		on("listCards", "GET /cards", "Cards of messages worth keeping, searched as messages are", area, []string{"GET /essence"}, func(c *call, in *struct {
			Group   community.ID `query:"group"`
			Wears   string       `query:"wears" maxLength:"30" doc:"a tag of cards"`
			Text    string       `query:"text" maxLength:"200"`
			Removed bool         `query:"removed" doc:"those taken off, in place of the others"`
			paging
		}) (list[keptCard], error) {
			g, err := c.group(in.Group)
			if err != nil {
				return list[keptCard]{}, err
			}
			p, err := c.page(in.paging, sorting{})
			if err != nil {
				return list[keptCard]{}, err
			}
			rows, total, err := c.essences().Cards(c.ctx(), shelf.CardFilter{Group: g.Key, Tag: in.Wears, Text: strings.TrimSpace(in.Text), Removed: in.Removed, Page: p})
			return listed(c, p, rows, total, keptCardOf), err
		}),
		on("getCard", "GET /cards/{id}", "One card", area, []string{"GET /essence/{id}"}, func(c *call, in *byID) (keptCard, error) {
			return cardNow(c.essences().Card(c.ctx(), in.ID))
		}),
		on("keepMessage", "POST /groups/{id}/messages/{number}/keep", "Make a card of a message", area, []string{"POST /messages/{id}/{number}/keep"}, inGroup(func(c *call, in *struct {
			byID
			Number int64 `path:"number"`
			Body   struct {
				Tags []string `json:"tags,omitempty" maxItems:"20"`
				Note string   `json:"note,omitempty" maxLength:"500"`
			}
		}, g community.GroupRow) (keptCard, error) {
			return cardNow(c.essences().Keep(c.ctx(), c.who(), g.Key, in.Number, in.Body.Tags, in.Body.Note))
		})),
		on("editCard", "POST /cards/{id}/edit", "Give a card other tags and another note", area, []string{"POST /essence/{id}/edit"}, func(c *call, in *struct {
			byID
			Body struct {
				Version int      `json:"version" minimum:"1"`
				Tags    []string `json:"tags" maxItems:"20"`
				Note    string   `json:"note" maxLength:"500"`
			}
		}) (keptCard, error) {
			return cardNow(c.essences().Edit(c.ctx(), c.who(), in.ID, in.Body.Version, in.Body.Tags, in.Body.Note))
		}),
		on("removeCard", "POST /cards/{id}/remove", "Take a card off, or put it back", area, []string{"POST /essence/{id}/remove"}, func(c *call, in *struct {
			byID
			Body struct {
				Off bool `json:"off" doc:"false = put it back"`
				Maybe
			}
		}) (keptCard, error) {
			return cardNow(c.essences().Remove(c.ctx(), c.who(), in.ID, in.Body.Off, in.Body.Reason))
		}),
		admin(on("eraseCards", "POST /members/{id}/erase-cards", "Erase from the cards for good what a person said", area, []string{"POST /essence/{id}/erase"}, func(c *call, in *struct {
			byID
			Body Because
		}) (cardsErased, error) {
			n, err := c.essences().EraseMember(c.ctx(), c.who(), in.ID, in.Body.Reason)
			return cardsErased{n}, err
		})),
		on("getCardRule", "GET /groups/{id}/card-rule", "When messages of a group become cards by themselves", area, []string{"GET /essence/rule"}, inGroup(func(c *call, in *byID, g community.GroupRow) (cardRule, error) {
			r, _, err := c.essences().Rule(c.ctx(), g.Key)
			return cardRule{r.On, r.Reactions, r.Replies, r.Notice, r.Digest, r.Least, r.Days, append([]string{}, r.Tags...)}, err
		})),
		on("setCardRule", "PUT /groups/{id}/card-rule", "Give a group a rule of its own", area, []string{"POST /essence/rule"}, inGroup(func(c *call, in *struct {
			byID
			Body cardRule
		}, g community.GroupRow) (none, error) {
			b := in.Body
			return did(c.essences().SaveRule(c.ctx(), c.who(), g.Key, &shelf.Rule{On: b.On, Reactions: b.Reactions, Replies: b.Replies, Notice: b.Notice, Digest: b.Digest, Least: b.Least, Days: b.Days, Tags: b.Tags}, ""))
		})),
	}
}

// cardsErased says how many cards were erased.
type cardsErased struct {
	Cards int `json:"cards"`
}

// ownLink is an address that is one member's own.
type ownLink struct {
	URL string `json:"url"`
}

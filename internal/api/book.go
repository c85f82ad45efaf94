package api

import (
	"encoding/json"

	"qunluo/internal/community"
)

// book is a version of a group's rulebook.
type book struct {
	Version int             `json:"version" doc:"0 = the draft"`
	State   string          `json:"state" enum:"draft,published"`
	At      moment          `json:"at"`
	User    string          `json:"user"`
	Note    string          `json:"note"`
	Body    json.RawMessage `json:"body,omitempty" doc:"the rulebook; left out in lists"`
}

func bookOf(b community.BookRow) book {
	return book{b.Version, b.State, moment(b.At), b.User, b.Note, b.Body}
}

type groupPaging struct {
	byID
	paging
}

type bookPath struct {
	byID
	Version int `path:"version" minimum:"0" doc:"0 = the draft"`
}

type bookOrder struct {
	byID
	Body struct {
		Book json.RawMessage `json:"book" doc:"the whole rulebook"`
		Note string          `json:"note" minLength:"1" maxLength:"500"`
	}
}

// publishOrder is a bookOrder that puts the book in force.
type publishOrder struct {
	byID
	Body struct {
		Book json.RawMessage `json:"book" doc:"the whole rulebook"`
		Note string          `json:"note" minLength:"1" maxLength:"500"`
		Aims
	}
}

type ruleHits struct {
	Rule   string `json:"rule"`
	Hits   int64  `json:"hits"`
	Dry    int64  `json:"dry" doc:"of these in dry run"`
	Undone int64  `json:"undone" doc:"found to be false"`
	Last   moment `json:"last_at"`
}

type version struct {
	Version int `json:"version"`
}

type hitsQuery struct {
	byID
	Days int64 `query:"days" minimum:"1" maximum:"365" default:"7"`
}

func bookLines() []line {
	area := community.AreaOrder
	return []line{
		on("listRulebooks", "GET /groups/{id}/rulebooks", "Versions of a group's rulebook, newest first", area, []string{"GET /rules/{id}/versions", "GET /rules"}, inGroup(func(c *call, in *groupPaging, g community.GroupRow) (list[book], error) {
			p, err := c.page(in.paging, sorting{})
			if err != nil {
				return list[book]{}, err
			}
			rows, total, err := c.desk.FindBooks(c.ctx(), g.Key, p)
			return listed(c, p, rows, total, func(b community.BookRow) book { b.Body = nil; return bookOf(b) }), err
		})),
		on("getRulebook", "GET /groups/{id}/rulebooks/{version}", "One version of a group's rulebook", area, []string{"GET /rules/{id}", "GET /rules/{id}/json"}, inGroup(func(c *call, in *bookPath, g community.GroupRow) (book, error) {
			b, err := c.desk.BookVersion(c.ctx(), g.Key, in.Version)
			return bookOf(b), err
		})),
		on("saveDraft", "PUT /groups/{id}/rulebooks/draft", "Keep a draft of a group's rulebook", area, []string{"POST /rules/{id}/json", "POST /rules/{id}/begin"}, inGroup(func(c *call, in *bookOrder, g community.GroupRow) (none, error) {
			return did(c.hands.SaveDraft(c.ctx(), c.who(), g.Key, in.Body.Book, in.Body.Note))
		})),
		on("discardDraft", "POST /groups/{id}/rulebooks/draft/discard", "Throw the draft away", area, []string{"POST /rules/{id}/discard"}, inGroup(func(c *call, in *undoOrder, g community.GroupRow) (none, error) {
			return did(c.hands.SaveDraft(c.ctx(), c.who(), g.Key, nil, in.Body.Reason))
		})),
		admin(on("publishRulebook", "POST /groups/{id}/rulebooks", "Put a rulebook in force", area, []string{"POST /rules/{id}/publish", "POST /rules/{id}/rollback", "POST /rules/{id}/enable"}, inGroup(func(c *call, in *publishOrder, g community.GroupRow) (version, error) {
			v, err := c.hands.Publish(c.aimed(in.Body.Aims), c.who(), g.Key, in.Body.Book, in.Body.Note)
			return version{v}, err
		}))),
		on("listRuleHits", "GET /groups/{id}/rule-hits", "How often each rule hit", area, []string{"GET /rules/{id}"}, inGroup(func(c *call, in *hitsQuery, g community.GroupRow) (list[ruleHits], error) {
			rows, err := c.desk.RuleHits(c.ctx(), g.Key, c.now()-in.Days*24*3600_000)
			return whole(rows, func(r community.RuleHits) ruleHits { return ruleHits{r.Rule, r.Hits, r.Dry, r.Undone, moment(r.Last)} }), err
		})),
		on("getHitNotices", "GET /hit-notices", "Rules for telling people about hits", area, []string{"GET /hits"}, func(c *call, _ *struct{}) (community.HitRules, error) {
			return c.hands.HitRules(c.ctx())
		}),
		admin(on("setHitNotices", "PUT /hit-notices", "Change the rules for telling people about hits", area, []string{"POST /hits/rules"}, func(c *call, in *struct {
			Body struct {
				Rules community.HitRules `json:"rules"`
				Maybe
			}
		}) (none, error) {
			return did(c.hands.SetHitRules(c.ctx(), c.who(), in.Body.Rules, in.Body.Reason))
		})),
	}
}

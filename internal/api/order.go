package api

import (
	"context"
	"encoding/json"
	"io"

	"qunluo/internal/bulk"
	"qunluo/internal/community"
	"qunluo/internal/plan"
	"qunluo/internal/replay"
	"qunluo/internal/tier"
)

// Books judges by rulebooks that may not be in force.
type Books interface {
	// Try says what a book would do about one message from a member without history.
	Try(ctx context.Context, g community.GroupKey, book json.RawMessage, text string) ([]community.Decision, error)
}

// Teach teaches a group's rulebook from its talk and from people's judgements.
type Teach interface {
	Learn(ctx context.Context, user string, g community.GroupKey, days int, note string) (community.Taught, error)
}

// Lab tries rulebooks on a group's past in the background.
type Lab interface {
	Start(ctx context.Context, user string, g community.GroupKey, book json.RawMessage, days int, wait func(done, of int64)) (replay.Run, error)
	Runs(ctx context.Context, g community.GroupKey, p community.Page) ([]replay.Run, int, error)
	Run(ctx context.Context, id community.ID) (replay.Run, error)
	Stop(ctx context.Context, id community.ID) error
}

// Judged is what somebody has decided: reviewed decisions and what they did beside it.
type Judged interface {
	// Answer does to the member of a decision what a reviewer wants, and closes the decision as kept where it is open.
	Answer(ctx context.Context, user string, decision community.ID, o community.ReviewOrder, reason string) ([]community.ID, error)
}

// BookAsked is a rulebook that a call names: its body, or a version of the group's.
type BookAsked struct {
	Book    json.RawMessage `json:"book,omitempty" doc:"the whole rulebook; left out = the version"`
	Version int             `json:"version,omitempty" minimum:"0" doc:"0 = the draft, or, where there is none, the one in force"`
}

// bookBody finds the rulebook that a call names.
func (c *call) bookBody(g community.GroupRow, b BookAsked) (json.RawMessage, error) {
	if len(b.Book) > 0 {
		return b.Book, nil
	}
	row, err := c.desk.BookVersion(c.ctx(), g.Key, b.Version)
	if community.CodeOf(err) == community.CodeNotFound && b.Version == 0 && g.Book > 0 {
		row, err = c.desk.BookVersion(c.ctx(), g.Key, g.Book)
	}
	return row.Body, err
}

// hit is a rule that found what it looks for.
type hit struct {
	Rule  string `json:"rule"`
	Kind  string `json:"kind"`
	Dry   bool   `json:"dry"`
	Chose bool   `json:"chose" doc:"this hit gave the consequence"`
	Why   string `json:"why"`
}

type triedAction struct {
	Verb    string `json:"verb"`
	Text    string `json:"text"`
	Seconds int64  `json:"seconds"`
}

// tried is what a rulebook would decide about a message.
type tried struct {
	Verdict string        `json:"verdict"`
	Rung    int           `json:"rung" doc:"of the ladder, from 1; 0 = none"`
	Hits    []hit         `json:"hits"`
	Actions []triedAction `json:"actions"`
}

func triedOf(d community.Decision) tried {
	return tried{string(d.Verdict), d.Rung, mapped(d.Hits, func(h community.RuleHit) hit { return hit{h.Rule, h.Kind, h.Dry, h.Chose, h.Why} }),
		mapped(d.Actions, func(a community.Action) triedAction { return triedAction{string(a.Verb), a.Text, a.Seconds} })}
}

// ruleTrial is a rulebook tried on a group's past.
type ruleTrial struct {
	ID        community.ID      `json:"id"`
	State     string            `json:"state"`
	User      string            `json:"user"`
	At        moment            `json:"begun_at"`
	Ended     moment            `json:"ended_at"`
	From      moment            `json:"from"`
	To        moment            `json:"to"`
	Done      int64             `json:"done" doc:"events gone through"`
	Of        int64             `json:"of"`
	Error     string            `json:"error"`
	Messages  int64             `json:"messages"`
	Different int64             `json:"different" doc:"events that this book and the one in force decide differently"`
	Concerned int64             `json:"concerned" doc:"members to whom its live rules would do something"`
	Would     map[string]int64  `json:"would" doc:"what its live rules would do"`
	Rules     []replay.RuleDiff `json:"rules" doc:"a: the one in force, b: the tried one"`
}

func ruleTrialOf(r replay.Run) ruleTrial {
	would := r.Would
	if would == nil {
		would = map[string]int64{}
	}
	return ruleTrial{r.ID, r.State, r.User, moment(r.At), moment(r.Ended), moment(r.From), moment(r.To), r.Done, r.Of, r.Error, r.Messages, r.Different, r.Concerned, would, list0(r.Rules)}
}

// taught says what a group's model was taught with and what it would change.
type taught struct {
	Model    string   `json:"model"`
	Rules    []string `json:"rules"`
	Days     int      `json:"days"`
	Talk     int      `json:"talk"`
	LeftOut  int      `json:"left_out"`
	Ham      int      `json:"ham"`
	Spam     int      `json:"spam"`
	Act      float64  `json:"act"`
	Suspect  float64  `json:"suspect"`
	Messages int64    `json:"messages"`
	Before   int64    `json:"hits_before"`
	After    int64    `json:"hits_after"`
	New      int64    `json:"new"`
	Gone     int64    `json:"gone"`
}

// charterDraft is the public page of a rulebook that is not published.
type charterDraft struct {
	HTML string `json:"html"`
}

// tierTrials is what rules would have done beside those in force.
type tierTrials struct {
	Now    tierTrial `json:"in_force"`
	New    tierTrial `json:"tried"`
	Moving int       `json:"would_move_today"`
	Least  int       `json:"least" doc:"members from which on there are tiers"`
}

func ruleLines() []line {
	area := community.AreaOrder
	lab := func(c *call) Lab { return room(c, c.a.deps.Rooms.Lab) }
	return []line{
		on("tryRulebook", "POST /groups/{id}/rulebooks/try", "What a rulebook would do about one message of somebody without history", area, []string{"POST /rules/{id}/test", "GET /rules/{id}/test"}, inGroup(func(c *call, in *struct {
			byID
			Body struct {
				Text string `json:"text" minLength:"1" maxLength:"20000"`
				BookAsked
			}
		}, g community.GroupRow) (list[tried], error) {
			body, err := c.bookBody(g, in.Body.BookAsked)
			if err != nil {
				return list[tried]{}, err
			}
			rows, err := c.a.deps.Rooms.Books.Try(c.ctx(), g.Key, body, in.Body.Text)
			return whole(rows, triedOf), err
		})),
		on("startRuleTrial", "POST /groups/{id}/rule-trials", "Try a rulebook on a group's past, beside the one in force; it goes on in the background", area, []string{"POST /rules/{id}/lab/run"}, inGroup(func(c *call, in *struct {
			byID
			Body struct {
				Days int `json:"days" minimum:"1" maximum:"3650"`
				BookAsked
			}
		}, g community.GroupRow) (ruleTrial, error) {
			body, err := c.bookBody(g, in.Body.BookAsked)
			if err != nil {
				return ruleTrial{}, err
			}
			r, err := lab(c).Start(c.ctx(), c.who(), g.Key, body, in.Body.Days, nil)
			return ruleTrialOf(r), err
		})),
		on("listRuleTrials", "GET /groups/{id}/rule-trials", "Rulebooks that were tried on a group's past, the newest first", area, []string{"GET /rules/{id}/lab", "GET /rules/{id}/replay"}, inGroup(func(c *call, in *groupPaging, g community.GroupRow) (list[ruleTrial], error) {
			p, err := c.page(in.paging, sorting{})
			if err != nil {
				return list[ruleTrial]{}, err
			}
			rows, total, err := lab(c).Runs(c.ctx(), g.Key, p)
			return listed(c, p, rows, total, ruleTrialOf), err
		})),
		on("getRuleTrial", "GET /rule-trials/{id}", "One trial of a rulebook, and what came of it", area, []string{"GET /rules/{id}/lab"}, func(c *call, in *byID) (ruleTrial, error) {
			r, err := lab(c).Run(c.ctx(), in.ID)
			return ruleTrialOf(r), err
		}),
		on("stopRuleTrial", "POST /rule-trials/{id}/stop", "End a trial that is under way", area, []string{"POST /rules/{id}/lab/stop"}, func(c *call, in *byID) (none, error) {
			return did(lab(c).Stop(c.ctx(), in.ID))
		}),
		on("teachRulebook", "POST /groups/{id}/rulebooks/learn", "Teach a model with a group's talk and people's judgements, and put it into the draft", area, []string{"POST /rules/{id}/learn"}, inGroup(func(c *call, in *struct {
			byID
			Body struct {
				Days int    `json:"days" minimum:"1" maximum:"366"`
				Note string `json:"note" minLength:"1" maxLength:"500"`
			}
		}, g community.GroupRow) (taught, error) {
			t, err := room(c, c.a.deps.Rooms.Teach).Learn(c.ctx(), c.who(), g.Key, in.Body.Days, in.Body.Note)
			return taught{t.Model, list0(t.Rules), t.Days, t.Talk, t.LeftOut, t.Ham, t.Spam, t.Act, t.Suspect, t.Messages, t.Before, t.After, t.New, t.Gone}, err
		})),
		on("previewCharter", "GET /groups/{id}/charter-preview", "The public page of a rulebook that is not published, as HTML", area, []string{"GET /rules/{id}/charter/preview"}, inGroup(func(c *call, in *struct {
			byID
			Lang    string `query:"lang" enum:"zh-CN,en" default:"zh-CN"`
			Version int    `query:"version" minimum:"0" doc:"0 = the draft, or, where there is none, the one in force"`
		}, g community.GroupRow) (charterDraft, error) {
			var raw []byte
			body, err := c.bookBody(g, BookAsked{Version: in.Version})
			if err == nil {
				raw, err = room(c, c.a.deps.Rooms.Charters).Preview(c.ctx(), g.Key, body, in.Lang)
			}
			return charterDraft{string(raw)}, err
		})),
		on("answerDecision", "POST /decisions/{id}/act", "Do something to the member of a decision, and close it as kept", area, []string{"POST /review/{id}/act"}, func(c *call, in *struct {
			byID
			Body struct {
				Do      string `json:"do" enum:"recall,warn,mute,remove"`
				Text    string `json:"text,omitempty" maxLength:"1000" doc:"of a warning"`
				Seconds int64  `json:"seconds,omitempty" minimum:"0" maximum:"2592000" doc:"of a mute; left out = a day"`
				Block   bool   `json:"block,omitempty" doc:"with remove: and refuse new requests"`
				Because
			}
		}) (decision, error) {
			b := in.Body
			if _, err := room(c, c.a.deps.Rooms.Judged).Answer(c.ctx(), c.who(), in.ID, community.ReviewOrder{Do: b.Do, Text: b.Text, Seconds: b.Seconds, Block: b.Block}, b.Reason); err != nil {
				return decision{}, err
			}
			d, err := c.desk.DecisionByID(c.ctx(), in.ID)
			return decisionOf(d), err
		}),
		on("addCase", "POST /groups/{id}/messages/{number}/case", "Say what ought to come of a message: a labelled case", area, []string{"POST /messages/{id}/{number}/case"}, inGroup(func(c *call, in *struct {
			byID
			Number int64 `path:"number" minimum:"1"`
			Body   struct {
				Want string `json:"want" enum:"hit,none"`
				Rule string `json:"rule,omitempty" maxLength:"100"`
				Wide bool   `json:"wide,omitempty" doc:"it holds for every group of the organisation"`
				Because
			}
		}, g community.GroupRow) (madeID, error) {
			b := in.Body
			one, err := room(c, c.a.deps.Rooms.Cases).Add(c.ctx(), c.who(), community.Case{Group: g.Key, Event: in.Number, Want: community.Want(b.Want), Rule: b.Rule, Wide: b.Wide, Why: b.Reason})
			return madeID{one.ID}, err
		})),
		on("importWords", "POST /word-lists/{id}/import", "Read a file of words; what it would change is then taken or discarded", area, []string{"POST /words/{id}/import"}, func(c *call, in *struct {
			byID
			Name string `query:"name" maxLength:"200" doc:"of the file; its ending says what it is"`
			Note string `query:"note" maxLength:"500"`
			File upload `most:"20"`
		}) (wordRun, error) {
			raw, err := io.ReadAll(in.File)
			if err != nil {
				return wordRun{}, err
			}
			if in.Name == "" {
				in.Name = in.File.Name
			}
			r, err := room(c, c.a.deps.Rooms.Words).Import(c.ctx(), c.who(), in.ID, in.Name, raw, in.Note, nil)
			return wordRunOf(r), err
		}),
		on("tryTierRules", "POST /groups/{id}/tier-rules/try", "What rules would have done to a group's tiers, beside those in force", community.AreaPeople, []string{"POST /tiers/rules/try"}, inGroup(func(c *call, in *struct {
			byID
			Body struct {
				Rules tier.Rules `json:"rules"`
				Weeks int        `json:"weeks,omitempty" minimum:"0" maximum:"26" doc:"left out = 12"`
			}
		}, g community.GroupRow) (tierTrials, error) {
			weeks := in.Body.Weeks
			if weeks == 0 {
				weeks = 12
			}
			was, err := room(c, c.a.deps.Rooms.Tiers).Try(c.ctx(), g.Key, in.Body.Rules, weeks)
			return tierTrials{tierTrialOf(was.Now), tierTrialOf(was.New), len(was.Today), was.Least}, err
		})),
	}
}

// tierTrial is what rules would have done over some weeks.
type tierTrial struct {
	Weeks    int `json:"weeks"`
	Within   int `json:"within" doc:"weeks in which all shares lay within their targets"`
	Changes  int `json:"changes" doc:"members who moved"`
	Needless int `json:"needless" doc:"of these, back within two weeks"`
}

func tierTrialOf(t tier.Trial) tierTrial {
	weeks, within, _, changes, needless := t.Sum()
	return tierTrial{weeks, within, changes, needless}
}

// BulkOrder is what somebody wants done to many.
type BulkOrder struct {
	Kind    string         `json:"kind" enum:"remove,strike,mute,tag,untag,undo"`
	Members []community.ID `json:"members,omitempty" maxItems:"1000" doc:"left out = all whom the filter finds"`
	Filter  struct {
		Group  community.ID `json:"group,omitempty"`
		Tag    string       `json:"tag,omitempty" maxLength:"100" doc:"of groups"`
		Text   string       `json:"text,omitempty" maxLength:"200"`
		Label  string       `json:"label,omitempty" maxLength:"100" doc:"a tag of their own"`
		Never  bool         `json:"never_spoke,omitempty"`
		Silent moment       `json:"silent_since,omitempty"`
		Source string       `json:"source,omitempty" maxLength:"100"`
		Rule   string       `json:"rule,omitempty" maxLength:"100" doc:"with undo: of decisions"`
		From   moment       `json:"from,omitempty" doc:"with undo: of decisions"`
	} `json:"filter,omitempty" doc:"of members who are there now; with undo of decisions"`
	Seconds int64  `json:"seconds,omitempty" minimum:"0" maximum:"2592000" doc:"with mute"`
	Block   bool   `json:"block,omitempty" doc:"with remove"`
	Rule    string `json:"rule,omitempty" maxLength:"100" doc:"with strike"`
	Label   string `json:"label,omitempty" maxLength:"100" doc:"with tag and untag"`
	Stay    bool   `json:"stay,omitempty" doc:"with tag and untag: the stay in each group"`
	Expect  int    `json:"expect,omitempty" minimum:"0" doc:"how many the preview said: a conflict if it is another number now"`
}

func (c *call) bulkAsked(b BulkOrder) (bulk.Order, error) {
	g, err := c.group(b.Filter.Group)
	o := bulk.Order{Kind: bulk.Kind(b.Kind), Picked: b.Members, Expect: b.Expect, Params: bulk.Params{Seconds: b.Seconds, Block: b.Block, Rule: b.Rule, Tag: b.Label, Stay: b.Stay}}
	if o.Kind == bulk.Undo {
		o.Decisions = community.DecisionFilter{Group: g.Key, Tag: b.Filter.Tag, Rule: b.Filter.Rule, From: int64(b.Filter.From)}
		return o, err
	}
	here := true
	o.Members = community.MemberFilter{Group: g.Key, Tag: b.Filter.Tag, Text: b.Filter.Text, Label: b.Filter.Label, NeverSpoke: b.Filter.Never, SilentSince: int64(b.Filter.Silent), Source: b.Filter.Source, Present: &here}
	return o, err
}

// bulkPreview is what an order would do now.
type bulkPreview struct {
	Total   int         `json:"total"`
	People  int64       `json:"people"`
	Items   []touched   `json:"items" doc:"at most 200"`
	Left    []bulk.Left `json:"left_out"`
	Second  bool        `json:"second" doc:"a second person must agree"`
	Cool    int64       `json:"cool_seconds" doc:"within which it can be called off"`
	Others  int         `json:"others" doc:"people who could be the second"`
	Refused string      `json:"refused" doc:"why it cannot be done as it stands; empty = it can"`
}

func previewBulk(c *call, in *struct{ Body BulkOrder }) (bulkPreview, error) {
	o, err := c.bulkAsked(in.Body)
	if err != nil {
		return bulkPreview{}, err
	}
	p, err := room(c, c.a.deps.Rooms.Bulks).Preview(c.ctx(), c.who(), o)
	out := bulkPreview{Total: len(p.Items), People: p.People, Items: mapped(p.Items[:min(200, len(p.Items))], itemOf), Left: list0(p.Out), Second: p.Need.Second, Cool: p.Need.Cool / 1000, Others: p.Others}
	if p.Err != nil {
		out.Refused = string(community.CodeOf(p.Err))
	}
	return out, err
}

// broadcastEstimate is what a mass send would do.
type broadcastEstimate struct {
	Groups   int            `json:"groups"`
	People   int            `json:"people" doc:"distinct members who are there"`
	Levels   map[string]int `json:"levels" doc:"groups by what can be done in them"`
	Blocked  int            `json:"blocked"`
	Owners   int            `json:"must_confirm" doc:"distinct people"`
	Findings []plan.Finding `json:"findings"`
	At       moment         `json:"at"`
	Ready    bool           `json:"ready"`
}

func guardLines() []line {
	order, content := community.AreaOrder, community.AreaContent
	plans := func(c *call) Plans { return room(c, c.a.deps.Rooms.Plans) }
	return []line{
		on("previewBulk", "POST /proposals/preview", "What doing something to many would do now", order, []string{"POST /bulk/preview"}, previewBulk),
		on("proposeBulk", "POST /proposals", "Do something to many: at once, or once a second person agrees", order, []string{"POST /bulk"}, func(c *call, in *struct {
			Body struct {
				BulkOrder
				Because
			}
		}) (proposal, error) {
			o, err := c.bulkAsked(in.Body.BulkOrder)
			if err != nil {
				return proposal{}, err
			}
			return proposed(room(c, c.a.deps.Rooms.Bulks).Propose(c.ctx(), c.who(), o, in.Body.Reason))
		}),
		admin(on("setBulkRules", "PUT /bulk-rules", "Change how many one person may touch alone; looser takes a second person", order, []string{"POST /bulk/rules"}, func(c *call, in *struct {
			Body struct {
				Rules bulk.Rules `json:"rules"`
				Because
			}
		}) (bulk.Rules, error) {
			rooms := room(c, c.a.deps.Rooms.Bulks)
			if err := rooms.SetRules(c.ctx(), c.who(), in.Body.Rules, in.Body.Reason); err != nil {
				return bulk.Rules{}, err
			}
			return rooms.Rules(c.ctx())
		})),
		on("estimateBroadcast", "POST /broadcasts/estimate", "What a mass send would do, before it does anything", content, []string{"POST /broadcasts/estimate"}, func(c *call, in *newBroadcast) (broadcastEstimate, error) {
			b, err := c.broadcastAsked(in)
			if err != nil {
				return broadcastEstimate{}, err
			}
			e, err := plans(c).Estimate(c.ctx(), b)
			levels := map[string]int{}
			for l, n := range e.Levels {
				levels[string(l)] = n
			}
			return broadcastEstimate{e.Groups, e.People, levels, e.Blocked, e.Owners, list0(e.Findings), moment(e.At), err == nil && e.Ready()}, err
		}),
		admin(on("undoSendLimits", "POST /send-limits/undo", "Set quiet hours and caps, or the rules about links, to what they were before a change", content, []string{"POST /broadcasts/limits/undo"}, func(c *call, in *struct {
			Body struct {
				Change community.ID `json:"change" doc:"id of its row in the trail, see listAudit"`
				Aims
				Because
			}
		}) (none, error) {
			row, err := c.guardChange(in.Body.Change)
			if err != nil {
				return none{}, err
			}
			l, rules, err := plan.GuardBefore(row)
			switch {
			case err != nil:
			case l == nil:
				err = plans(c).SaveLinkRules(c.ctx(), c.who(), rules, in.Body.Reason)
			default:
				err = plans(c).SaveLimits(c.aimed(in.Body.Aims), c.who(), *l, in.Body.Reason)
			}
			return did(err)
		})),
		admin(on("listLinkRules", "GET /link-rules", "Rules about links in what is sent", content, []string{"GET /broadcasts/links"}, func(c *call, _ *struct{}) (list[plan.LinkRule], error) {
			rows, err := plans(c).LinkRules(c.ctx())
			return whole(rows, func(r plan.LinkRule) plan.LinkRule { return r }), err
		})),
		admin(on("setLinkRules", "PUT /link-rules", "Change the rules about links, all of them", content, []string{"POST /broadcasts/links", "POST /broadcasts/links/drop"}, func(c *call, in *struct {
			Body struct {
				Rules []plan.LinkRule `json:"rules" maxItems:"1000"`
				Maybe
			}
		}) (list[plan.LinkRule], error) {
			if err := plans(c).SaveLinkRules(c.ctx(), c.who(), list0(in.Body.Rules), in.Body.Reason); err != nil {
				return list[plan.LinkRule]{}, err
			}
			rows, err := plans(c).LinkRules(c.ctx())
			return whole(rows, func(r plan.LinkRule) plan.LinkRule { return r }), err
		})),
		admin(on("resetLinkRules", "POST /link-rules/reset", "Take the program's own rules about links again", content, []string{"POST /broadcasts/links/reset"}, func(c *call, in *struct{ Body Maybe }) (list[plan.LinkRule], error) {
			if err := plans(c).SaveLinkRules(c.ctx(), c.who(), nil, in.Body.Reason); err != nil {
				return list[plan.LinkRule]{}, err
			}
			rows, err := plans(c).LinkRules(c.ctx())
			return whole(rows, func(r plan.LinkRule) plan.LinkRule { return r }), err
		})),
		on("keepFile", "POST /files", "Keep a file that is to be sent", content, []string{"POST /broadcasts/estimate"}, func(c *call, in *struct {
			Name string `query:"name" maxLength:"200" doc:"of the file"`
			File upload `most:"32"`
		}) (plan.Piece, error) {
			raw, err := io.ReadAll(in.File)
			if err != nil {
				return plan.Piece{}, err
			}
			if in.Name == "" {
				in.Name = in.File.Name
			}
			return plans(c).KeepFile(c.ctx(), c.who(), in.Name, raw)
		}),
	}
}

// guardChange finds a change of the guard in the trail; CodeNotFound.
func (c *call) guardChange(id community.ID) (community.Audit, error) {
	for _, subject := range []string{plan.LimitsSubject, plan.LinksSubject} {
		rows, _, err := c.desk.FindAudit(c.ctx(), community.AuditFilter{Verb: "setting.set", Subject: subject, Page: community.Page{Limit: 200}})
		if err != nil {
			return community.Audit{}, err
		}
		for _, a := range rows {
			if a.ID == id {
				return a, nil
			}
		}
	}
	return community.Audit{}, community.Errorf(community.CodeNotFound, "change: not found among the last 200")
}

// personalLink is the address that is one member's own.
type personalLink struct {
	Member community.ID `json:"member"`
	Name   string       `json:"name"`
	Path   string       `json:"link"`
}

// linkQuery asks for members' own addresses.
type linkQuery struct {
	byID
	Text string `query:"text" maxLength:"200" doc:"part of any name"`
	paging
}

// memberLinks gives the members of a group, bots apart, with the address that is each one's own.
func (c *call) memberLinks(g community.GroupKey, in *linkQuery, of func(community.MemberKey) (string, error)) (list[personalLink], error) {
	p, err := c.page(in.paging, sorting{})
	if err != nil {
		return list[personalLink]{}, err
	}
	here := true
	rows, total, err := c.desk.FindMembers(c.ctx(), community.MemberFilter{Group: g, Present: &here, Text: in.Text, Page: p})
	if err == nil {
		err = c.mayCarryOff(p, total)
	}
	if err != nil {
		return list[personalLink]{}, err
	}
	out := listed(c, p, rows, total, func(community.MemberRow) personalLink { return personalLink{} })
	out.Items = []personalLink{}
	for _, m := range rows {
		if m.Role == community.RoleSelf || m.Role == community.RoleBot || m.Bot {
			continue
		}
		path, err := of(m.Key)
		if community.CodeOf(err) == community.CodeNotFound {
			continue // gone meanwhile
		}
		if err != nil {
			return list[personalLink]{}, err
		}
		out.Items = append(out.Items, personalLink{m.ID, m.Name, path})
	}
	return out, nil
}

func linkLines() []line {
	area := community.AreaContent
	return []line{
		on("listDrawLinks", "GET /draws/{id}/links", "The addresses by which members enter a draw", area, []string{"GET /draws/{id}/links"}, func(c *call, in *linkQuery) (list[personalLink], error) {
			rooms := room(c, c.a.deps.Rooms.Draws)
			d, _, err := rooms.ByID(c.ctx(), in.ID)
			if err != nil {
				return list[personalLink]{}, err
			}
			return c.memberLinks(d.Group, in, func(m community.MemberKey) (string, error) { return rooms.Link(c.ctx(), d.ID, m) })
		}),
		on("listLiveLinks", "GET /liveqa/{id}/links", "The addresses by which members come to a live Q&A", area, []string{"GET /liveqa/{id}/links"}, func(c *call, in *linkQuery) (list[personalLink], error) {
			rooms := room(c, c.a.deps.Rooms.LiveQAs)
			q, _, _, err := rooms.ByID(c.ctx(), in.ID)
			if err != nil {
				return list[personalLink]{}, err
			}
			return c.memberLinks(q.Group, in, func(m community.MemberKey) (string, error) { return rooms.Link(c.ctx(), in.ID, m) })
		}),
	}
}

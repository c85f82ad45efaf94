package api

import (
	"context"
	"time"

	"qunluo/internal/admit"
	"qunluo/internal/blocklist"
	"qunluo/internal/community"
	"qunluo/internal/duty"
	"qunluo/internal/measure"
	"qunluo/internal/points"
	"qunluo/internal/replay"
	"qunluo/internal/tier"
	"qunluo/internal/wordlist"
)

// WordWork is work on word lists that takes a while, and what became of words.
type WordWork interface {
	Scores(ctx context.Context, id community.ID, p community.Page) ([]wordlist.Score, int, error)
	Changes(ctx context.Context, id community.ID, from, to int, p community.Page) ([]wordlist.Change, int, error)
	Runs(ctx context.Context, id community.ID, p community.Page) ([]wordlist.Run, int, error)
	Run(ctx context.Context, id, run community.ID) (wordlist.Run, error)
	// Import begins to lint a file; wait nil: as a job.
	Import(ctx context.Context, user string, id community.ID, file string, raw []byte, note string, wait func(done, of int64)) (wordlist.Run, error)
	Take(ctx context.Context, user string, id, run community.ID, reason string) (wordlist.Version, error)
	Discard(ctx context.Context, user string, id, run community.ID) error
	UsesIn(ctx context.Context, id community.ID, groups []community.GroupKey) (map[community.GroupKey]wordlist.Use, error)
	// Publish and Use begin a job where wait is nil.
	Publish(ctx context.Context, user string, id community.ID, reason string, wait func(done, of int64)) (wordlist.Run, error)
	Use(ctx context.Context, user string, id community.ID, groups []community.GroupKey, mode, reason string, wait func(done, of int64)) (wordlist.Run, error)
}

// DutyPlan is how the roster is made.
type DutyPlan interface {
	Settings(ctx context.Context) (duty.Settings, error)
	Set(ctx context.Context, user string, set duty.Settings, reason string) error
	AddShift(ctx context.Context, user string, s duty.Shift, reason string) (duty.Shift, error)
	RemoveShift(ctx context.Context, user string, id community.ID, reason string) (duty.Shift, error)
	Change(ctx context.Context, user string, c duty.Change, reason string) (duty.Change, error)
	Unchange(ctx context.Context, user string, id community.ID, reason string) error
	Undo(ctx context.Context, user string, id community.ID) error
	Test(ctx context.Context, user string) (duty.Alarm, error)
	QuestionWatch(ctx context.Context, g community.GroupKey) (duty.QuestionWatch, error)
	SetQuestionWatch(ctx context.Context, user string, g community.GroupKey, set duty.QuestionWatch, reason string) error
}

// Detours lets groups go on elsewhere.
type Detours interface {
	Set(ctx context.Context, user string, one duty.Standby, reason string) error
	Clear(ctx context.Context, user string, g community.GroupKey, reason string) error
	Begin(ctx context.Context, user string, g community.GroupKey, reason string) error
	End(ctx context.Context, user string, g community.GroupKey, reason string) error
}

// Sharing is what is done with lists shared between communities.
type Sharing interface {
	Publish(ctx context.Context, user, name string, hashed bool, reason string) (blocklist.Subscription, error)
	Put(ctx context.Context, user string, m blocklist.Mine, reason string) error
	PutMember(ctx context.Context, user string, id community.ID, class string, evidence, days int, reason string) error
	Withdraw(ctx context.Context, user string, platform community.Platform, external, reason string) error
	Subscribe(ctx context.Context, user string, s blocklist.Subscription, reason string) (blocklist.Subscription, error)
	Refresh(ctx context.Context, id community.ID) (blocklist.Subscription, error)
	Trust(ctx context.Context, user string, id community.ID, key, reason string) error
	Unsubscribe(ctx context.Context, user string, id community.ID, reason string) error
	Effects(ctx context.Context, id community.ID) (map[community.GroupKey]blocklist.Effect, error)
	Set(ctx context.Context, user string, id community.ID, g community.GroupKey, e blocklist.Effect, reason string) error
	LetIn(ctx context.Context, user string, id community.ID, on bool, reason string) error
}

// VoteSteps is what people do to a vote.
type VoteSteps interface {
	Rules(ctx context.Context, g community.GroupKey) (points.VoteRules, error)
	SetRules(ctx context.Context, user string, g community.GroupKey, r points.VoteRules, reason string) error
	Add(ctx context.Context, user string, id community.ID, event int64, reason string) (points.Candidate, error)
	Stand(ctx context.Context, user string, id community.ID, no int, stands bool, reason string) error
	Payout(ctx context.Context, id community.ID) (points.Payout, error)
	Link(ctx context.Context, g community.GroupKey, m community.MemberKey) (string, error)
}

// TierSteps is how tiers are ruled.
type TierSteps interface {
	Versions(ctx context.Context, g community.GroupKey) ([]tier.Version, error)
	SetRules(ctx context.Context, user string, g community.GroupKey, base int, r tier.Rules, reason string) (int, error)
	Try(ctx context.Context, g community.GroupKey, r tier.Rules, weeks int) (tier.Comparison, error)
	Now(ctx context.Context, g community.GroupKey) (bool, error)
}

// StageSteps is how stages are ruled.
type StageSteps interface {
	StageRules(ctx context.Context) (measure.StageRules, error)
	SetStageRules(ctx context.Context, user string, r measure.StageRules, reason string) error
	Overrule(ctx context.Context, user string, v measure.Ruling) (measure.Ruling, error)
	Unrule(ctx context.Context, user string, g community.GroupKey, reason string) error
	Playbook(ctx context.Context) ([]string, error)
	StartPlaybook(ctx context.Context, user string, g community.GroupKey, steps []string, review measure.Day) (measure.Adjustment, error)
}

// Doubles is who is in several sub groups.
type Doubles interface {
	Doubles(ctx context.Context, main community.GroupKey, p community.Page) ([]admit.Double, int, error)
	AskDouble(ctx context.Context, user string, main community.GroupKey, member community.ID) error
}

// Weighs tries changes of rulebooks on the past.
type Weighs interface {
	ByID(ctx context.Context, id community.ID) (replay.Suggestion, error)
	Weigh(ctx context.Context, g community.GroupKey, days int, wait func(done, of int64)) (replay.Weighing, error)
}

func stepLines() []line {
	var all []line
	for _, part := range [][]line{wordSteps(), dutySteps(), sharedSteps(), voteSteps(), tierSteps(), codeSteps()} {
		all = append(all, part...)
	}
	return all
}

// wordRun is work on a word list.
type wordRun struct {
	ID    community.ID `json:"id"`
	Kind  string       `json:"kind"`
	State string       `json:"state"`
	Done  int64        `json:"done"`
	Of    int64        `json:"of"`
	At    moment       `json:"at"`
	User  string       `json:"user"`
	File  string       `json:"file"`
	Error string       `json:"error"`
}

func wordRunOf(r wordlist.Run) wordRun {
	return wordRun{r.ID, r.Kind, r.State, r.Done, r.Of, moment(r.At), r.User, r.File, r.Error}
}

type wordScore struct {
	Word   int64  `json:"word"`
	Text   string `json:"text"`
	Hits   int    `json:"hits"`
	Judged int    `json:"judged" doc:"a person looked"`
	Wrong  int    `json:"wrong" doc:"of these, taken back"`
	Last   moment `json:"last_at"`
}

type wordUse struct {
	Group   community.ID `json:"group"`
	Name    string       `json:"group_name"`
	Version int          `json:"version" doc:"of the list, in the rulebook in force"`
	Mode    string       `json:"mode" enum:"live,dry,off"`
	At      moment       `json:"since"`
	Fault   string       `json:"fault" doc:"why it was not brought to the newest version"`
}

type wordChange struct {
	Before *word `json:"before" doc:"null = it was not there"`
	After  *word `json:"after" doc:"null = it is not there any more"`
}

type pagedByID struct {
	byID
	paging
}

type runPath struct {
	byID
	Run community.ID `path:"run"`
}

type runOrder struct {
	runPath
	Body Maybe
}

func oneWord(e *wordlist.Entry) *word {
	if e == nil {
		return nil
	}
	w := wordOf(*e)
	return &w
}

func wordSteps() []line {
	area := community.AreaOrder
	words := func(c *call) WordWork { return room(c, c.a.deps.Rooms.Words) }
	return []line{
		on("listWordScores", "GET /word-lists/{id}/scores", "How often words hit, and how often people took that back", area, []string{"GET /words/{id}/scores"}, func(c *call, in *pagedByID) (list[wordScore], error) {
			p, err := c.page(in.paging, sorting{})
			if err != nil {
				return list[wordScore]{}, err
			}
			rows, total, err := words(c).Scores(c.ctx(), in.ID, p)
			return listed(c, p, rows, total, func(s wordlist.Score) wordScore {
				return wordScore{s.Word, s.Text, s.Hits, s.Judged, s.Wrong, moment(s.Last)}
			}), err
		}),
		on("listWordRuns", "GET /word-lists/{id}/runs", "Work on a list: files that were read, publishing", area, []string{"GET /words/{id}/import"}, func(c *call, in *pagedByID) (list[wordRun], error) {
			p, err := c.page(in.paging, sorting{})
			if err != nil {
				return list[wordRun]{}, err
			}
			rows, total, err := words(c).Runs(c.ctx(), in.ID, p)
			return listed(c, p, rows, total, wordRunOf), err
		}),
		on("getWordRun", "GET /word-lists/{id}/runs/{run}", "One piece of work on a list", area, []string{"GET /words/{id}/runs/{run}"}, func(c *call, in *runPath) (wordRun, error) {
			r, err := words(c).Run(c.ctx(), in.ID, in.Run)
			return wordRunOf(r), err
		}),
		on("takeWordRun", "POST /word-lists/{id}/runs/{run}/take", "Take the words of a file that was read", area, []string{"POST /words/{id}/runs/{run}/take"}, func(c *call, in *runOrder) (none, error) {
			_, err := words(c).Take(c.ctx(), c.who(), in.ID, in.Run, in.Body.Reason)
			return did(err)
		}),
		on("discardWordRun", "POST /word-lists/{id}/runs/{run}/discard", "Put a file that was read away", area, []string{"POST /words/{id}/runs/{run}/discard"}, func(c *call, in *runPath) (none, error) {
			return did(words(c).Discard(c.ctx(), c.who(), in.ID, in.Run))
		}),
		on("listWordChanges", "GET /word-lists/{id}/versions/{number}/changes", "What a version changed", area, []string{"GET /words/{id}/versions/{n}"}, func(c *call, in *struct {
			byID
			Number int `path:"number" minimum:"1"`
			paging
		}) (list[wordChange], error) {
			p, err := c.page(in.paging, sorting{})
			if err != nil {
				return list[wordChange]{}, err
			}
			rows, total, err := words(c).Changes(c.ctx(), in.ID, in.Number-1, in.Number, p)
			return listed(c, p, rows, total, func(w wordlist.Change) wordChange { return wordChange{oneWord(w.Before), oneWord(w.After)} }), err
		}),
		on("listWordUses", "GET /word-lists/{id}/groups", "Which groups use a list, of those that the caller sees", area, []string{"GET /words/{id}/groups"}, func(c *call, in *pagedByID) (list[wordUse], error) {
			p, err := c.page(in.paging, sorting{})
			if err != nil {
				return list[wordUse]{}, err
			}
			groups, total, err := c.desk.FindGroups(c.ctx(), community.GroupFilter{Bare: true, Page: p})
			if err != nil {
				return list[wordUse]{}, err
			}
			uses, err := words(c).UsesIn(c.ctx(), in.ID, mapped(groups, func(g community.GroupRow) community.GroupKey { return g.Key }))
			return listed(c, p, groups, total, func(g community.GroupRow) wordUse {
				u, ok := uses[g.Key]
				if !ok {
					u.Mode = "off"
				}
				return wordUse{g.ID, g.Name, u.Version, u.Mode, moment(u.At), u.Fault}
			}), err
		}),
		admin(on("publishWords", "POST /word-lists/{id}/publish", "Bring the newest version into the rulebooks that use the list", area, []string{"POST /words/{id}/publish"}, func(c *call, in *undoOrder) (wordRun, error) {
			r, err := words(c).Publish(c.ctx(), c.who(), in.ID, in.Body.Reason, nil)
			return wordRunOf(r), err
		})),
		admin(on("useWords", "POST /word-lists/{id}/use", "Let groups use a list, on trial or in earnest, or no longer", area, []string{"POST /words/{id}/groups"}, func(c *call, in *struct {
			byID
			Body struct {
				Groups []community.ID `json:"groups" minItems:"1" maxItems:"1000"`
				Mode   string         `json:"mode" enum:"live,dry,off"`
				Because
			}
		}) (wordRun, error) {
			groups, err := c.groupKeys(in.Body.Groups)
			if err != nil {
				return wordRun{}, err
			}
			r, err := words(c).Use(c.ctx(), c.who(), in.ID, groups, in.Body.Mode, in.Body.Reason, nil)
			return wordRunOf(r), err
		})),
	}
}

type dutyShift struct {
	ID      community.ID `json:"id"`
	User    string       `json:"user"`
	Weekday int          `json:"weekday" doc:"0 = Monday"`
	Start   int          `json:"start_minute"`
	End     int          `json:"end_minute"`
}

func dutyShiftOf(s duty.Shift) dutyShift { return dutyShift{s.ID, s.User, s.Weekday, s.Start, s.End} }

func dutySteps() []line {
	area := community.AreaOrder
	plan := func(c *call) DutyPlan { return room(c, c.a.deps.Rooms.Duty) }
	return []line{
		admin(on("setDuty", "PUT /duty/settings", "In which zone the roster is, and how long people have to acknowledge", area, []string{"POST /duty/settings"}, func(c *call, in *struct {
			Body struct {
				Zone    string `json:"zone" maxLength:"60" doc:"IANA; empty = Asia/Shanghai"`
				Minutes int64  `json:"acknowledge_minutes" minimum:"1" maximum:"1440"`
				Maybe
			}
		}) (none, error) {
			return did(plan(c).Set(c.ctx(), c.who(), duty.Settings{Zone: in.Body.Zone, Ack: in.Body.Minutes * 60_000}, in.Body.Reason))
		})),
		on("addShift", "POST /duty/shifts", "A shift of the week", area, []string{"POST /duty/shifts"}, func(c *call, in *struct {
			Body struct {
				User    community.ID `json:"user"`
				Weekday int          `json:"weekday" minimum:"0" maximum:"6" doc:"0 = Monday"`
				Start   int          `json:"start_minute" minimum:"0" maximum:"1439"`
				End     int          `json:"end_minute" minimum:"0" maximum:"1440"`
				Maybe
			}
		}) (dutyShift, error) {
			s, err := plan(c).AddShift(c.ctx(), c.who(), duty.Shift{User: in.Body.User.String(), Weekday: in.Body.Weekday, Start: in.Body.Start, End: in.Body.End}, in.Body.Reason)
			return dutyShiftOf(s), err
		}),
		on("removeShift", "POST /duty/shifts/{id}/remove", "Take a shift out of the week", area, []string{"POST /duty/shifts/{id}/remove"}, func(c *call, in *undoOrder) (dutyShift, error) {
			s, err := plan(c).RemoveShift(c.ctx(), c.who(), in.ID, in.Body.Reason)
			return dutyShiftOf(s), err
		}),
		on("changeShift", "POST /duty/changes", "Somebody else on one day, nobody, or an additional stretch", area, []string{"POST /duty/changes"}, func(c *call, in *struct {
			Body struct {
				Date  string       `json:"date" minLength:"10" maxLength:"10" doc:"2006-01-02, the local day that it begins on"`
				Shift community.ID `json:"shift,omitempty" doc:"left out = an additional stretch"`
				User  string       `json:"user" maxLength:"40" doc:"empty = nobody"`
				Start int          `json:"start_minute,omitempty" minimum:"0" maximum:"1439"`
				End   int          `json:"end_minute,omitempty" minimum:"0" maximum:"1440"`
				Note  string       `json:"note,omitempty" maxLength:"200"`
			}
		}) (struct {
			ID community.ID `json:"id"`
		}, error) {
			ch, err := plan(c).Change(c.ctx(), c.who(), duty.Change{Date: in.Body.Date, Shift: in.Body.Shift, User: in.Body.User, Start: in.Body.Start, End: in.Body.End, Note: in.Body.Note}, "")
			return struct {
				ID community.ID `json:"id"`
			}{ch.ID}, err
		}),
		on("removeShiftChange", "POST /duty/changes/{id}/remove", "Let a day be as the week has it", area, []string{"POST /duty/changes/{id}/remove"}, func(c *call, in *undoOrder) (none, error) {
			return did(plan(c).Unchange(c.ctx(), c.who(), in.ID, in.Body.Reason))
		}),
		on("undoRoster", "POST /duty/undo/{id}", "Take the last change of a shift or a day back", area, []string{"POST /duty/undo/{id}"}, func(c *call, in *byID) (none, error) {
			return did(plan(c).Undo(c.ctx(), c.who(), in.ID))
		}),
		on("testAlarm", "POST /duty/test", "An alarm about nothing: does it reach somebody?", area, []string{"POST /duty/test"}, func(c *call, _ *struct{}) (struct {
			ID community.ID `json:"id"`
		}, error) {
			a, err := plan(c).Test(c.ctx(), c.who())
			return struct {
				ID community.ID `json:"id"`
			}{a.ID}, err
		}),
		on("watchQuestions", "PUT /groups/{id}/question-watch", "After how many minutes somebody is told of an open question", area, []string{"POST /questions/watch"}, inGroup(func(c *call, in *struct {
			byID
			Body struct {
				Minutes int    `json:"minutes" minimum:"0" maximum:"1440" doc:"0 = off"`
				User    string `json:"user,omitempty" maxLength:"40" doc:"id of who is told first; empty = who looks after the group"`
				Maybe
			}
		}, g community.GroupRow) (none, error) {
			return did(plan(c).SetQuestionWatch(c.ctx(), c.who(), g.Key, duty.QuestionWatch{Minutes: in.Body.Minutes, User: in.Body.User}, in.Body.Reason))
		})),
		admin(on("setStandby", "PUT /groups/{id}/standby", "Where a group goes on when it is lost", community.AreaPeople, []string{"POST /groups/{id}/standby"}, inGroup(func(c *call, in *struct {
			byID
			Body struct {
				To     community.ID `json:"to,omitempty" doc:"another group; left out = only the invitation"`
				Invite string       `json:"invite" maxLength:"2000" doc:"what people are told"`
				Maybe
			}
		}, g community.GroupRow) (none, error) {
			to, err := c.group(in.Body.To)
			if err != nil {
				return none{}, err
			}
			return did(room(c, c.a.deps.Rooms.Standbys).Set(c.ctx(), c.who(), duty.Standby{Group: g.Key, To: to.Key, Invite: in.Body.Invite}, in.Body.Reason))
		}))),
		admin(on("clearStandby", "POST /groups/{id}/standby/clear", "A group has no standby any more", community.AreaPeople, []string{"POST /groups/{id}/standby/clear"}, inGroup(func(c *call, in *undoOrder, g community.GroupRow) (none, error) {
			return did(room(c, c.a.deps.Rooms.Standbys).Clear(c.ctx(), c.who(), g.Key, in.Body.Reason))
		}))),
		on("beginStandby", "POST /groups/{id}/standby/move", "Let a group go on in its standby", community.AreaPeople, []string{"POST /groups/{id}/standby/move"}, inGroup(func(c *call, in *undoOrder, g community.GroupRow) (none, error) {
			return did(room(c, c.a.deps.Rooms.Standbys).Begin(c.ctx(), c.who(), g.Key, in.Body.Reason))
		})),
		on("endStandby", "POST /groups/{id}/standby/back", "Let a group go on where it was", community.AreaPeople, []string{"POST /groups/{id}/standby/back"}, inGroup(func(c *call, in *undoOrder, g community.GroupRow) (none, error) {
			return did(room(c, c.a.deps.Rooms.Standbys).End(c.ctx(), c.who(), g.Key, in.Body.Reason))
		})),
		on("getSuggestion", "GET /suggestions/{id}", "One suggested change of a rulebook", area, []string{"GET /suggestions/{id}"}, func(c *call, in *byID) (suggestion, error) {
			s, err := Weighs(room(c, c.a.deps.Rooms.Suggests)).ByID(c.ctx(), in.ID)
			return suggestionOf(s), err
		}),
		on("weighSuggestions", "POST /groups/{id}/suggestions", "Try single changes of a group's rulebook on its past, as a job", area, []string{"POST /suggestions"}, inGroup(func(c *call, in *struct {
			byID
			Body struct {
				Days int `json:"days,omitempty" minimum:"0" maximum:"90" doc:"0 = 30"`
			}
		}, g community.GroupRow) (none, error) {
			_, err := Weighs(room(c, c.a.deps.Rooms.Suggests)).Weigh(c.ctx(), g.Key, in.Body.Days, nil)
			return did(err)
		})),
	}
}

func followedOf(s blocklist.Subscription) followed {
	return followed{s.ID, s.Name, s.URL, s.State, s.Version, s.Entries, moment(s.Fetched), s.Error}
}

// followedGroup is what a shared list does in a group that was set apart.
type followedGroup struct {
	Group  community.ID     `json:"group"`
	Name   string           `json:"group_name"`
	Effect blocklist.Effect `json:"effect" enum:"off,dry,hold,refuse"`
}

func sharedSteps() []line {
	area := community.AreaOrder
	shared := func(c *call) Sharing { return room(c, c.a.deps.Rooms.Blocklists) }
	return []line{
		on("listBlocklistEffects", "GET /blocklists/{id}/groups", "What a shared list does in groups where that was set", area, []string{"GET /blocklists/{id}"}, func(c *call, in *pagedByID) (list[followedGroup], error) {
			p, err := c.page(in.paging, sorting{})
			if err != nil {
				return list[followedGroup]{}, err
			}
			set, err := shared(c).Effects(c.ctx(), in.ID)
			if err != nil {
				return list[followedGroup]{}, err
			}
			groups, total, err := c.desk.FindGroups(c.ctx(), community.GroupFilter{Bare: true, Page: p})
			return listed(c, p, groups, total, func(g community.GroupRow) followedGroup { return followedGroup{g.ID, g.Name, set[g.Key]} }), err
		}),
		admin(on("followBlocklist", "POST /blocklists", "Follow a shared list; it only notes for seven days", area, []string{"POST /blocklists"}, func(c *call, in *struct {
			Body struct {
				Name  string           `json:"name" minLength:"1" maxLength:"60"`
				URL   string           `json:"url" minLength:"8" maxLength:"2000"`
				Key   string           `json:"key" maxLength:"200" doc:"of its signature"`
				Later blocklist.Effect `json:"later" enum:"off,dry,hold,refuse" doc:"what it does after the dry days"`
				Maybe
			}
		}) (followed, error) {
			s, err := shared(c).Subscribe(c.ctx(), c.who(), blocklist.Subscription{Name: in.Body.Name, URL: in.Body.URL, Key: in.Body.Key, Later: in.Body.Later}, in.Body.Reason)
			return followedOf(s), err
		})),
		on("refreshBlocklist", "POST /blocklists/{id}/refresh", "Read a shared list now", area, []string{"POST /blocklists/{id}/refresh"}, func(c *call, in *byID) (followed, error) {
			s, err := shared(c).Refresh(c.ctx(), in.ID)
			return followedOf(s), err
		}),
		admin(on("trustBlocklist", "POST /blocklists/{id}/trust", "Take a list's new key for its own", area, []string{"POST /blocklists/{id}/trust"}, func(c *call, in *struct {
			byID
			Body struct {
				Key string `json:"key" minLength:"1" maxLength:"200"`
				Because
			}
		}) (none, error) {
			return did(shared(c).Trust(c.ctx(), c.who(), in.ID, in.Body.Key, in.Body.Reason))
		})),
		admin(on("dropBlocklist", "POST /blocklists/{id}/drop", "Follow a shared list no longer", area, []string{"POST /blocklists/{id}/drop"}, func(c *call, in *undoOrder) (none, error) {
			return did(shared(c).Unsubscribe(c.ctx(), c.who(), in.ID, in.Body.Reason))
		})),
		admin(on("setBlocklist", "PUT /blocklists/{id}/groups", "What a shared list does in a group", area, []string{"POST /blocklists/{id}/set"}, func(c *call, in *struct {
			byID
			Body struct {
				Group  community.ID     `json:"group"`
				Effect blocklist.Effect `json:"effect" enum:"off,dry,hold,refuse"`
				Maybe
			}
		}) (none, error) {
			g, err := c.desk.GroupByID(c.ctx(), in.Body.Group)
			if err != nil {
				return none{}, err
			}
			return did(shared(c).Set(c.ctx(), c.who(), in.ID, g.Key, in.Body.Effect, in.Body.Reason))
		})),
		on("letIn", "POST /blocklists/let", "Shared lists do nothing to a member, or do again", area, []string{"POST /blocklists/let"}, func(c *call, in *struct {
			Body struct {
				Member community.ID `json:"member"`
				On     bool         `json:"on"`
				Because
			}
		}) (none, error) {
			return did(shared(c).LetIn(c.ctx(), c.who(), in.Body.Member, in.Body.On, in.Body.Reason))
		}),
		admin(on("publishBlocklist", "POST /blocklists/own/publish", "Share a list of one's own", area, []string{"POST /blocklists/publish"}, func(c *call, in *struct {
			Body struct {
				Name  string `json:"name" minLength:"1" maxLength:"60"`
				Plain bool   `json:"plain,omitempty" doc:"accounts as they are, not hashed"`
				Because
			}
		}) (followed, error) {
			s, err := shared(c).Publish(c.ctx(), c.who(), in.Body.Name, !in.Body.Plain, in.Body.Reason)
			return followedOf(s), err
		})),
		admin(on("putOnBlocklist", "POST /blocklists/own/entries", "Put an account on the list of one's own", area, []string{"POST /blocklists/entries"}, func(c *call, in *struct {
			Body struct {
				Member   community.ID       `json:"member,omitempty" doc:"or platform and external_id"`
				Platform community.Platform `json:"platform,omitempty" maxLength:"20"`
				External string             `json:"external_id,omitempty" maxLength:"200"`
				Class    string             `json:"class" maxLength:"40"`
				Evidence int                `json:"evidence,omitempty" minimum:"0" maximum:"1000000"`
				Days     int                `json:"days" minimum:"1" maximum:"730"`
				Because
			}
		}) (none, error) {
			b := in.Body
			if !b.Member.IsZero() {
				return did(shared(c).PutMember(c.ctx(), c.who(), b.Member, b.Class, b.Evidence, b.Days, b.Reason))
			}
			now := c.now()
			return did(shared(c).Put(c.ctx(), c.who(), blocklist.Mine{Platform: b.Platform, External: b.External, Class: b.Class, Evidence: b.Evidence, Added: now, Expires: now + int64(b.Days)*24*time.Hour.Milliseconds()}, b.Reason))
		})),
		admin(on("withdrawFromBlocklist", "POST /blocklists/own/withdraw", "Take an account off the list of one's own", area, []string{"POST /blocklists/withdraw"}, func(c *call, in *struct {
			Body struct {
				Platform community.Platform `json:"platform" maxLength:"20"`
				External string             `json:"external_id" maxLength:"200"`
				Because
			}
		}) (none, error) {
			return did(shared(c).Withdraw(c.ctx(), c.who(), in.Body.Platform, in.Body.External, in.Body.Reason))
		})),
	}
}

type standOrder struct {
	byID
	Body struct {
		No int `json:"no" minimum:"1"`
		Because
	}
}

func voteSteps() []line {
	area := community.AreaPeople
	votes := func(c *call) VoteSteps { return room(c, c.a.deps.Rooms.Votes) }
	stand := func(stands bool) func(c *call, in *standOrder) (none, error) {
		return func(c *call, in *standOrder) (none, error) {
			return did(votes(c).Stand(c.ctx(), c.who(), in.ID, in.Body.No, stands, in.Body.Reason))
		}
	}
	return []line{
		on("getVoteRules", "GET /groups/{id}/vote-rules", "How a group's weekly vote goes", area, []string{"GET /vote/rules"}, inGroup(func(c *call, in *byID, g community.GroupRow) (points.VoteRules, error) {
			return votes(c).Rules(c.ctx(), g.Key)
		})),
		admin(on("setVoteRules", "PUT /groups/{id}/vote-rules", "Change how a group's weekly vote goes", area, []string{"POST /vote/rules"}, inGroup(func(c *call, in *struct {
			byID
			Body struct {
				Rules points.VoteRules `json:"rules"`
				Maybe
			}
		}, g community.GroupRow) (points.VoteRules, error) {
			if err := votes(c).SetRules(c.ctx(), c.who(), g.Key, in.Body.Rules, in.Body.Reason); err != nil {
				return points.VoteRules{}, err
			}
			return votes(c).Rules(c.ctx(), g.Key)
		}))),
		on("getVoteLink", "GET /groups/{id}/vote-link", "Where members of a group vote", area, []string{"GET /vote/links"}, inGroup(func(c *call, in *byID, g community.GroupRow) (struct {
			Address string `json:"address"`
		}, error) {
			at, err := votes(c).Link(c.ctx(), g.Key, 0)
			return struct {
				Address string `json:"address"`
			}{at}, err
		})),
		on("addCandidate", "POST /votes/{id}/candidates", "Add a message to a vote", area, []string{"POST /vote/{id}/add"}, func(c *call, in *struct {
			byID
			Body struct {
				Message int64 `json:"message" minimum:"1" doc:"number of the message"`
				Because
			}
		}) (none, error) {
			_, err := votes(c).Add(c.ctx(), c.who(), in.ID, in.Body.Message, in.Body.Reason)
			return did(err)
		}),
		on("removeCandidate", "POST /votes/{id}/remove", "A candidate stands no longer", area, []string{"POST /vote/{id}/remove"}, stand(false)),
		on("restoreCandidate", "POST /votes/{id}/restore", "A candidate stands again", area, []string{"POST /vote/{id}/restore"}, stand(true)),
		on("getPayout", "GET /payouts/{id}", "What somebody won, and whether it was paid out", area, []string{"GET /vote/payouts/{id}"}, func(c *call, in *byID) (payout, error) {
			p, err := votes(c).Payout(c.ctx(), in.ID)
			return payoutOf(p), err
		}),
	}
}

// ruling is a person's word about a group's stage.
type ruling struct {
	ID     community.ID `json:"id"`
	Stage  string       `json:"stage"`
	Reason string       `json:"reason"`
	At     moment       `json:"at"`
	Until  string       `json:"until" doc:"last day, 2006-01-02"`
}

func tierSteps() []line {
	people, insight := community.AreaPeople, community.AreaInsight
	tiers := func(c *call) TierSteps { return room(c, c.a.deps.Rooms.Tiers) }
	goals := func(c *call) StageSteps { return room(c, c.a.deps.Rooms.Goals) }
	return []line{
		on("listTierRules", "GET /groups/{id}/tier-rules", "The rules of a group's tiers, version by version, the latest first", people, []string{"GET /tiers/rules"}, inGroup(func(c *call, in *byID, g community.GroupRow) (list[tier.Version], error) {
			rows, err := tiers(c).Versions(c.ctx(), g.Key)
			return whole(rows, func(v tier.Version) tier.Version { return v }), err
		})),
		admin(on("setTierRules", "PUT /groups/{id}/tier-rules", "A new version of the rules of a group's tiers", people, []string{"POST /tiers/rules"}, inGroup(func(c *call, in *struct {
			byID
			Body struct {
				Base  int        `json:"base" minimum:"0" doc:"version that was changed: a conflict if there is another since"`
				Rules tier.Rules `json:"rules"`
				Because
			}
		}, g community.GroupRow) (struct {
			Version int `json:"version"`
		}, error) {
			n, err := tiers(c).SetRules(c.ctx(), c.who(), g.Key, in.Body.Base, in.Body.Rules, in.Body.Reason)
			return struct {
				Version int `json:"version"`
			}{n}, err
		}))),
		on("decideTiers", "POST /groups/{id}/tiers/now", "Decide a group's tiers up to yesterday, now", people, []string{"POST /tiers/now"}, inGroup(func(c *call, in *byID, g community.GroupRow) (none, error) {
			_, err := tiers(c).Now(c.ctx(), g.Key)
			return did(err)
		})),
		on("getStageRules", "GET /stage-rules", "By what stages are told", insight, []string{"GET /stage/rules"}, func(c *call, _ *struct{}) (measure.StageRules, error) {
			return goals(c).StageRules(c.ctx())
		}),
		admin(on("setStageRules", "PUT /stage-rules", "Change by what stages are told", insight, []string{"POST /stage/rules"}, func(c *call, in *struct {
			Body struct {
				Rules measure.StageRules `json:"rules"`
				Because
			}
		}) (measure.StageRules, error) {
			if err := goals(c).SetStageRules(c.ctx(), c.who(), in.Body.Rules, in.Body.Reason); err != nil {
				return measure.StageRules{}, err
			}
			return goals(c).StageRules(c.ctx())
		})),
		on("overruleStage", "POST /groups/{id}/stage/overrule", "Say oneself where a group stands, until a day", insight, []string{"POST /stage/overrule"}, inGroup(func(c *call, in *struct {
			byID
			Body struct {
				Stage string `json:"stage" enum:"burst,stable,decline"`
				Until string `json:"until" minLength:"10" maxLength:"10" doc:"last day, 2006-01-02"`
				Because
			}
		}, g community.GroupRow) (ruling, error) {
			day, err := measure.ParseDay(in.Body.Until)
			if err != nil {
				return ruling{}, err
			}
			v, err := goals(c).Overrule(c.ctx(), c.who(), measure.Ruling{Group: g.Key, Stage: in.Body.Stage, Reason: in.Body.Reason, Until: day})
			return ruling{v.ID, v.Stage, v.Reason, moment(v.At), v.Until.String()}, err
		})),
		on("unruleStage", "POST /groups/{id}/stage/unrule", "Take one's word about a group's stage back", insight, []string{"POST /stage/unrule"}, inGroup(func(c *call, in *undoOrder, g community.GroupRow) (none, error) {
			return did(goals(c).Unrule(c.ctx(), c.who(), g.Key, in.Body.Reason))
		})),
	}
}

// doubled is somebody who is in several sub groups of one main group.
type doubled struct {
	Member community.ID `json:"member"`
	Name   string       `json:"name"`
	Stay   community.ID `json:"stay" doc:"group to stay in"`
	Leave  []string     `json:"leave" doc:"ids of the other groups"`
	Task   community.ID `json:"task" doc:"that somebody speaks with them; zero = none"`
}

func doubledOf(d admit.Double) doubled {
	out := doubled{Member: d.Member.ID, Name: d.Member.Name, Leave: []string{}, Task: d.Task}
	for i, p := range d.Places {
		if i == 0 {
			out.Stay = p.GroupID
			continue
		}
		out.Leave = append(out.Leave, p.GroupID.String())
	}
	return out
}

// codeSaid is what is said of a code.
type codeSaid struct {
	Kind     string   `json:"kind" maxLength:"20"`
	Name     string   `json:"name" minLength:"1" maxLength:"60"`
	Line     string   `json:"line,omitempty" maxLength:"80" doc:"for those who scan"`
	State    string   `json:"state,omitempty" maxLength:"30" doc:"the source's mark"`
	Tags     []string `json:"tags,omitempty" maxItems:"20"`
	Welcome  string   `json:"welcome,omitempty" maxLength:"2000"`
	Overflow bool     `json:"overflow,omitempty"`
	Base     string   `json:"base,omitempty" maxLength:"40" doc:"overflow: how new groups are called"`
	Maybe
}

func codeSteps() []line {
	area := community.AreaPeople
	return []line{
		on("addCode", "POST /codes", "A new code to join by", area, []string{"POST /codes"}, func(c *call, in *struct{ Body codeSaid }) (code, error) {
			b := in.Body
			made, err := room(c, c.a.deps.Rooms.Codes).Save(c.ctx(), c.who(), admit.Code{Kind: b.Kind, Name: b.Name, Line: b.Line, State: b.State, Tags: b.Tags, Welcome: b.Welcome, Overflow: b.Overflow, Base: b.Base}, b.Reason)
			return codeOf(made), err
		}),
		on("setCode", "PUT /codes/{id}", "Change what is said of a code", area, []string{"POST /codes/{id}"}, func(c *call, in *struct {
			byID
			Body codeSaid
		}) (code, error) {
			had, err := room(c, c.a.deps.Rooms.Codes).ByID(c.ctx(), in.ID)
			if err != nil {
				return code{}, err
			}
			b, now := in.Body, had.Code
			now.Kind, now.Name, now.Line, now.State, now.Tags, now.Welcome, now.Overflow, now.Base = b.Kind, b.Name, b.Line, b.State, b.Tags, b.Welcome, b.Overflow, b.Base
			made, err := room(c, c.a.deps.Rooms.Codes).Save(c.ctx(), c.who(), now, b.Reason)
			return codeOf(made), err
		}),
		on("listDoubles", "GET /doubles", "Who is in several sub groups of one main group", area, []string{"GET /doubles"}, func(c *call, in *struct {
			Group community.ID `query:"group" doc:"the main group"`
			paging
		}) (list[doubled], error) {
			p, err := c.page(in.paging, sorting{})
			if err != nil {
				return list[doubled]{}, err
			}
			g, err := c.group(in.Group)
			if err != nil {
				return list[doubled]{}, err
			}
			rows, total, err := Doubles(room(c, c.a.deps.Rooms.Codes)).Doubles(c.ctx(), g.Key, p)
			return listed(c, p, rows, total, doubledOf), err
		}),
		on("askDouble", "POST /members/{id}/double", "Ask somebody in private to leave the group that is not theirs", area, []string{"POST /doubles/{id}"}, func(c *call, in *struct {
			byID
			Body struct {
				Group community.ID `json:"group" doc:"the main group"`
			}
		}) (none, error) {
			g, err := c.desk.GroupByID(c.ctx(), in.Body.Group)
			if err != nil {
				return none{}, err
			}
			return did(Doubles(room(c, c.a.deps.Rooms.Codes)).AskDouble(c.ctx(), c.who(), g.Key, in.ID))
		}),
	}
}

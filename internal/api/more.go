package api

import (
	"context"

	"qunluo/internal/blocklist"
	"qunluo/internal/community"
	"qunluo/internal/duty"
	"qunluo/internal/identity"
	"qunluo/internal/measure"
	"qunluo/internal/tier"
)

// Persons keeps who is who across accounts.
type Persons interface {
	Facts(ctx context.Context, m community.MemberKey, page community.Page) ([]identity.FactRow, int, error)
	Suggestions(ctx context.Context, m community.MemberKey, page community.Page) ([]identity.Pair, int, error)
	Merge(ctx context.Context, user string, one, two community.ID, evidence identity.Evidence, reason string) (identity.Fact, error)
	Split(ctx context.Context, user string, member community.ID, reason string) (identity.Fact, error)
	UndoFact(ctx context.Context, user string, fact community.ID, reason string) (identity.Fact, error)
	Apart(ctx context.Context, user string, one, two community.ID, apart bool, reason string) error
}

// Lockdowns mutes whole groups at once.
type Lockdowns interface {
	Lock(ctx context.Context, user string, o duty.LockOrder) (duty.Lockdown, error)
	Unlock(ctx context.Context, user string, id community.ID, reason string) error
	Lockdowns(ctx context.Context) ([]duty.Lockdown, error)
}

// Standbys is where groups go on when their account is lost.
type Standbys interface {
	List(ctx context.Context, g community.GroupKey) ([]duty.Standby, error)
	Detours
}

// Blocklists are lists shared between communities.
type Blocklists interface {
	Subscriptions(ctx context.Context) ([]blocklist.Subscription, error)
	Hits(ctx context.Context, page community.Page) ([]blocklist.Hit, int, error)
	Sharing
}

// Bots lists what was attached: bots and outside systems.
type Bots interface {
	Bots(ctx context.Context) ([]community.Bot, error)
	Hooks(ctx context.Context) ([]community.Bot, error)
	DeleteBot(ctx context.Context, user string, id community.ID, reason string) error
	DeleteHook(ctx context.Context, user string, id community.ID, reason string) error
	TryHook(ctx context.Context, id community.ID, p community.Post, send bool) (community.Posted, error)
}

// link is a line of the log of who is who.
type link struct {
	ID       community.ID   `json:"id" doc:"of the fact"`
	Kind     string         `json:"kind"`
	At       moment         `json:"at"`
	User     string         `json:"user"`
	Reason   string         `json:"reason"`
	Evidence string         `json:"evidence"`
	Undone   bool           `json:"undone"`
	Members  []community.ID `json:"members"`
}

func linkOf(f identity.Fact) link {
	return link{ID: f.ID, Kind: string(f.Kind), At: moment(f.At), User: f.User, Reason: f.Reason, Evidence: string(f.Evidence), Members: []community.ID{}}
}

type pair struct {
	One      community.ID `json:"one"`
	OneName  string       `json:"one_name"`
	Two      community.ID `json:"two"`
	TwoName  string       `json:"two_name"`
	Evidence string       `json:"evidence"`
}

// lockdown mutes groups whole until it ends.
type lockdown struct {
	ID      community.ID `json:"id"`
	State   string       `json:"state"`
	User    string       `json:"user"`
	Reason  string       `json:"reason"`
	Text    string       `json:"text"`
	People  int64        `json:"people"`
	Groups  []string     `json:"groups" doc:"by name"`
	Began   moment       `json:"began_at"`
	Until   moment       `json:"until" doc:"null = until somebody ends it"`
	Ended   moment       `json:"ended_at"`
	EndedBy string       `json:"ended_by"`
}

func lockdownOf(l duty.Lockdown) lockdown {
	return lockdown{l.ID, string(l.State), l.User, l.Reason, l.Text, l.People, mapped(l.Groups, func(g duty.LockedGroup) string { return g.Name }), moment(l.Began), moment(l.Until), moment(l.Ended), l.EndedBy}
}

type lockOrder struct {
	Body struct {
		Groups []community.ID `json:"groups,omitempty" maxItems:"1000"`
		Tag    string         `json:"tag,omitempty" maxLength:"100"`
		All    bool           `json:"all,omitempty"`
		Until  moment         `json:"until,omitempty" doc:"within 7 days; null = until somebody ends it"`
		Text   string         `json:"text,omitempty" maxLength:"2000" doc:"announced where it begins"`
		Because
	}
}

func lock(c *call, in *lockOrder) (lockdown, error) {
	keys, err := c.groupKeys(in.Body.Groups)
	if err != nil {
		return lockdown{}, err
	}
	l, err := room(c, c.a.deps.Rooms.Lockdowns).Lock(c.ctx(), c.who(), duty.LockOrder{Groups: keys, Tag: in.Body.Tag, All: in.Body.All, Until: int64(in.Body.Until), Text: in.Body.Text, Reason: in.Body.Reason})
	return lockdownOf(l), err
}

// question is a question that was asked, and whether it was answered.
type question struct {
	Number  int64        `json:"number" doc:"of the message"`
	Group   community.ID `json:"group"`
	At      moment       `json:"at"`
	Answers int          `json:"answers" doc:"messages of others that are held to answer it"`
}

func listQuestions(c *call, in *activityQuery) (list[question], error) {
	g, from, to, err := c.span(in)
	if err != nil {
		return list[question]{}, err
	}
	ids, err := c.groupIDs()
	if err != nil {
		return list[question]{}, err
	}
	rows, _, err := room(c, c.a.deps.Rooms.Figures).Questions(c.ctx(), g, in.Tag, from, to)
	return whole(rows, func(q measure.Question) question {
		return question{q.Number, ids(q.Group), moment(q.At), len(q.Answers)}
	}), err
}

// bot is what was attached: a bot, or an outside system that posts. Tokens and keys are not shown.
type bot struct {
	ID      community.ID `json:"id"`
	Name    string       `json:"name"`
	Mode    string       `json:"mode"`
	Scopes  []string     `json:"scopes"`
	Groups  int          `json:"groups" doc:"0 = all"`
	Enabled bool         `json:"enabled"`
	Signed  bool         `json:"signed"`
	Used    moment       `json:"used_at"`
	Created moment       `json:"created_at"`
}

func botOf(b community.Bot) bot {
	return bot{b.ID, b.Name, string(b.Mode), mapped(b.Scopes, func(s community.BotScope) string { return string(s) }), len(b.Groups), b.Enabled, b.Secret != "", moment(b.LastUsed), moment(b.Created)}
}

type benefit struct {
	ID      community.ID `json:"id"`
	Tier    string       `json:"tier"`
	Name    string       `json:"name"`
	Means   string       `json:"means"`
	Holders int          `json:"holders"`
	Uses    int          `json:"uses"`
	Created moment       `json:"created_at"`
	Ended   moment       `json:"ended_at" doc:"null = it is given"`
}

type benefitUse struct {
	ID      community.ID `json:"id"`
	Benefit community.ID `json:"benefit"`
	Member  community.ID `json:"member"`
	At      moment       `json:"at"`
	What    string       `json:"what"`
	User    string       `json:"user"`
}

type mergeOrder struct {
	byID
	Body struct {
		Other    community.ID `json:"other" doc:"id of the other member"`
		Evidence string       `json:"evidence,omitempty" enum:"union,id,name" doc:"left out = a person's own knowledge"`
		Because
	}
}

type apartOrder struct {
	byID
	Body struct {
		Other community.ID `json:"other"`
		Apart bool         `json:"apart" doc:"false = that is taken back"`
		Maybe
	}
}

func moreLines() []line {
	people, order := community.AreaPeople, community.AreaOrder
	return []line{
		on("listLinks", "GET /links", "Who was said to be whom, newest first", people, []string{"GET /members/links/log"}, func(c *call, in *sorted) (list[link], error) {
			p, err := c.page(in.paging, in.sorting)
			if err != nil {
				return list[link]{}, err
			}
			rows, total, err := room(c, c.a.deps.Rooms.Persons).Facts(c.ctx(), 0, p)
			return listed(c, p, rows, total, func(f identity.FactRow) link {
				out := linkOf(f.Fact)
				out.Undone, out.Members = f.Undone, mapped(f.Accounts, func(m community.Member) community.ID { return m.ID })
				return out
			}), err
		}),
		on("listLinkSuggestions", "GET /link-suggestions", "Pairs that may be one human", people, []string{"GET /members/links"}, func(c *call, in *sorted) (list[pair], error) {
			p, err := c.page(in.paging, in.sorting)
			if err != nil {
				return list[pair]{}, err
			}
			rows, total, err := room(c, c.a.deps.Rooms.Persons).Suggestions(c.ctx(), 0, p)
			return listed(c, p, rows, total, func(f identity.Pair) pair {
				return pair{f.A.ID, f.A.Name, f.B.ID, f.B.Name, string(f.Evidence)}
			}), err
		}),
		admin(on("mergeMembers", "POST /members/{id}/merge", "Say that two members are one human", people, []string{"POST /members/{id}/merge"}, func(c *call, in *mergeOrder) (link, error) {
			f, err := room(c, c.a.deps.Rooms.Persons).Merge(c.ctx(), c.who(), in.ID, in.Body.Other, identity.Evidence(in.Body.Evidence), in.Body.Reason)
			return linkOf(f), err
		})),
		admin(on("splitMember", "POST /members/{id}/split", "Say that a member is a human of their own", people, []string{"POST /members/{id}/split"}, func(c *call, in *undoOrder) (link, error) {
			f, err := room(c, c.a.deps.Rooms.Persons).Split(c.ctx(), c.who(), in.ID, in.Body.Reason)
			return linkOf(f), err
		})),
		admin(on("undoLink", "POST /links/{id}/undo", "Take a merge or split back", people, []string{"POST /members/links/{id}/undo"}, func(c *call, in *undoOrder) (link, error) {
			f, err := room(c, c.a.deps.Rooms.Persons).UndoFact(c.ctx(), c.who(), in.ID, in.Body.Reason)
			return linkOf(f), err
		})),
		admin(on("keepApart", "POST /members/{id}/apart", "Say that two members are not one human", people, []string{"POST /members/{id}/apart"}, func(c *call, in *apartOrder) (none, error) {
			return did(room(c, c.a.deps.Rooms.Persons).Apart(c.ctx(), c.who(), in.ID, in.Body.Other, in.Body.Apart, in.Body.Reason))
		})),
		on("listLockdowns", "GET /lockdowns", "The newest lockdowns", order, []string{"GET /duty/lockdown"}, func(c *call, _ *struct{}) (list[lockdown], error) {
			rows, err := room(c, c.a.deps.Rooms.Lockdowns).Lockdowns(c.ctx())
			return whole(rows, lockdownOf), err
		}),
		on("beginLockdown", "POST /lockdowns", "Mute groups whole, by name, by tag, or all", order, []string{"POST /duty/lockdown"}, lock),
		on("endLockdown", "POST /lockdowns/{id}/end", "End a lockdown", order, []string{"POST /duty/lockdown/{id}/off"}, func(c *call, in *undoOrder) (none, error) {
			return did(room(c, c.a.deps.Rooms.Lockdowns).Unlock(c.ctx(), c.who(), in.ID, in.Body.Reason))
		}),
		on("listQuestions", "GET /questions", "Questions that were asked, latest first", community.AreaInsight, []string{"GET /questions", "GET /questions.csv"}, listQuestions),
		on("listStandbys", "GET /standbys", "Where groups go on when their account is lost", people, []string{"GET /standbys", "GET /groups/{id}/standby"}, func(c *call, _ *struct{}) (list[standby], error) {
			rows, err := room(c, c.a.deps.Rooms.Standbys).List(c.ctx(), 0)
			return whole(rows, func(s duty.Standby) standby {
				return standby{s.GroupID, s.GroupName, s.ToID, s.ToName, s.Invite, moment(s.Updated)}
			}), err
		}),
		on("listBlocklists", "GET /blocklists", "Shared lists that are followed", order, []string{"GET /blocklists"}, func(c *call, _ *struct{}) (list[followed], error) {
			rows, err := room(c, c.a.deps.Rooms.Blocklists).Subscriptions(c.ctx())
			return whole(rows, func(s blocklist.Subscription) followed {
				return followed{s.ID, s.Name, s.URL, string(s.State), s.Version, s.Entries, moment(s.Fetched), s.Error}
			}), err
		}),
		on("listBots", "GET /bots", "Attached bots", community.AreaSystem, []string{"GET /bots"}, func(c *call, _ *struct{}) (list[bot], error) {
			rows, err := room(c, c.a.deps.Rooms.Bots).Bots(c.ctx())
			return whole(rows, botOf), err
		}),
		admin(on("removeBot", "POST /bots/{id}/remove", "Forget a bot; its token ends at once", community.AreaSystem, []string{"POST /bots/{id}/revoke"}, func(c *call, in *undoOrder) (none, error) {
			return did(room(c, c.a.deps.Rooms.Bots).DeleteBot(c.ctx(), c.who(), in.ID, in.Body.Reason))
		})),
		on("listHooks", "GET /hooks", "Outside systems that post", community.AreaSystem, []string{"GET /hooks"}, func(c *call, _ *struct{}) (list[bot], error) {
			rows, err := room(c, c.a.deps.Rooms.Bots).Hooks(c.ctx())
			return whole(rows, botOf), err
		}),
		admin(on("removeHook", "POST /hooks/{id}/remove", "Forget an outside system; its token ends at once", community.AreaSystem, []string{"POST /hooks/{id}/revoke"}, func(c *call, in *undoOrder) (none, error) {
			return did(room(c, c.a.deps.Rooms.Bots).DeleteHook(c.ctx(), c.who(), in.ID, in.Body.Reason))
		})),
		on("listBenefits", "GET /groups/{id}/benefits", "Benefits of a group's tiers", people, []string{"GET /tiers/benefits"}, inGroup(func(c *call, in *byID, g community.GroupRow) (list[benefit], error) {
			rows, err := room(c, c.a.deps.Rooms.Tiers).Benefits(c.ctx(), g.Key)
			return whole(rows, func(b tier.Benefit) benefit {
				return benefit{b.ID, string(b.Tier), b.Name, b.Means, b.Holders, b.Uses, moment(b.Created), moment(b.Ended)}
			}), err
		})),
		on("useBenefit", "POST /benefits/{id}/use", "Record that a member used a benefit", people, []string{"POST /tiers/benefits/use"}, func(c *call, in *struct {
			byID
			Body struct {
				Member community.ID `json:"member"`
				What   string       `json:"what" minLength:"1" maxLength:"500"`
			}
		}) (benefitUse, error) {
			u, err := room(c, c.a.deps.Rooms.Tiers).UseBenefit(c.ctx(), c.who(), in.ID, in.Body.Member, in.Body.What)
			return benefitUse{u.ID, u.Benefit, u.MemberID, moment(u.At), u.What, u.User}, err
		}),
		admin(on("setWordList", "PATCH /word-lists/{id}", "Change name and note of a word list, put it away or take it back", order, []string{"POST /words/{id}/set", "POST /words/{id}/close"}, setWordList)),
	}
}

type standby struct {
	Group  community.ID `json:"group"`
	Called string       `json:"group_name"`
	To     community.ID `json:"to"`
	ToName string       `json:"to_name"`
	Invite string       `json:"invite"`
	At     moment       `json:"updated_at"`
}

type followed struct {
	ID      community.ID `json:"id"`
	Name    string       `json:"name"`
	URL     string       `json:"url"`
	State   string       `json:"state"`
	Version int64        `json:"version"`
	Entries int          `json:"entries"`
	Fetched moment       `json:"fetched_at"`
	Error   string       `json:"error"`
}

type wordListChange struct {
	byID
	Body struct {
		Name   *string `json:"name,omitempty" minLength:"1" maxLength:"60"`
		Note   *string `json:"note,omitempty" maxLength:"500"`
		Closed *bool   `json:"closed,omitempty"`
		Maybe
	}
}

func setWordList(c *call, in *wordListChange) (wordList, error) {
	words := room(c, c.a.deps.Rooms.Words)
	l, err := words.ByID(c.ctx(), in.ID)
	if err != nil {
		return wordList{}, err
	}
	closed := l.Closed != 0
	if in.Body.Name != nil {
		l.Name = *in.Body.Name
	}
	if in.Body.Note != nil {
		l.Note = *in.Body.Note
	}
	if in.Body.Closed != nil {
		closed = *in.Body.Closed
	}
	if err := words.Set(c.ctx(), c.who(), l, closed, in.Body.Reason); err != nil {
		return wordList{}, err
	}
	l, err = words.ByID(c.ctx(), in.ID)
	return wordListOf(l), err
}

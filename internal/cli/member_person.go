package cli

import (
	"context"

	"qunluo/internal/community"
	"qunluo/internal/identity"
)

// Persons says which accounts are one human.
type Persons interface {
	// Person gives every account of the human whom a member is, that member first.
	Person(ctx context.Context, m community.MemberKey) ([]identity.Account, error)
	// Facts lists the link log, the newest first: of one member, or (0) all.
	Facts(ctx context.Context, m community.MemberKey, page community.Page) ([]identity.FactRow, int, error)
	// Suggestions lists pairs that may be one human: of one member, or (0) all.
	Suggestions(ctx context.Context, m community.MemberKey, page community.Page) ([]identity.Pair, int, error)
	Merge(ctx context.Context, user string, one, two community.ID, evidence identity.Evidence, reason string) (identity.Fact, error)
	Split(ctx context.Context, user string, member community.ID, reason string) (identity.Fact, error)
	UndoFact(ctx context.Context, user string, fact community.ID, reason string) (identity.Fact, error)
	Apart(ctx context.Context, user string, one, two community.ID, apart bool, reason string) error
}

// accountOfPerson is one account of a person as verbs print it.
type accountOfPerson struct {
	ID       string   `json:"id" col:"编号|id"`
	Name     string   `json:"name" col:"账号|account"`
	Platform string   `json:"platform" col:"平台|platform"`
	External string   `json:"external_id" col:"平台号|platform id"`
	Groups   []string `json:"groups" col:"群|groups"`
	Messages int64    `json:"messages" col:"消息|messages"`
	Strikes  int      `json:"strikes" col:"违规|strikes"` // live ones, where they were given
	Last     Moment   `json:"last_word" col:"最后发言|last word"`
	Tags     []string `json:"tags" col:"标签|tags"`
}

func lineOfAccountOf(a identity.Account) accountOfPerson {
	l := accountOfPerson{ID: a.ID.String(), Name: a.Name, Platform: string(a.Platform), External: a.External, Tags: a.Tags}
	for _, p := range a.Places {
		l.Groups = append(l.Groups, p.GroupName)
		l.Messages += p.Messages
		l.Strikes += p.Strikes
		l.Last = max(l.Last, Moment(p.LastWord))
	}
	return l
}

// accountsOf adds the tags of a member, and the accounts of the person where there are several.
func (c *call) accountsOf(h *House, p *memberPage, m community.Member) error {
	if h.Persons == nil {
		return nil
	}
	persons, _, err := c.persons(h)
	if err != nil {
		return err
	}
	list, err := persons.Person(c.ctx, m.Key)
	if err != nil || len(list) == 0 {
		return err
	}
	p.Tags = list[0].Tags
	if len(list) > 1 {
		p.Accounts = mapped(list, lineOfAccountOf)
	}
	return nil
}

func (c *call) persons(h *House) (Persons, Desk, error) {
	org, err := c.orgOf(h)
	if err != nil {
		return nil, nil, err
	}
	if h.Persons == nil {
		return nil, nil, errNotHere()
	}
	return h.Persons(org), h.Desk(org), nil
}

// factLine is a line of the link log as verbs print it.
type factLine struct {
	ID       string   `json:"id" col:"编号|id"`
	At       Moment   `json:"at" col:"时间|time"`
	Kind     string   `json:"kind" col:"做了什么|what"` // merge, split, undo
	Accounts []string `json:"accounts" col:"账号|accounts"`
	Evidence string   `json:"evidence" col:"依据|evidence"`
	User     string   `json:"user" col:"谁|who"`
	Reason   string   `json:"reason" col:"原因|why"`
	Undone   bool     `json:"undone" col:"已撤销|taken back"`
}

func lineOfFact(f identity.FactRow) factLine {
	l := factLine{ID: f.ID.String(), At: Moment(f.At), Kind: string(f.Kind), Evidence: string(f.Evidence), User: f.User, Reason: f.Reason, Undone: f.Undone}
	for _, m := range f.Accounts {
		l.Accounts = append(l.Accounts, m.Name+" ("+string(m.Platform)+")")
	}
	return l
}

// printFact prints what a verb wrote into the link log.
func (c *call) printFact(persons Persons, f identity.Fact) error {
	rows, _, err := persons.Facts(c.ctx, f.Moves[0].Member, community.Page{Limit: 1})
	if err != nil {
		return err
	}
	return printOne(c, lineOfFact(rows[0]))
}

type memberMergeCmd struct {
	fresh `kong:"-"`

	One      string `arg:"" help:"编号、名称或平台号|id, name or the platform's id"`
	Two      string `arg:"" help:"另一个账号|the other account"`
	Evidence string `enum:",union,id,name" default:"" help:"依据：union、id、name，来自 suggest|evidence, as suggest says"`
	Reason   string `required:"" placeholder:"TEXT" help:"原因，记入操作记录|why; kept in the audit trail"`
}

func (memberMergeCmd) Shape() any { return factLine{} }
func (memberMergeCmd) Examples() []example {
	return []example{
		{"member merge 江南烟雨客 oAbc123 --reason 他自己在群里说的", [2]string{"同一个人：页面把两个账号放在一起看，违规各归各，不相加", "one person: shown together; strikes stay with their account and are not added up"}},
	}
}

// Do merges two accounts.
func (q *memberMergeCmd) Do(c *call, h *House) error {
	persons, desk, err := c.persons(h)
	if err != nil {
		return err
	}
	one, two, err := c.twoMembers(desk, q.One, q.Two)
	if err != nil {
		return err
	}
	f, err := persons.Merge(c.ctx, user, one.ID, two.ID, identity.Evidence(q.Evidence), q.Reason)
	if err != nil {
		return err
	}
	return c.printFact(persons, f)
}

func (c *call) twoMembers(desk Desk, a, b string) (one, two community.Member, err error) {
	if one, err = c.member(desk, 0, a); err == nil {
		two, err = c.member(desk, 0, b)
	}
	return one, two, err
}

type memberSplitCmd struct {
	fresh `kong:"-"`

	Member string `arg:"" help:"编号、名称或平台号|id, name or the platform's id"`
	Reason string `required:"" placeholder:"TEXT" help:"原因，记入操作记录|why; kept in the audit trail"`
}

func (memberSplitCmd) Shape() any          { return factLine{} }
func (memberSplitCmd) Examples() []example { return nil }

// Do makes an account a person of its own.
func (q *memberSplitCmd) Do(c *call, h *House) error {
	persons, desk, err := c.persons(h)
	if err != nil {
		return err
	}
	m, err := c.member(desk, 0, q.Member)
	if err != nil {
		return err
	}
	f, err := persons.Split(c.ctx, user, m.ID, q.Reason)
	if err != nil {
		return err
	}
	return c.printFact(persons, f)
}

type memberUnmergeCmd struct {
	Fact   string `arg:"" help:"links 里的编号|the id that links prints"`
	Reason string `required:"" placeholder:"TEXT" help:"原因，记入操作记录|why; kept in the audit trail"`
}

func (memberUnmergeCmd) Shape() any          { return factLine{} }
func (memberUnmergeCmd) Examples() []example { return nil }

// Do takes a merge or a split back.
func (q *memberUnmergeCmd) Do(c *call, h *House) error {
	persons, _, err := c.persons(h)
	if err != nil {
		return err
	}
	id, err := idOf(q.Fact)
	if err != nil {
		return err
	}
	f, err := persons.UndoFact(c.ctx, user, id, q.Reason)
	if err != nil {
		return err
	}
	return c.printFact(persons, f)
}

type memberLinksCmd struct {
	fresh `kong:"-"`

	Member string `arg:"" optional:"" help:"编号、名称或平台号；省略为全部|id, name or the platform's id; left out: all"`
	paging
}

func (memberLinksCmd) Shape() any          { return rowsOf[factLine]() }
func (memberLinksCmd) Examples() []example { return nil }

// Do lists what was merged and split.
func (q *memberLinksCmd) Do(c *call, h *House) error {
	persons, m, err := c.personsOf(h, q.Member)
	if err != nil {
		return err
	}
	rows, total, err := persons.Facts(c.ctx, m, q.page())
	if err != nil {
		return err
	}
	return printList(c, mapped(rows, lineOfFact), total)
}

// personsOf finds the member that a verb may name; 0 when it names none.
func (c *call) personsOf(h *House, text string) (Persons, community.MemberKey, error) {
	persons, desk, err := c.persons(h)
	if err != nil || text == "" {
		return persons, 0, err
	}
	m, err := c.member(desk, 0, text)
	return persons, m.Key, err
}

// pairLine is a suggestion as verbs print it.
type pairLine struct {
	Evidence string   `json:"evidence" col:"依据|evidence"` // union, id, name
	Value    string   `json:"value" col:"相同的|in common"`
	One      string   `json:"one" col:"编号|id"`
	OneName  string   `json:"one_name" col:"账号|account"`
	OneOn    string   `json:"one_platform" col:"平台|platform"`
	OneIn    []string `json:"one_groups" col:"群|groups"`
	Two      string   `json:"two" col:"另一个编号|other id"`
	TwoName  string   `json:"two_name" col:"另一个账号|other account"`
	TwoOn    string   `json:"two_platform" col:"平台|platform"`
	TwoIn    []string `json:"two_groups" col:"群|groups"`
}

func lineOfPair(p identity.Pair) pairLine {
	return pairLine{string(p.Evidence), p.Value, p.A.ID.String(), p.A.Name, string(p.A.Platform), p.GroupsA, p.B.ID.String(), p.B.Name, string(p.B.Platform), p.GroupsB}
}

type memberSuggestCmd struct {
	fresh `kong:"-"`

	Member string `arg:"" optional:"" help:"只看这一个成员的|only those of this member"`
	paging
}

func (memberSuggestCmd) Shape() any { return rowsOf[pairLine]() }
func (memberSuggestCmd) Examples() []example {
	return []example{{"member suggest --json", [2]string{"同一个 unionid、同一个长编号，或两个平台上同一个独特的名字", "the same unionid, long id, or distinctive name on two platforms"}}}
}

// Do lists accounts that may be one person.
func (q *memberSuggestCmd) Do(c *call, h *House) error {
	persons, m, err := c.personsOf(h, q.Member)
	if err != nil {
		return err
	}
	rows, total, err := persons.Suggestions(c.ctx, m, q.page())
	if err != nil {
		return err
	}
	return printList(c, mapped(rows, lineOfPair), total)
}

type memberApartCmd struct {
	fresh `kong:"-"`

	One    string `arg:"" help:"编号、名称或平台号|id, name or the platform's id"`
	Two    string `arg:"" help:"另一个账号|the other account"`
	Back   bool   `help:"收回：可以再提示|take it back: may be suggested again"`
	Reason string `required:"" placeholder:"TEXT" help:"原因，记入操作记录|why; kept in the audit trail"`
}

// apartLine is what was said about two accounts.
type apartLine struct {
	One   string `json:"one" col:"账号|account"`
	Two   string `json:"two" col:"另一个账号|other account"`
	Apart bool   `json:"apart" col:"不是同一个人|not one person"`
}

func (memberApartCmd) Shape() any          { return apartLine{} }
func (memberApartCmd) Examples() []example { return nil }

// Do says that two accounts are not one person.
func (q *memberApartCmd) Do(c *call, h *House) error {
	persons, desk, err := c.persons(h)
	if err != nil {
		return err
	}
	one, two, err := c.twoMembers(desk, q.One, q.Two)
	if err != nil {
		return err
	}
	if err := persons.Apart(c.ctx, user, one.ID, two.ID, !q.Back, q.Reason); err != nil {
		return err
	}
	return printOne(c, apartLine{one.ID.String(), two.ID.String(), !q.Back})
}

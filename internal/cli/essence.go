package cli

import (
	"context"
	"strings"

	"qunluo/internal/community"
	"qunluo/internal/rights"
	"qunluo/internal/shelf"
)

// Essences is what the command line asks and changes of cards.
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

type essenceCmd struct {
	List    essenceListCmd    `cmd:"" help:"列出和检索精华|list and search cards"`
	Show    essenceShowCmd    `cmd:"" help:"一张卡片|one card"`
	Keep    essenceKeepCmd    `cmd:"" help:"把一条消息收进精华|make a card of a message"`
	Edit    essenceEditCmd    `cmd:"" help:"改标签和备注|change tags and note"`
	Remove  essenceRemoveCmd  `cmd:"" help:"撤下|take off"`
	Restore essenceRestoreCmd `cmd:"" help:"放回撤下的|put back"`
	Erase   essenceEraseCmd   `cmd:"" help:"把一个人的话从精华里永久清除|erase a person's words from the cards for good"`
	Rule    essenceRuleCmd    `cmd:"" help:"自动收的规则：看，或改|when messages become cards by themselves: show, or change"`
}

func (c *call) essences(h *House) (Essences, error) { return inOrg(c, h, h.Essences) }

// cardLine is a card as verbs print it.
type cardLine struct {
	ID       string    `json:"id" col:"编号|id"`
	Group    string    `json:"group" col:"群|group"`
	Name     string    `json:"author" col:"谁说的|author"` // "" = erased, or not known
	Said     Moment    `json:"said_at" col:"时间|said"`
	Text     string    `json:"text" col:"内容|text"`
	Note     string    `json:"note"`
	Tags     []string  `json:"tags" col:"标签|tags"`
	By       string    `json:"by" col:"怎么来的|by"` // hand, people, notice, digest
	Why      shelf.Why `json:"why"`
	Number   int64     `json:"message" col:"消息|message"`
	There    bool      `json:"message_there" col:"原文还在|still in the log"`
	Recalled bool      `json:"recalled"`
	Removed  bool      `json:"removed" col:"撤下|taken off"`
	Erased   bool      `json:"erased"`
	Version  int       `json:"version"`
}

func lineOfCard(v shelf.Card) cardLine {
	return cardLine{v.ID.String(), v.GroupName, v.Name, Moment(v.SaidAt), v.Text, v.Note, append([]string{}, v.Tags...), v.By, v.Why, v.Number, v.There, v.Recalled, v.Removed != 0, v.Erased != 0, v.Version}
}

type essenceListCmd struct {
	Text    string `arg:"" optional:"" help:"检索的词|words to search"`
	Group   string `help:"只看一个群|of one group only"`
	Tag     string `help:"有这个标签的|that wear this tag"`
	Removed bool   `help:"看撤下的|those taken off"`
	paging
}

func (essenceListCmd) Shape() any { return rowsOf[cardLine]() }
func (essenceListCmd) Examples() []example {
	return []example{{"essence list 续费 --tag 常见问题 --json", [2]string{"检索", "search"}}}
}

// Do lists cards.
func (q *essenceListCmd) Do(c *call, h *House) error {
	e, err := c.essences(h)
	if err != nil {
		return err
	}
	f := shelf.CardFilter{Text: q.Text, Tag: q.Tag, Removed: q.Removed, Page: q.page()}
	if q.Group != "" {
		_, g, _, err := c.place(h, q.Group, "")
		if err != nil {
			return err
		}
		f.Group = g.Key
	}
	list, total, err := e.Cards(c.ctx, f)
	if err != nil {
		return err
	}
	return printList(c, mapped(list, lineOfCard), total)
}

// onCard does something with a card and shows it as it is then.
func (c *call) onCard(h *House, text string, do func(Essences, community.ID) (shelf.Card, error)) error {
	id, err := idOf(text)
	if err != nil {
		return err
	}
	e, err := c.essences(h)
	if err != nil {
		return err
	}
	v, err := do(e, id)
	if err != nil {
		return err
	}
	return printOne(c, lineOfCard(v))
}

type essenceShowCmd struct {
	ID string `arg:"" help:"编号|id"`
}

func (essenceShowCmd) Shape() any          { return cardLine{} }
func (essenceShowCmd) Examples() []example { return nil }

// Do shows a card.
func (q *essenceShowCmd) Do(c *call, h *House) error {
	return c.onCard(h, q.ID, func(e Essences, id community.ID) (shelf.Card, error) { return e.Card(c.ctx, id) })
}

type essenceKeepCmd struct {
	Group   string `arg:"" help:"群|group"`
	Message int64  `arg:"" help:"消息的序号|number of the message"`
	Tags    string `help:"标签，逗号隔开|tags, between commas"`
	Note    string `help:"备注|note"`
	named
}

func (essenceKeepCmd) Shape() any          { return cardLine{} }
func (essenceKeepCmd) Examples() []example { return nil }

// Do keeps a message.
func (q *essenceKeepCmd) Do(c *call, h *House) error {
	_, g, _, err := c.place(h, q.Group, "")
	if err != nil {
		return err
	}
	e, err := c.essences(h)
	if err != nil {
		return err
	}
	who, err := q.who(c, h)
	if err != nil {
		return err
	}
	v, err := e.Keep(c.ctx, who, g.Key, q.Message, shelf.Tags(q.Tags), q.Note)
	if err != nil {
		return err
	}
	return printOne(c, lineOfCard(v))
}

type essenceEditCmd struct {
	ID   string  `arg:"" help:"编号|id"`
	Tags *string `help:"标签，逗号隔开|tags, between commas"`
	Note *string `help:"备注|note"`
	named
}

func (essenceEditCmd) Shape() any          { return cardLine{} }
func (essenceEditCmd) Examples() []example { return nil }

// Do changes tags and note.
func (q *essenceEditCmd) Do(c *call, h *House) error {
	return c.onCard(h, q.ID, func(e Essences, id community.ID) (shelf.Card, error) {
		was, err := e.Card(c.ctx, id)
		if err != nil {
			return was, err
		}
		if q.Tags != nil {
			was.Tags = shelf.Tags(*q.Tags)
		}
		if q.Note != nil {
			was.Note = *q.Note
		}
		who, err := q.who(c, h)
		if err != nil {
			return was, err
		}
		return e.Edit(c.ctx, who, id, was.Version, was.Tags, was.Note)
	})
}

// cardMove are the arguments of verbs that take off and put back.
type cardMove struct {
	ID     string `arg:"" help:"编号|id"`
	Reason string `placeholder:"TEXT" help:"原因|why"`
	named
}

func (cardMove) Shape() any          { return cardLine{} }
func (cardMove) Examples() []example { return nil }

func (q *cardMove) move(c *call, h *House, off bool) error {
	return c.onCard(h, q.ID, func(e Essences, id community.ID) (shelf.Card, error) {
		who, err := q.who(c, h)
		if err != nil {
			return shelf.Card{}, err
		}
		return e.Remove(c.ctx, who, id, off, q.Reason)
	})
}

type essenceRemoveCmd struct{ cardMove }

// Do takes a card off.
func (q *essenceRemoveCmd) Do(c *call, h *House) error { return q.move(c, h, true) }

type essenceRestoreCmd struct{ cardMove }

// Do puts a card back.
func (q *essenceRestoreCmd) Do(c *call, h *House) error { return q.move(c, h, false) }

// cardsErased says how many cards were erased.
type cardsErased struct {
	Cards int `json:"cards" col:"卡片|cards"`
}

type essenceEraseCmd struct {
	Member string `arg:"" help:"成员的编号或名字|the member's id or name"`
	Reason string `required:"" placeholder:"TEXT" help:"原因|why"`
	named
}

func (essenceEraseCmd) Shape() any          { return cardsErased{} }
func (essenceEraseCmd) Examples() []example { return nil }

// Do erases what a person said.
func (q *essenceEraseCmd) Do(c *call, h *House) error {
	desk, err := c.desk(h)
	if err != nil {
		return err
	}
	m, err := c.member(desk, 0, q.Member)
	if err != nil {
		return err
	}
	e, err := c.essences(h)
	if err != nil {
		return err
	}
	if err := c.confirm(c.lang.pick([2]string{m.Name + " 的话会从精华里永久清除，不能撤销", "what " + m.Name + " said is erased from the cards for good"})); err != nil {
		return err
	}
	who, err := q.who(c, h)
	if err != nil {
		return err
	}
	n, err := e.EraseMember(c.ctx, who, m.ID, q.Reason)
	if err != nil {
		return err
	}
	return printOne(c, cardsErased{n})
}

// cardRule is when messages become cards by themselves.
type cardRule struct {
	Own       bool     `json:"own" col:"本群自己的|the group's own"`
	On        bool     `json:"on" col:"开|on"`
	Reactions int      `json:"reactions" col:"几人回应|people react"`
	Replies   int      `json:"replies" col:"几人回复|people answer"`
	Notice    bool     `json:"notice" col:"平台设精|by the platform"`
	Digest    bool     `json:"digest" col:"群精华的好回答|a digest's answers"`
	Least     int      `json:"least_characters" col:"至少几字|characters"`
	Days      int      `json:"days" col:"几天内|days"`
	Tags      []string `json:"tags" col:"标签|tags"`
}

type essenceRuleCmd struct {
	Group     string   `arg:"" optional:"" help:"群；不写 = 没有自己规则的所有群|group; none = all groups without a rule of their own"`
	On        *bool    `negatable:"" help:"开或关|on or off"`
	Reactions *int     `help:"至少几个人回应（表情），0 = 不看|people who react, at least; 0 = do not look"`
	Replies   *int     `help:"至少几个人回复，0 = 不看|people who answer, at least; 0 = do not look"`
	Notice    *bool    `negatable:"" help:"平台设精的|what the platform says is among the best"`
	Digest    *bool    `negatable:"" help:"发出的群精华里的好回答|the good answers of digests that are sent"`
	Least     *int     `help:"正文至少几个字|characters of the text, at least"`
	Days      *int     `help:"发出后几天内的算|days after it was said that count"`
	Tag       []string `help:"给卡片的标签（可重复；空的 = 不给）|a tag of the cards (repeatable; an empty one = none)"`
	Drop      bool     `help:"本群不再有自己的规则|the group has no rule of its own any more"`
	Reason    string   `placeholder:"TEXT" help:"原因|why"`
	named
}

func (essenceRuleCmd) Shape() any { return cardRule{} }
func (essenceRuleCmd) Examples() []example {
	return []example{{"essence rule --on --reactions 5 --replies 3 --tag 常见问题", [2]string{"五个人回应或三个人回复就收", "five who react or three who answer"}}}
}

// Do shows or changes a rule.
func (q *essenceRuleCmd) Do(c *call, h *House) error {
	e, err := c.essences(h)
	if err != nil {
		return err
	}
	var key community.GroupKey
	if q.Group != "" {
		_, g, _, err := c.place(h, q.Group, "")
		if err != nil {
			return err
		}
		key = g.Key
	}
	rule, _, err := e.Rule(c.ctx, key)
	if err != nil {
		return err
	}
	changed := q.Drop
	for _, b := range []struct{ given, into *bool }{{q.On, &rule.On}, {q.Notice, &rule.Notice}, {q.Digest, &rule.Digest}} {
		if b.given != nil {
			*b.into, changed = *b.given, true
		}
	}
	for _, n := range []struct{ given, into *int }{{q.Reactions, &rule.Reactions}, {q.Replies, &rule.Replies}, {q.Least, &rule.Least}, {q.Days, &rule.Days}} {
		if n.given != nil {
			*n.into, changed = *n.given, true
		}
	}
	if len(q.Tag) > 0 {
		rule.Tags, changed = shelf.Tags(strings.Join(q.Tag, ",")), true
	}
	if changed {
		who, err := q.who(c, h)
		if err != nil {
			return err
		}
		kept := &rule
		if q.Drop {
			kept = nil
		}
		if err := e.SaveRule(c.ctx, who, key, kept, q.Reason); err != nil {
			return err
		}
	}
	rule, own, err := e.Rule(c.ctx, key)
	if err != nil {
		return err
	}
	return printOne(c, cardRule{own, rule.On, rule.Reactions, rule.Replies, rule.Notice, rule.Digest, rule.Least, rule.Days, append([]string{}, rule.Tags...)})
}

// Needs is what it takes.
func (*essenceKeepCmd) Needs() rights.Power { return rights.Judge }

// Needs is what it takes.
func (*essenceEditCmd) Needs() rights.Power { return rights.Judge }

// Needs is what it takes.
func (*cardMove) Needs() rights.Power { return rights.Judge }

// Needs is what it takes.
func (*essenceEraseCmd) Needs() rights.Power { return rights.Settings }

// Needs is what it takes.
func (*essenceRuleCmd) Needs() rights.Power { return rights.Tune }

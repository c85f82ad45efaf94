package cli

import (
	"encoding/json"
	"slices"

	"qunluo/internal/community"
	"qunluo/internal/policy"
)

// editBook changes the draft, or begins one from the book in force, and shows the articles then.
func (c *call) editBook(h *House, group, note string, edit func(*policy.Book) error) error {
	charters, g, err := c.charterAt(h, group)
	if err != nil {
		return err
	}
	book, err := c.onDesk(charters, g)
	if err != nil {
		return err
	}
	if err := edit(&book); err != nil {
		return err
	}
	raw, err := json.Marshal(book)
	if err != nil {
		return err
	}
	if _, err := parseBook(raw); err != nil {
		return err
	}
	_, hands, err := c.both(h)
	if err != nil {
		return err
	}
	if err := hands.SaveDraft(c.ctx, user, g.Key, raw, note); err != nil {
		return err
	}
	lines := c.articleLines(book)
	return printList(c, lines, len(lines))
}

// articleFlags are what can be said of an article.
type articleFlags struct {
	Level string   `enum:",base,value,exit" default:"" help:"base 基础、value 价值、exit 退出|base, value or exit"`
	Title string   `placeholder:"TEXT" help:"标题|title"`
	Body  string   `placeholder:"TEXT" help:"正文|text"`
	Rule  []string `placeholder:"RULE" sep:"none" help:"由哪条规则执行（可重复）|rule that enforces it (repeatable)"`
}

func (f articleFlags) onto(a *policy.Article) {
	for _, v := range []struct {
		from string
		to   *string
	}{{f.Level, &a.Level}, {f.Title, &a.Title}, {f.Body, &a.Body}} {
		if v.from != "" {
			*v.to = v.from
		}
	}
	if f.Rule != nil {
		a.Rules = f.Rule
	}
}

// articleIn finds an article by id or by its number.
func (c *call) articleIn(book *policy.Book, name string) (int, error) {
	i := slices.IndexFunc(book.Charter.Articles, func(a policy.Article) bool { return a.ID == name })
	if i < 0 {
		return i, failed(nil, "没有编号为 %q 的条文", "there is no article %q", name)
	}
	return i, nil
}

type charterAddCmd struct {
	Group string `arg:"" help:"群|group"`
	ID    string `arg:"" help:"编号（a-z 0-9 - _）|id (a-z 0-9 - _)"`
	articleFlags
}

func (charterAddCmd) Shape() any { return rowsOf[ruleArticleLine]() }
func (charterAddCmd) Examples() []example {
	return []example{{"rule charter add 产品交流群 no-ads --level base --title 不发广告 --rule ads", [2]string{"然后 rule charter publish", "then rule charter publish"}}}
}

// Do adds an article to the draft.
func (q *charterAddCmd) Do(c *call, h *House) error {
	return c.editBook(h, q.Group, c.lang.pick([2]string{"加一条条文", "an article was added"}), func(book *policy.Book) error {
		a := policy.Article{ID: q.ID, Level: policy.LevelBase}
		q.onto(&a)
		book.Charter.Articles = append(book.Charter.Articles, a)
		return nil
	})
}

type charterSetCmd struct {
	Group   string `arg:"" help:"群|group"`
	Article string `arg:"" help:"条文的编号|id of the article"`
	articleFlags
	ByPeople bool `help:"没有规则执行，由人判断|no rule enforces it: people judge"`
}

func (charterSetCmd) Shape() any          { return rowsOf[ruleArticleLine]() }
func (charterSetCmd) Examples() []example { return nil }

// Do changes an article of the draft.
func (q *charterSetCmd) Do(c *call, h *House) error {
	return c.editBook(h, q.Group, c.lang.pick([2]string{"修改条文", "an article was changed"}), func(book *policy.Book) error {
		i, err := c.articleIn(book, q.Article)
		if err != nil {
			return err
		}
		q.onto(&book.Charter.Articles[i])
		if q.ByPeople {
			book.Charter.Articles[i].Rules = nil
		}
		return nil
	})
}

type charterMoveCmd struct {
	Group   string `arg:"" help:"群|group"`
	Article string `arg:"" help:"条文的编号|id of the article"`
	Where   string `arg:"" enum:"up,down" help:"up 上移、down 下移|up or down"`
}

func (charterMoveCmd) Shape() any          { return rowsOf[ruleArticleLine]() }
func (charterMoveCmd) Examples() []example { return nil }

// Do moves an article among those of its level.
func (q *charterMoveCmd) Do(c *call, h *House) error {
	return c.editBook(h, q.Group, c.lang.pick([2]string{"移动条文", "an article was moved"}), func(book *policy.Book) error {
		i, err := c.articleIn(book, q.Article)
		if err != nil {
			return err
		}
		all, step := book.Charter.Articles, 1
		if q.Where == "up" {
			step = -1
		}
		to := i + step
		for to >= 0 && to < len(all) && all[to].Level != all[i].Level {
			to += step
		}
		if to >= 0 && to < len(all) {
			all[i], all[to] = all[to], all[i]
		}
		return nil
	})
}

type charterRemoveCmd struct {
	Group   string `arg:"" help:"群|group"`
	Article string `arg:"" help:"条文的编号|id of the article"`
}

func (charterRemoveCmd) Shape() any          { return rowsOf[ruleArticleLine]() }
func (charterRemoveCmd) Examples() []example { return nil }

// Do takes an article out of the draft.
func (q *charterRemoveCmd) Do(c *call, h *House) error {
	return c.editBook(h, q.Group, c.lang.pick([2]string{"删去条文", "an article was removed"}), func(book *policy.Book) error {
		i, err := c.articleIn(book, q.Article)
		if err == nil {
			book.Charter.Articles = slices.Delete(book.Charter.Articles, i, i+1)
		}
		return err
	})
}

type charterWordsCmd struct {
	Group  string `arg:"" help:"群|group"`
	Intro  string `placeholder:"TEXT" help:"开头的话|opening words"`
	Appeal string `placeholder:"TEXT" help:"怎样申诉|how to appeal"`
	Notice string `placeholder:"TEXT" help:"发布时的通知，可用 {group} {version} {changes} {rules}|notice of a new version: {group} {version} {changes} {rules}"`
}

func (charterWordsCmd) Shape() any          { return rowsOf[ruleArticleLine]() }
func (charterWordsCmd) Examples() []example { return nil }

// Do changes the words around the articles; what is not given stays.
func (q *charterWordsCmd) Do(c *call, h *House) error {
	return c.editBook(h, q.Group, c.lang.pick([2]string{"修改公开页的话", "the words of the public page were changed"}), func(book *policy.Book) error {
		for _, v := range []struct {
			from string
			to   *string
		}{{q.Intro, &book.Charter.Intro}, {q.Appeal, &book.Charter.Appeal}, {q.Notice, &book.Charter.Notice}} {
			if v.from != "" {
				*v.to = v.from
			}
		}
		return nil
	})
}

type charterConfirmedCmd struct {
	Group   string `arg:"" optional:"" help:"群|group"`
	Member  string `placeholder:"MEMBER" help:"这个成员的|of this member"`
	Version int    `placeholder:"N" help:"这个版本|this version"`
	Way     string `enum:",chat,page,hand" default:"" help:"chat 群里回复、page 网页勾选、hand 人工登记|chat, page or hand"`
	Name    string `placeholder:"TEXT" help:"名字里含有|part of the name"`
	Missing bool   `help:"还没有确认现行版本（或 --version）的人|who has not agreed to the version in force (or --version)"`
	paging
}

// confirmedLine is an agreement as verbs print it.
type confirmedLine struct {
	At      Moment `json:"at" col:"时间|time"`
	Group   string `json:"group" col:"群|group"`
	Member  string `json:"member" col:"成员|member"`
	ID      string `json:"member_id" col:"编号|id"`
	Version int    `json:"version" col:"版本|version"` // 0 = has not agreed
	Way     string `json:"way" col:"方式|how"`
	User    string `json:"user" col:"登记人|noted by"`
	Note    string `json:"note" col:"备注|note"`
	Joined  Moment `json:"joined_at" col:"进群|joined"`
}

func (charterConfirmedCmd) Shape() any { return rowsOf[confirmedLine]() }
func (charterConfirmedCmd) Examples() []example {
	return []example{{"rule charter confirmed 产品交流群 --missing", [2]string{"还没确认现行版本的人", "who has not agreed to the version in force"}}}
}

// Do lists who agreed to which version, or who has not.
func (q *charterConfirmedCmd) Do(c *call, h *House) error {
	charters, err := inOrg(c, h, h.Charters)
	if err != nil {
		return err
	}
	_, g, m, err := c.place(h, q.Group, q.Member)
	if err != nil {
		return err
	}
	f := community.ConfirmationFilter{Group: g.Key, Member: m.Key, Version: q.Version, Way: community.ConfirmWay(q.Way), Text: q.Name, Missing: q.Missing, Page: q.page()}
	if f.Missing {
		if g.Key == 0 {
			return badUsage("请指明群", "say which group")
		}
		if f.Version == 0 {
			f.Version = max(g.Book, 1)
		}
	}
	rows, total, err := charters.Confirmations(c.ctx, f)
	if err != nil {
		return err
	}
	return printList(c, mapped(rows, func(r community.ConfirmationRow) confirmedLine {
		return confirmedLine{Moment(r.At), r.GroupName, r.MemberName, r.MemberID.String(), r.Version, string(r.Way), r.User, r.Note, Moment(r.JoinedAt)}
	}), total)
}

type charterSumsCmd struct {
	Group   string `arg:"" help:"群|group"`
	Version int    `placeholder:"N" help:"版本，默认现行|version, by default the one in force"`
}

func (charterSumsCmd) Shape() any          { return sumsLine{} }
func (charterSumsCmd) Examples() []example { return nil }

// sumsLine counts people of a group.
type sumsLine struct {
	Version   int `json:"version" col:"版本|version"`
	Present   int `json:"present" col:"在群|present"`
	Confirmed int `json:"confirmed" col:"确认过任何版本|agreed to any"`
	Current   int `json:"current" col:"确认了该版|agreed to it"`
	Chat      int `json:"chat" col:"群里|chat"`
	Page      int `json:"page" col:"网页|page"`
	Hand      int `json:"hand" col:"人工|hand"`
}

// Do counts who agreed.
func (q *charterSumsCmd) Do(c *call, h *House) error {
	charters, g, err := c.charterAt(h, q.Group)
	if err != nil {
		return err
	}
	version := q.Version
	if version == 0 {
		version = max(g.Book, 1)
	}
	s, err := charters.Sums(c.ctx, g.Key, version)
	if err != nil {
		return err
	}
	return printOne(c, sumsLine{version, s.Present, s.Confirmed, s.Current, s.Ways[community.ConfirmedInChat], s.Ways[community.ConfirmedOnPage], s.Ways[community.ConfirmedByHand]})
}

type charterConfirmCmd struct {
	Group  string `arg:"" help:"群|group"`
	Member string `arg:"" help:"成员|member"`
	Note   string `required:"" placeholder:"TEXT" help:"怎么说的|how they said so"`
}

func (charterConfirmCmd) Shape() any { return confirmedLine{} }
func (charterConfirmCmd) Examples() []example {
	return []example{{"rule charter confirm 产品交流群 小满妈 --note 电话里确认", [2]string{"记为现行版本，方式是人工登记", "counts for the version in force, noted by hand"}}}
}

// Do notes an agreement.
func (q *charterConfirmCmd) Do(c *call, h *House) error {
	charters, err := inOrg(c, h, h.Charters)
	if err != nil {
		return err
	}
	_, g, m, err := c.place(h, q.Group, q.Member)
	if err != nil {
		return err
	}
	if g.Key == 0 || m.Key == 0 {
		return badUsage("请指明群和成员", "say which group and which member")
	}
	version, err := charters.Confirm(c.ctx, user, g.Key, m.ID, q.Note)
	if err != nil {
		return err
	}
	return printOne(c, confirmedLine{At: Moment(c.program.now().UnixMilli()), Group: g.Name, Member: m.Name, ID: m.ID.String(), Version: version, Way: string(community.ConfirmedByHand), User: user, Note: q.Note})
}

type charterLinkCmd struct {
	Group  string `arg:"" help:"群|group"`
	Member string `arg:"" help:"成员|member"`
}

// ownLinkLine is an address.
type ownLinkLine struct {
	Link string `json:"link" col:"链接|link"`
}

func (charterLinkCmd) Shape() any          { return ownLinkLine{} }
func (charterLinkCmd) Examples() []example { return nil }

// Do prints a member's own link.
func (q *charterLinkCmd) Do(c *call, h *House) error {
	charters, err := inOrg(c, h, h.Charters)
	if err != nil {
		return err
	}
	_, g, m, err := c.place(h, q.Group, q.Member)
	if err != nil {
		return err
	}
	if g.Key == 0 || m.Key == 0 {
		return badUsage("请指明群和成员", "say which group and which member")
	}
	link, err := charters.ConfirmLink(c.ctx, g.Key, m.ID)
	if err != nil {
		return err
	}
	return printOne(c, ownLinkLine{link})
}

type ruleLaddersCmd struct{}

// ladderLine is a ready ladder.
type ladderLine struct {
	Name   string        `json:"name" col:"名称|name"`
	Title  string        `json:"title" col:"标题|title"`
	Says   string        `json:"says" col:"后果|what follows"`
	Ladder []policy.Rung `json:"ladder"`
}

func (ruleLaddersCmd) Tolerates()          {}
func (ruleLaddersCmd) Shape() any          { return rowsOf[ladderLine]() }
func (ruleLaddersCmd) Examples() []example { return nil }

// Run lists the ready ladders.
func (ruleLaddersCmd) Run(c *call) error {
	list := policy.LadderPresets()
	return printList(c, mapped(list, func(p policy.LadderPreset) ladderLine {
		return ladderLine{p.Name, c.lang.pick(p.Title), c.lang.pick(policy.LadderWords(p.Ladder)), p.Ladder}
	}), len(list))
}

type ruleLadderCmd struct {
	Group string `arg:"" help:"群|group"`
	Name  string `arg:"" help:"现成阶梯的名称，见 rule ladders|name of a ready ladder; see rule ladders"`
	Rule  string `placeholder:"RULE" help:"只给这条规则，默认是整份群规的阶梯|for this rule only, by default the whole book's"`
}

func (ruleLadderCmd) Shape() any { return rowsOf[ruleArticleLine]() }
func (ruleLadderCmd) Examples() []example {
	return []example{{"rule ladder 产品交流群 warn3-kick --rule ads", [2]string{"存进草稿，再发布", "it goes into the draft; then publish"}}}
}

// Do takes a ready ladder into the draft.
func (q *ruleLadderCmd) Do(c *call, h *House) error {
	p, err := policy.LadderPresetNamed(q.Name)
	if err != nil {
		return err
	}
	return c.editBook(h, q.Group, c.lang.pick(p.Title), func(book *policy.Book) error {
		if q.Rule == "" {
			book.Ladder = p.Ladder
			return nil
		}
		i := slices.IndexFunc(book.Rules, func(r policy.Rule) bool { return r.ID == q.Rule })
		if i < 0 {
			return failed(nil, "没有编号为 %q 的规则", "there is no rule %q", q.Rule)
		}
		r := &book.Rules[i]
		r.Ladder, r.StartRung, r.Remind = p.Ladder, 0, false
		return nil
	})
}

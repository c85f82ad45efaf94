package cli

import (
	"bufio"
	"context"
	"io"
	"iter"
	"os"
	"strings"
	"time"

	"qunluo/internal/community"
	"qunluo/internal/wordlist"
)

// Wordlists is what the command line asks and changes of word lists. With wait, what takes its time is done when the method
// returns, and wait is told how far it is.
type Wordlists interface {
	Find(ctx context.Context, p community.Page) ([]wordlist.List, int, error)
	ByID(ctx context.Context, id community.ID) (wordlist.List, error)
	New(ctx context.Context, user string, l wordlist.List, reason string) (wordlist.List, error)
	Set(ctx context.Context, user string, l wordlist.List, closed bool, reason string) error
	List(ctx context.Context, id community.ID, f wordlist.Filter) ([]wordlist.Entry, int, error)
	Categories(ctx context.Context, id community.ID) ([]wordlist.Counted, error)
	Add(ctx context.Context, user string, id community.ID, rows []wordlist.Row, reason string) (wordlist.Version, []wordlist.Linted, error)
	Edit(ctx context.Context, user string, id community.ID, numbers []int64, p wordlist.Patch, reason string) (wordlist.Version, error)
	Versions(ctx context.Context, id community.ID, p community.Page) ([]wordlist.Version, int, error)
	Changes(ctx context.Context, id community.ID, from, to int, p community.Page) ([]wordlist.Change, int, error)
	Rollback(ctx context.Context, user string, id community.ID, to int, reason string) (wordlist.Version, error)
	Export(ctx context.Context, id community.ID, version int) (wordlist.List, iter.Seq2[wordlist.Entry, error], error)
	Write(w io.Writer, form string, head []string, words iter.Seq2[wordlist.Entry, error]) error
	Named(ctx context.Context, words []community.HitWord) ([]wordlist.Named, error)
	Zone() *time.Location
	Scores(ctx context.Context, id community.ID, p community.Page) ([]wordlist.Score, int, error)
	Import(ctx context.Context, user string, id community.ID, file string, raw []byte, note string, wait func(done, of int64)) (wordlist.Run, error)
	Runs(ctx context.Context, id community.ID, p community.Page) ([]wordlist.Run, int, error)
	Run(ctx context.Context, id, run community.ID) (wordlist.Run, error)
	Preview(ctx context.Context, id, run community.ID, verdict wordlist.Verdict, code string, p community.Page) ([]wordlist.Linted, int, error)
	Take(ctx context.Context, user string, id, run community.ID, reason string) (wordlist.Version, error)
	Discard(ctx context.Context, user string, id, run community.ID) error
	Users(ctx context.Context, id community.ID, p community.Page) ([]wordlist.Use, int, error)
	Publish(ctx context.Context, user string, id community.ID, reason string, wait func(done, of int64)) (wordlist.Run, error)
	Use(ctx context.Context, user string, id community.ID, groups []community.GroupKey, mode, reason string, wait func(done, of int64)) (wordlist.Run, error)
}

type wordsCmd struct {
	List     wordsListCmd     `cmd:"" help:"列出词库|list the word lists"`
	Packs    wordsPacksCmd    `cmd:"" help:"自带的小词库|the lists that come with the program"`
	New      wordsNewCmd      `cmd:"" help:"新建词库，空的或自带的|make a list, empty or a shipped one"`
	Set      wordsSetCmd      `cmd:"" help:"改名称、说明，停用或恢复|change name and note, put away or take back"`
	Show     wordsShowCmd     `cmd:"" help:"词库里的词|the words of a list"`
	Add      wordsAddCmd      `cmd:"" help:"加词|add words"`
	Edit     wordsEditCmd     `cmd:"" help:"改词的类别、级别、变体、到期|change words' category, level, views, expiry"`
	Remove   wordsRemoveCmd   `cmd:"" help:"删词|remove words"`
	Release  wordsReleaseCmd  `cmd:"" help:"放行被隔离或停用的词|let words out of quarantine or suspension"`
	Suspend  wordsSuspendCmd  `cmd:"" help:"停用词|take words out of use"`
	Import   wordsImportCmd   `cmd:"" help:"导入 TXT、CSV、XLSX：先用历史检查|import TXT, CSV or XLSX: tried on the past first"`
	Imports  wordsImportsCmd  `cmd:"" help:"导入和发布的记录|imports and publications"`
	Preview  wordsPreviewCmd  `cmd:"" help:"一次导入的检查结果，逐词带原因|what an import's lint says, word by word with reasons"`
	Take     wordsTakeCmd     `cmd:"" help:"收下一次检查过的导入|take a linted import in"`
	Discard  wordsDiscardCmd  `cmd:"" help:"丢弃一次导入|throw an import away"`
	Export   wordsExportCmd   `cmd:"" help:"导出 TXT、CSV、XLSX|export as TXT, CSV or XLSX"`
	Versions wordsVersionsCmd `cmd:"" help:"版本：谁、何时、为什么改了什么|versions: who changed what, when and why"`
	Diff     wordsDiffCmd     `cmd:"" help:"两个版本的差别|what differs between two versions"`
	Rollback wordsRollbackCmd `cmd:"" help:"回到旧版本|go back to an older version"`
	Groups   wordsGroupsCmd   `cmd:"" help:"哪些群在用|which groups use it"`
	Use      wordsUseCmd      `cmd:"" help:"在群里启用、试运行或停用|switch it on, dry or off in groups"`
	Publish  wordsPublishCmd  `cmd:"" help:"让用它的群都换到最新版本|bring all groups that use it to the newest version"`
	Scores   wordsScoresCmd   `cmd:"" help:"每个词的命中和误判|each word's hits, and how many were wrong"`
}

func (c *call) wordlists(h *House) (Wordlists, error) { return inOrg(c, h, h.Words) }

// onList opens the word lists and finds one by its id or its name.
func (c *call) onList(h *House, text string, do func(Wordlists, wordlist.List) error) error {
	w, err := c.wordlists(h)
	if err != nil {
		return err
	}
	if id, err := community.ParseID(text); err == nil {
		l, err := w.ByID(c.ctx, id)
		if err != nil {
			return err
		}
		return do(w, l)
	}
	all, _, err := w.Find(c.ctx, community.Page{Limit: wordlist.MaxLists})
	if err != nil {
		return err
	}
	for _, l := range all {
		if l.Name == text {
			return do(w, l)
		}
	}
	return failed(nil, "没有叫“%s”的词库", "there is no word list called %q", text)
}

func (c *call) working(label string) func(done, of int64) {
	return func(done, of int64) { c.progress(label, done, of) }
}

// wordListLine is a list as verbs print it.
type wordListLine struct {
	ID        string `json:"id" col:"编号|id"`
	Name      string `json:"name" col:"名称|name"`
	Note      string `json:"note"`
	Pack      string `json:"pack"`
	Version   int    `json:"version" col:"版本|version"`
	Active    int    `json:"active" col:"在用|in use"`
	Held      int    `json:"quarantined" col:"隔离|quarantined"`
	Suspended int    `json:"suspended" col:"停用|suspended"`
	Groups    int    `json:"groups" col:"群|groups"`
	Behind    int    `json:"groups_behind" col:"待更新|behind"`
	Changed   Moment `json:"changed_at" col:"修改|changed"`
	Closed    Moment `json:"closed_at"`
}

func lineOfList(l wordlist.List) wordListLine {
	return wordListLine{l.ID.String(), l.Name, l.Note, l.Pack, l.Version, l.Active, l.Held, l.Suspended, l.Groups, l.Behind, Moment(l.Changed), Moment(l.Closed)}
}

func (c *call) printList(w Wordlists, id community.ID) error {
	l, err := w.ByID(c.ctx, id)
	if err != nil {
		return err
	}
	return printOne(c, lineOfList(l))
}

type wordsListCmd struct{ paging }

func (wordsListCmd) Shape() any          { return rowsOf[wordListLine]() }
func (wordsListCmd) Examples() []example { return nil }

// Do lists the word lists.
func (q *wordsListCmd) Do(c *call, h *House) error {
	w, err := c.wordlists(h)
	if err != nil {
		return err
	}
	list, total, err := w.Find(c.ctx, q.page())
	if err != nil {
		return err
	}
	return printList(c, mapped(list, lineOfList), total)
}

// packLine is a shipped list.
type packLine struct {
	Name    string `json:"name" col:"代号|name"`
	Title   string `json:"title" col:"名称|title"`
	Words   int    `json:"words" col:"词数|words"`
	Summary string `json:"summary" col:"说明|what is in it"`
}

type wordsPacksCmd struct{}

func (wordsPacksCmd) Tolerates()          {}
func (wordsPacksCmd) Shape() any          { return rowsOf[packLine]() }
func (wordsPacksCmd) Examples() []example { return nil }

// Run lists the shipped lists.
func (wordsPacksCmd) Run(c *call) error {
	all := wordlist.Packs()
	return printList(c, mapped(all, func(p wordlist.Pack) packLine {
		return packLine{p.Name, c.lang.pick(p.Title), len(p.Entries()), c.lang.pick(p.Summary)}
	}), len(all))
}

type wordsNewCmd struct {
	Name   string `arg:"" optional:"" help:"名称；给了 --pack 可以不写|its name; may be left out with --pack"`
	Pack   string `placeholder:"NAME" help:"从自带词库开始，见 words packs|begin with a shipped list, see words packs"`
	Note   string `placeholder:"TEXT" help:"说明|a note"`
	Reason string `placeholder:"TEXT" help:"原因|why"`
}

func (wordsNewCmd) Shape() any { return wordListLine{} }
func (wordsNewCmd) Examples() []example {
	return []example{
		{"words new --pack fraud", [2]string{"用自带的诈骗词库，还不在任何群启用", "take the shipped list about fraud; no group uses it yet"}},
		{"words new 本群广告 --note 群里常见的推销", [2]string{"新建空词库", "an empty list"}},
	}
}

// Validate wants a name or a pack; called by the parser.
func (q *wordsNewCmd) Validate() error {
	if q.Name == "" && q.Pack == "" {
		return badUsage("要给名称，或 --pack", "give a name, or --pack")
	}
	return nil
}

// Do makes a list.
func (q *wordsNewCmd) Do(c *call, h *House) error {
	w, err := c.wordlists(h)
	if err != nil {
		return err
	}
	l, err := w.New(c.ctx, user, wordlist.List{Name: q.Name, Pack: q.Pack, Note: q.Note}, q.Reason)
	if err != nil {
		return err
	}
	return printOne(c, lineOfList(l))
}

type wordsSetCmd struct {
	List   string `arg:"" help:"词库的编号或名称|the list's id or name"`
	Name   string `placeholder:"TEXT" help:"新名称|a new name"`
	Note   string `placeholder:"TEXT" help:"说明；- 清空|a note; - empties it"`
	Close  bool   `xor:"open" help:"停用：没有群在用时才行|put it away: only when no group uses it"`
	Open   bool   `xor:"open" help:"恢复|take it back"`
	Reason string `placeholder:"TEXT" help:"原因|why"`
}

func (wordsSetCmd) Shape() any          { return wordListLine{} }
func (wordsSetCmd) Examples() []example { return nil }

// Do changes a list.
func (q *wordsSetCmd) Do(c *call, h *House) error {
	return c.onList(h, q.List, func(w Wordlists, l wordlist.List) error {
		if q.Name != "" {
			l.Name = q.Name
		}
		if q.Note != "" {
			l.Note = strings.TrimPrefix(q.Note, "-")
		}
		closed := l.Closed != 0 && !q.Open || q.Close
		if err := w.Set(c.ctx, user, l, closed, q.Reason); err != nil {
			return err
		}
		return c.printList(w, l.ID)
	})
}

// wordLine is a word as verbs print it.
type wordLine struct {
	Number   int64  `json:"number" col:"号|no."`
	Text     string `json:"word" col:"词语|word"`
	Category string `json:"category" col:"类别|category"`
	Level    int    `json:"level" col:"级别|level"`
	Views    string `json:"views" col:"变体|views"`
	Expires  Moment `json:"expires_at" col:"到期|expires"`
	State    string `json:"state" col:"状态|state"`
	Why      string `json:"why" col:"原因|why"`
	Since    int    `json:"since_version"`
}

func (c *call) lineOfWord(e wordlist.Entry) wordLine {
	return wordLine{e.Number, e.Text, e.Category, e.Level, e.Views, Moment(e.Expires), string(e.State), c.reasons(wordlist.ParseReasons(e.Why)), e.Since}
}

func (c *call) reasons(list []wordlist.Reason) string {
	return strings.Join(mapped(list, func(r wordlist.Reason) string { return c.lang.pick(r.Words()) }), c.lang.pick([2]string{"；", "; "}))
}

type wordsShowCmd struct {
	List     string `arg:"" help:"词库的编号或名称|the list's id or name"`
	Text     string `arg:"" optional:"" help:"词的一部分|a part of the word"`
	Category string `placeholder:"TEXT" help:"类别；- 为没有类别的|category; - for those without"`
	State    string `enum:",active,held,suspended" default:"" placeholder:"STATE" help:"active 在用，held 隔离，suspended 停用|active, held (in quarantine) or suspended"`
	Version  int    `placeholder:"N" help:"某个版本时的词，默认现在|as of a version, by default now"`
	paging
}

func (wordsShowCmd) Shape() any { return rowsOf[wordLine]() }
func (wordsShowCmd) Examples() []example {
	return []example{{"words show 诈骗 --state held", [2]string{"被隔离的词和原因", "the words in quarantine, with reasons"}}}
}

// Validate bounds the page; called by the parser.
func (q *wordsShowCmd) Validate() error {
	if q.Version < 0 {
		return badUsage("--version 不能为负", "--version cannot be negative")
	}
	return q.paging.Validate()
}

// Do lists the words of a list.
func (q *wordsShowCmd) Do(c *call, h *House) error {
	return c.onList(h, q.List, func(w Wordlists, l wordlist.List) error {
		rows, total, err := w.List(c.ctx, l.ID, wordlist.Filter{Text: q.Text, Category: q.Category, State: wordlist.State(q.State), Version: q.Version, Page: q.page()})
		if err != nil {
			return err
		}
		return printList(c, mapped(rows, c.lineOfWord), total)
	})
}

// lintLine is a row of a file or of words that were typed, as lint says of it.
type lintLine struct {
	Line    int      `json:"line" col:"行|line"`
	Text    string   `json:"word" col:"词语|word"`
	Verdict string   `json:"verdict" col:"结论|verdict"`
	Codes   []string `json:"codes"`
	Why     string   `json:"why" col:"原因|why"`
}

func (c *call) lineOfLint(l wordlist.Linted) lintLine {
	return lintLine{l.Line, l.Entry.Text, string(l.Verdict()), mapped(l.Reasons, func(r wordlist.Reason) string { return r.Code }), c.reasons(l.Reasons)}
}

// versionLine is a version of a list as verbs print it.
type versionLine struct {
	Version int    `json:"version" col:"版本|version"`
	At      Moment `json:"at" col:"时间|time"`
	User    string `json:"user" col:"谁|who"`
	Kind    string `json:"kind" col:"做了什么|what"`
	Added   int    `json:"added" col:"增加|added"`
	Removed int    `json:"removed" col:"删除|removed"`
	Changed int    `json:"changed" col:"修改|changed"`
	Note    string `json:"note" col:"原因|why"`
}

func lineOfVersion(v wordlist.Version) versionLine {
	return versionLine{v.Number, Moment(v.At), v.User, v.Kind, v.Added, v.Removed, v.Changed, v.Note}
}

// addedPage is what came of adding words.
type addedPage struct {
	Version versionLine `json:"version"`
	Rows    []lintLine  `json:"rows"` // those of which there is something to say
}

type wordsAddCmd struct {
	List     string   `arg:"" help:"词库的编号或名称|the list's id or name"`
	Words    []string `arg:"" help:"词；- 为标准输入，一行一个|words; - for stdin, one a line"`
	Category string   `placeholder:"TEXT" help:"类别|category"`
	Level    string   `placeholder:"N" help:"从第几级开始处罚，默认按规则|the rung on which hits start, by default as the rule says"`
	Views    string   `placeholder:"TEXT" help:"变体，默认 auto|views, by default auto"`
	Expires  string   `placeholder:"DATE" help:"到这一天为止有效，如 2027-03-31|the last day on which they count, e.g. 2027-03-31"`
	Reason   string   `placeholder:"TEXT" help:"原因|why"`
}

// Feeds says that stdin may be the words.
func (q *wordsAddCmd) Feeds() bool { return len(q.Words) == 1 && q.Words[0] == "-" }

func (wordsAddCmd) Shape() any { return addedPage{} }
func (wordsAddCmd) Examples() []example {
	return []example{{"words add 本群广告 代开发票 刷单返利 --category 推销 --reason 最近常见", [2]string{"加两个词；要在群里生效再 words publish", "add two words; words publish puts them in force"}}}
}

// Do adds words.
func (q *wordsAddCmd) Do(c *call, h *House) error {
	list := q.Words
	if q.Feeds() {
		list = nil
		in := bufio.NewScanner(io.LimitReader(c.in, 1<<20))
		for in.Scan() {
			list = append(list, in.Text())
		}
		if in.Err() != nil {
			return in.Err()
		}
	}
	rows := make([]wordlist.Row, len(list))
	for i, text := range list {
		rows[i] = wordlist.Row{Line: i + 1, Text: text, Category: q.Category, Level: q.Level, Views: q.Views, Expires: q.Expires}
	}
	return c.onList(h, q.List, func(w Wordlists, l wordlist.List) error {
		v, linted, err := w.Add(c.ctx, user, l.ID, rows, q.Reason)
		page := addedPage{lineOfVersion(v), []lintLine{}}
		for _, r := range linted {
			if len(r.Reasons) > 0 {
				page.Rows = append(page.Rows, c.lineOfLint(r))
			}
		}
		if err != nil {
			for _, r := range page.Rows {
				c.say("第 %d 个“%s”：%s", "word %d, %q: %s", r.Line, r.Text, r.Why)
			}
			return err
		}
		if c.json {
			return c.printJSON(page)
		}
		if err := printOne(c, page.Version); err != nil {
			return err
		}
		return printList(c, page.Rows, len(page.Rows))
	})
}

// chosen names words of a list by what they are or by their number.
type chosen struct {
	List   string   `arg:"" help:"词库的编号或名称|the list's id or name"`
	Words  []string `arg:"" help:"词，或 #号（见 words show）|words, or #number (see words show)"`
	Reason string   `placeholder:"TEXT" help:"原因|why"`
}

func (q chosen) patch(c *call, h *House, p wordlist.Patch) error {
	return c.onList(h, q.List, func(w Wordlists, l wordlist.List) error {
		numbers := make([]int64, len(q.Words))
		for i, text := range q.Words {
			n, err := c.wordNumber(w, l, text)
			if err != nil {
				return err
			}
			numbers[i] = n
		}
		v, err := w.Edit(c.ctx, user, l.ID, numbers, p, q.Reason)
		if err != nil {
			return err
		}
		return printOne(c, lineOfVersion(v))
	})
}

func (c *call) wordNumber(w Wordlists, l wordlist.List, text string) (int64, error) {
	if n, ok := numberOf(text); ok {
		return n, nil
	}
	rows, _, err := w.List(c.ctx, l.ID, wordlist.Filter{Text: text, Page: community.Page{Limit: 200, Sort: "text"}})
	if err != nil {
		return 0, err
	}
	for _, e := range rows {
		if e.Text == text || e.Fold() == wordlist.FoldOf(text) {
			return e.Number, nil
		}
	}
	return 0, failed(nil, "词库里没有“%s”", "the list does not hold %q", text)
}

type wordsEditCmd struct {
	chosen
	Category string `placeholder:"TEXT" help:"类别；- 清空|category; - empties it"`
	Level    *int   `placeholder:"N" help:"从第几级开始处罚，0 按规则|the rung on which hits start, 0 = as the rule says"`
	Views    string `placeholder:"TEXT" help:"变体|views"`
	Expires  string `placeholder:"DATE" help:"到这一天为止有效；never 为不过期|the last day on which they count; never = for ever"`
}

func (wordsEditCmd) Shape() any          { return versionLine{} }
func (wordsEditCmd) Examples() []example { return nil }

// Do changes words.
func (q *wordsEditCmd) Do(c *call, h *House) error {
	p := wordlist.Patch{Level: q.Level}
	if q.Category != "" {
		bare := strings.TrimPrefix(q.Category, "-")
		p.Category = &bare
	}
	if q.Views != "" {
		p.Views = &q.Views
	}
	if q.Expires != "" {
		var end int64
		if q.Expires != "never" {
			w, err := c.wordlists(h)
			if err != nil {
				return err
			}
			if end, err = wordlist.ReadExpiry(q.Expires, w.Zone()); err != nil {
				return badUsage("--expires 写作 2027-03-31 或 never", "write --expires as 2027-03-31 or never")
			}
		}
		p.Expires = &end
	}
	if p == (wordlist.Patch{}) {
		return badUsage("要给 --category、--level、--views 或 --expires", "give --category, --level, --views or --expires")
	}
	return q.patch(c, h, p)
}

type wordsRemoveCmd struct{ chosen }

func (wordsRemoveCmd) Shape() any          { return versionLine{} }
func (wordsRemoveCmd) Examples() []example { return nil }

// Do removes words.
func (q *wordsRemoveCmd) Do(c *call, h *House) error {
	return q.patch(c, h, wordlist.Patch{Remove: true})
}

type wordsReleaseCmd struct{ chosen }

func (wordsReleaseCmd) Shape() any          { return versionLine{} }
func (wordsReleaseCmd) Examples() []example { return nil }

// Do lets words out of quarantine or suspension.
func (q *wordsReleaseCmd) Do(c *call, h *House) error {
	return q.patch(c, h, wordlist.Patch{Release: true})
}

type wordsSuspendCmd struct{ chosen }

func (wordsSuspendCmd) Shape() any          { return versionLine{} }
func (wordsSuspendCmd) Examples() []example { return nil }

// Do takes words out of use.
func (q *wordsSuspendCmd) Do(c *call, h *House) error {
	return q.patch(c, h, wordlist.Patch{Suspend: true})
}

// readWordFile reads a file of words; - is stdin.
func (c *call) readWordFile(arg string) ([]byte, error) {
	in := c.in
	if arg != "-" {
		f, err := os.Open(c.path(arg))
		if err != nil {
			return nil, err
		}
		defer f.Close()
		in = f
	}
	return io.ReadAll(io.LimitReader(in, wordlist.MaxFile+1))
}

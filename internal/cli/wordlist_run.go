package cli

import (
	"io"
	"strconv"
	"strings"

	"qunluo/internal/community"
	"qunluo/internal/wordlist"
)

// numberOf reads "#12".
func numberOf(text string) (int64, bool) {
	rest, ok := strings.CutPrefix(text, "#")
	n, err := strconv.ParseInt(rest, 10, 64)
	return n, ok && err == nil && n > 0
}

// workLine is work on a list as verbs print it.
type workLine struct {
	ID     string `json:"id" col:"编号|id"`
	Kind   string `json:"kind" col:"什么|what"`
	State  string `json:"state" col:"状态|state"`
	Done   int64  `json:"done" col:"完成|done"`
	Of     int64  `json:"of" col:"共|of"`
	File   string `json:"file" col:"文件|file"`
	At     Moment `json:"at" col:"时间|time"`
	User   string `json:"user" col:"谁|who"`
	Error  string `json:"error" col:"错误|error"`
	Report any    `json:"report"`

	Kept     string `json:"-" col:"收下/隔离/拒绝|kept/quarantined/rejected"`
	Messages string `json:"-" col:"历史消息命中 检查前→检查后|past messages hit, before→after"`
}

func lineOfRun(r wordlist.Run) workLine {
	l := workLine{ID: r.ID.String(), Kind: r.Kind, State: r.State, Done: r.Done, Of: r.Of, File: r.File, At: Moment(r.At), User: r.User, Error: r.Error}
	if p := r.Report; r.Kind == wordlist.RunImport && p.Rows > 0 {
		l.Report = p
		l.Kept = strconv.Itoa(p.Kept) + " / " + strconv.Itoa(p.Quarantined) + " / " + strconv.Itoa(p.Rejected)
		l.Messages = strconv.Itoa(p.Before) + " → " + strconv.Itoa(p.After) + " / " + strconv.Itoa(p.Messages)
	}
	return l
}

type wordsImportCmd struct {
	List string `arg:"" help:"词库的编号或名称|the list's id or name"`
	File string `arg:"" help:"文件，- 为标准输入|file, - for stdin"`
	Note string `placeholder:"TEXT" help:"原因|why"`
	Take bool   `help:"检查完就收下；被隔离的词不会生效|take it in when it is linted; what is in quarantine is not used"`
}

// Feeds says that stdin may be the file.
func (q *wordsImportCmd) Feeds() bool { return q.File == "-" }

func (wordsImportCmd) Shape() any { return workLine{} }
func (wordsImportCmd) Examples() []example {
	return []example{{"words import 网上找的 敏感词.xlsx", [2]string{"检查，还不收下；再 words preview、words take", "lint it without taking it in; then words preview, words take"}}}
}

// Do lints a file, and takes it in with --take.
func (q *wordsImportCmd) Do(c *call, h *House) error {
	raw, err := c.readWordFile(q.File)
	if err != nil {
		return err
	}
	return c.onList(h, q.List, func(w Wordlists, l wordlist.List) error {
		run, err := w.Import(c.ctx, user, l.ID, q.File, raw, q.Note, c.working("lint"))
		if err == nil && q.Take && run.State == wordlist.RunReady {
			if _, err = w.Take(c.ctx, user, l.ID, run.ID, q.Note); err == nil {
				run, err = w.Run(c.ctx, l.ID, run.ID)
			}
		}
		if err != nil {
			return err
		}
		return printOne(c, lineOfRun(run))
	})
}

type wordsImportsCmd struct {
	List string `arg:"" help:"词库的编号或名称|the list's id or name"`
	paging
}

func (wordsImportsCmd) Shape() any          { return rowsOf[workLine]() }
func (wordsImportsCmd) Examples() []example { return nil }

// Do lists imports and publications.
func (q *wordsImportsCmd) Do(c *call, h *House) error {
	return c.onList(h, q.List, func(w Wordlists, l wordlist.List) error {
		list, total, err := w.Runs(c.ctx, l.ID, q.page())
		if err != nil {
			return err
		}
		return printList(c, mapped(list, lineOfRun), total)
	})
}

// oneRun names a run of a list.
type oneRun struct {
	List string `arg:"" help:"词库的编号或名称|the list's id or name"`
	Run  string `arg:"" help:"导入的编号，见 words imports|the import's id, see words imports"`
}

func (q oneRun) on(c *call, h *House, do func(w Wordlists, l wordlist.List, run community.ID) error) error {
	id, err := idOf(q.Run)
	if err != nil {
		return err
	}
	return c.onList(h, q.List, func(w Wordlists, l wordlist.List) error { return do(w, l, id) })
}

type wordsPreviewCmd struct {
	oneRun
	Verdict string `enum:",keep,quarantine,reject" default:"" placeholder:"VERDICT" help:"keep 收下，quarantine 隔离，reject 拒绝|keep, quarantine or reject"`
	Code    string `placeholder:"CODE" help:"只看一种原因|one reason only"`
	paging
}

func (wordsPreviewCmd) Shape() any          { return rowsOf[lintLine]() }
func (wordsPreviewCmd) Examples() []example { return nil }

// Do lists linted rows.
func (q *wordsPreviewCmd) Do(c *call, h *House) error {
	return q.on(c, h, func(w Wordlists, l wordlist.List, run community.ID) error {
		rows, total, err := w.Preview(c.ctx, l.ID, run, wordlist.Verdict(q.Verdict), q.Code, q.page())
		if err != nil {
			return err
		}
		return printList(c, mapped(rows, c.lineOfLint), total)
	})
}

type wordsTakeCmd struct {
	oneRun
	Reason string `placeholder:"TEXT" help:"原因|why"`
}

func (wordsTakeCmd) Shape() any          { return versionLine{} }
func (wordsTakeCmd) Examples() []example { return nil }

// Do takes a linted import in.
func (q *wordsTakeCmd) Do(c *call, h *House) error {
	return q.on(c, h, func(w Wordlists, l wordlist.List, run community.ID) error {
		v, err := w.Take(c.ctx, user, l.ID, run, q.Reason)
		if err != nil {
			return err
		}
		return printOne(c, lineOfVersion(v))
	})
}

type wordsDiscardCmd struct{ oneRun }

func (wordsDiscardCmd) Shape() any          { return workLine{} }
func (wordsDiscardCmd) Examples() []example { return nil }

// Do throws an import away.
func (q *wordsDiscardCmd) Do(c *call, h *House) error {
	return q.on(c, h, func(w Wordlists, l wordlist.List, run community.ID) error {
		err := w.Discard(c.ctx, user, l.ID, run)
		if err != nil {
			return err
		}
		r, err := w.Run(c.ctx, l.ID, run)
		if err != nil {
			return err
		}
		return printOne(c, lineOfRun(r))
	})
}

type wordsExportCmd struct {
	List    string `arg:"" help:"词库的编号或名称|the list's id or name"`
	Out     string `short:"o" placeholder:"FILE" help:"写到文件，默认标准输出；不覆盖已有文件|write to a file, by default stdout; never over an existing one"`
	Format  string `enum:"txt,csv,xlsx" default:"csv" help:"txt（只有词）、csv 或 xlsx|txt (words alone), csv or xlsx"`
	Version int    `placeholder:"N" help:"某个版本，默认最新|a version, by default the newest"`
}

func (wordsExportCmd) Shape() any { return "TXT, CSV, XLSX" }
func (wordsExportCmd) Examples() []example {
	return []example{{"words export 本群广告 -o 广告.xlsx --format xlsx", [2]string{"可以再导入", "can be imported again"}}}
}

// Do writes a list as a file.
func (q *wordsExportCmd) Do(c *call, h *House) error {
	if q.Version < 0 {
		return badUsage("--version 不能为负", "--version cannot be negative")
	}
	return c.onList(h, q.List, func(w Wordlists, l wordlist.List) error {
		_, words, err := w.Export(c.ctx, l.ID, q.Version)
		if err != nil {
			return err
		}
		head := wordlist.Head(int(c.lang))
		write := func(out io.Writer) (int64, error) { return int64(l.Active), w.Write(out, q.Format, head, words) }
		if q.Out == "" {
			_, err = write(c.out)
			return err
		}
		_, err = toFile(c.path(q.Out), write)
		return err
	})
}

type wordsVersionsCmd struct {
	List string `arg:"" help:"词库的编号或名称|the list's id or name"`
	paging
}

func (wordsVersionsCmd) Shape() any          { return rowsOf[versionLine]() }
func (wordsVersionsCmd) Examples() []example { return nil }

// Do lists versions.
func (q *wordsVersionsCmd) Do(c *call, h *House) error {
	return c.onList(h, q.List, func(w Wordlists, l wordlist.List) error {
		list, total, err := w.Versions(c.ctx, l.ID, q.page())
		if err != nil {
			return err
		}
		return printList(c, mapped(list, lineOfVersion), total)
	})
}

// wordChangeLine is one word's difference.
type wordChangeLine struct {
	Word   string    `json:"word" col:"词语|word"`
	Did    string    `json:"did" col:"变化|change"`
	Before *wordLine `json:"before"`
	After  *wordLine `json:"after"`
}

type wordsDiffCmd struct {
	List string `arg:"" help:"词库的编号或名称|the list's id or name"`
	From int    `arg:"" help:"旧版本|the older version"`
	To   int    `arg:"" help:"新版本|the newer version"`
	paging
}

func (wordsDiffCmd) Shape() any          { return rowsOf[wordChangeLine]() }
func (wordsDiffCmd) Examples() []example { return nil }

// Do lists what differs.
func (q *wordsDiffCmd) Do(c *call, h *House) error {
	return c.onList(h, q.List, func(w Wordlists, l wordlist.List) error {
		list, total, err := w.Changes(c.ctx, l.ID, q.From, q.To, q.page())
		if err != nil {
			return err
		}
		return printList(c, mapped(list, func(ch wordlist.Change) wordChangeLine {
			out := wordChangeLine{Did: "changed"}
			if ch.After == nil {
				out.Did = "removed"
			} else {
				after := c.lineOfWord(*ch.After)
				out.After, out.Word = &after, after.Text
			}
			if ch.Before == nil {
				out.Did = "added"
			} else {
				before := c.lineOfWord(*ch.Before)
				out.Before, out.Word = &before, before.Text
			}
			return out
		}), total)
	})
}

type wordsRollbackCmd struct {
	List   string `arg:"" help:"词库的编号或名称|the list's id or name"`
	To     int    `arg:"" help:"回到哪个版本；0 为清空|the version to go back to; 0 empties it"`
	Reason string `placeholder:"TEXT" help:"原因|why"`
}

func (wordsRollbackCmd) Shape() any          { return versionLine{} }
func (wordsRollbackCmd) Examples() []example { return nil }

// Do goes back to an older version.
func (q *wordsRollbackCmd) Do(c *call, h *House) error {
	return c.onList(h, q.List, func(w Wordlists, l wordlist.List) error {
		v, err := w.Rollback(c.ctx, user, l.ID, q.To, q.Reason)
		if err != nil {
			return err
		}
		return printOne(c, lineOfVersion(v))
	})
}

// useLine is a group that uses a list.
type useLine struct {
	Group   string `json:"group" col:"群编号|group id"`
	Name    string `json:"name" col:"群|group"`
	Version int    `json:"version" col:"词库版本|version"`
	Mode    string `json:"mode" col:"方式|mode"`
	Since   Moment `json:"since" col:"自|since"`
	By      string `json:"by" col:"谁|who"`
	Fault   string `json:"fault" col:"没换成的原因|why not brought"`
}

type wordsGroupsCmd struct {
	List string `arg:"" help:"词库的编号或名称|the list's id or name"`
	paging
}

func (wordsGroupsCmd) Shape() any          { return rowsOf[useLine]() }
func (wordsGroupsCmd) Examples() []example { return nil }

// Do lists the groups that use a list.
func (q *wordsGroupsCmd) Do(c *call, h *House) error {
	return c.onList(h, q.List, func(w Wordlists, l wordlist.List) error {
		list, total, err := w.Users(c.ctx, l.ID, q.page())
		if err != nil {
			return err
		}
		return printList(c, mapped(list, func(u wordlist.Use) useLine {
			return useLine{u.Group.ID.String(), u.Group.Name, u.Version, u.Mode, Moment(u.At), u.By, u.Fault}
		}), total)
	})
}

type wordsUseCmd struct {
	List   string   `arg:"" help:"词库的编号或名称|the list's id or name"`
	Groups []string `arg:"" help:"群|groups"`
	Mode   string   `required:"" enum:"live,dry,off" help:"live 启用，dry 试运行，off 停用|live, dry or off"`
	Reason string   `placeholder:"TEXT" help:"原因|why"`
}

func (wordsUseCmd) Shape() any { return workLine{} }
func (wordsUseCmd) Examples() []example {
	return []example{{"words use 诈骗 产品交流群 --mode dry", [2]string{"先试运行：只记录不处理", "a dry run first: recorded, nothing is done"}}}
}

// Do switches a list in groups.
func (q *wordsUseCmd) Do(c *call, h *House) error {
	return c.onList(h, q.List, func(w Wordlists, l wordlist.List) error {
		desk, err := c.desk(h)
		if err != nil {
			return err
		}
		groups, err := c.groupKeys(desk, q.Groups)
		if err != nil {
			return err
		}
		run, err := w.Use(c.ctx, user, l.ID, groups, q.Mode, q.Reason, c.working("publish"))
		if err != nil {
			return err
		}
		return printOne(c, lineOfRun(run))
	})
}

type wordsPublishCmd struct {
	List   string `arg:"" help:"词库的编号或名称|the list's id or name"`
	Reason string `placeholder:"TEXT" help:"原因|why"`
}

func (wordsPublishCmd) Shape() any          { return workLine{} }
func (wordsPublishCmd) Examples() []example { return nil }

// Do brings the groups that use a list to its newest version.
func (q *wordsPublishCmd) Do(c *call, h *House) error {
	return c.onList(h, q.List, func(w Wordlists, l wordlist.List) error {
		run, err := w.Publish(c.ctx, user, l.ID, q.Reason, c.working("publish"))
		if err != nil {
			return err
		}
		return printOne(c, lineOfRun(run))
	})
}

// scoreLine is how a word proved itself.
type scoreLine struct {
	Number int64   `json:"number" col:"号|no."`
	Text   string  `json:"word" col:"词语|word"`
	Hits   int     `json:"hits" col:"命中|hits"`
	Judged int     `json:"judged" col:"判过|judged"`
	Wrong  int     `json:"wrong" col:"判错|wrong"`
	Share  float64 `json:"precision"`
	High   float64 `json:"precision_at_best" col:"准确率上限|precision at best"`
	Last   Moment  `json:"last_at" col:"最近|last"`
}

type wordsScoresCmd struct {
	List string `arg:"" help:"词库的编号或名称|the list's id or name"`
	paging
}

func (wordsScoresCmd) Shape() any          { return rowsOf[scoreLine]() }
func (wordsScoresCmd) Examples() []example { return nil }

// Do lists how words proved themselves.
func (q *wordsScoresCmd) Do(c *call, h *House) error {
	return c.onList(h, q.List, func(w Wordlists, l wordlist.List) error {
		list, total, err := w.Scores(c.ctx, l.ID, q.page())
		if err != nil {
			return err
		}
		return printList(c, mapped(list, func(s wordlist.Score) scoreLine {
			share, _, high := s.Precision()
			return scoreLine{s.Word, s.Text, s.Hits, s.Judged, s.Wrong, share, high, Moment(s.Last)}
		}), total)
	})
}

package cli

import (
	"errors"
	"io"
	"os"
	"path/filepath"
	"strings"
	"time"

	"qunluo/internal/community"
)

// Groups that people bring by hand (人工通道).

type groupAddCmd struct {
	Name   string `arg:"" help:"群名称，和微信里一致|the group's name, as WeChat shows it"`
	Keeper string `placeholder:"LOGIN" help:"负责人的登录名：有待办先通知谁|login of who looks after it and is told first"`
	Most   int64  `placeholder:"N" help:"人数上限，默认 500|size limit, by default 500"`
	Zone   string `placeholder:"ZONE" help:"时区，默认 Asia/Shanghai|zone, by default Asia/Shanghai"`
	Reason string `placeholder:"TEXT" help:"原因|why"`
}

func (groupAddCmd) Shape() any { return groupLine{} }
func (groupAddCmd) Examples() []example {
	return []example{{"group add 宝妈一群 --keeper xiaoman --most 400", [2]string{"普通微信群，聊天和名单由人粘贴", "a plain WeChat group whose talk and members people paste"}},
		{"group roster 宝妈一群 名单.txt --dry-run", [2]string{"然后粘贴一次名单", "then its members once"}}}
}

// Do makes a group that no connection brings.
func (q *groupAddCmd) Do(c *call, h *House) error {
	desk, hands, err := c.both(h)
	if err != nil {
		return err
	}
	g := community.Group{Name: q.Name, Zone: q.Zone}
	if q.Keeper != "" {
		u, err := c.userCalled(h, q.Keeper)
		if err != nil {
			return err
		}
		g.Keeper = u.ID.String()
	}
	if g, err = hands.AddGroup(c.ctx, user, g, q.Most, q.Reason); err != nil {
		return err
	}
	row, err := c.group(desk, g.ID.String())
	if err != nil {
		return err
	}
	return printOne(c, lineOfGroup(row))
}

// pasting is what both ways of bringing text have in common.
type pasting struct {
	Group  string            `arg:"" help:"群的编号或名称|the group's id or name"`
	File   string            `arg:"" optional:"" default:"-" help:"文件；默认读标准输入|a file; by default stdin"`
	At     string            `placeholder:"TIME" help:"什么时候复制的，默认现在|when it was copied, by default now"`
	DryRun bool              `help:"只看有什么不同，不保存|only show the difference"`
	Same   map[string]string `placeholder:"NEW=OLD" mapsep:"none" help:"改了名字的人（可重复）|somebody who took another name (repeatable)"`
}

// Feeds reports whether stdin is read.
func (q pasting) Feeds() bool { return q.File == "-" }

// maxPasted bounds a text, in bytes.
const maxPasted = 8 << 20

// bring reads the text and takes it in as the console's page does.
func (q pasting) bring(c *call, h *House, kind string) error {
	files, err := need(h.Files)
	if err != nil {
		return err
	}
	desk, err := c.desk(h)
	if err != nil {
		return err
	}
	g, err := c.group(desk, q.Group)
	if err != nil {
		return err
	}
	text, err := q.read(c)
	if err != nil {
		return err
	}
	at, err := c.when(q.At)
	if err != nil {
		return err
	}
	if at == 0 {
		at = time.Now().UnixMilli()
	}
	dir, err := os.MkdirTemp("", "qunluo-paste")
	if err != nil {
		return err
	}
	defer os.RemoveAll(dir)
	path := filepath.Join(dir, kind+".txt")
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		return err
	}
	org, err := c.orgOf(h)
	if err != nil {
		return err
	}
	order := ImportOrder{Org: org, User: user, Paths: []string{path}, Format: formatOf(kind, text), Zone: g.Zone, Group: g.ID.String(), At: at, Dry: q.DryRun,
		Live: len(g.Accounts) == 0, Renamed: q.Same, Show: 50}
	done, err := files.Import(c.ctx, order, c.progress)
	if err != nil {
		return refusedImport(err, files.Formats())
	}
	if err := c.printImport(done); err != nil {
		return err
	}
	if done.Added+done.Same+done.Near == 0 {
		return failed(nil, "没有读懂任何一行：聊天要有“名字 时间”这样的行，名单要一行一个名字", "not one line was understood: talk needs lines like “name time”, members a name a line")
	}
	return nil
}

func (q pasting) read(c *call) (string, error) {
	in := c.in
	if q.File != "-" {
		f, err := os.Open(c.path(q.File))
		if err != nil {
			return "", badUsage("读不到 %[1]s：%[2]v", "%[1]s cannot be read: %[2]v", q.File, errors.Unwrap(err))
		}
		defer f.Close()
		in = f
	}
	b, err := io.ReadAll(io.LimitReader(in, maxPasted+1))
	switch {
	case err != nil:
		return "", err
	case len(b) > maxPasted:
		return "", badUsage("超过 %d MB，请用 import 导入文件", "over %d MB; import it as a file", maxPasted>>20)
	case strings.TrimSpace(strings.TrimPrefix(string(b), "\uFEFF")) == "":
		return "", badUsage("没有内容", "there is nothing in it")
	}
	return strings.ToValidUTF8(string(b), "\uFFFD"), nil
}

// formatOf is the importer's format of a pasted text.
func formatOf(kind, text string) string {
	first, _, _ := strings.Cut(strings.TrimSpace(strings.TrimPrefix(text, "\uFEFF")), "\n")
	switch {
	case kind == "talk":
		return "wechat-paste"
	case strings.ContainsAny(first, ",\t"):
		return "roster-csv"
	}
	return "roster-names"
}

type groupPasteCmd struct{ pasting }

func (groupPasteCmd) Shape() any { return ImportDone{} }
func (groupPasteCmd) Examples() []example {
	return []example{{"group paste 宝妈一群 聊天.txt --dry-run --json", [2]string{"先看有什么不同", "the difference first"}},
		{"group paste 宝妈一群 聊天.txt", [2]string{"保存；24 小时内的新消息按群规判断", "take it in; what is younger than 24 hours is judged by the rules"}}}
}

// Do takes copied talk in.
func (q *groupPasteCmd) Do(c *call, h *House) error { return q.bring(c, h, "talk") }

type groupRosterCmd struct{ pasting }

func (groupRosterCmd) Shape() any { return ImportDone{} }
func (groupRosterCmd) Examples() []example {
	return []example{{"group roster 宝妈一群 名单.txt --dry-run --json", [2]string{"先看谁进群、退群、改名", "who came, went or took another name"}},
		{"group roster 宝妈一群 名单.txt --same 正经人=发票王", [2]string{"保存；这两个名字是一个人", "take it in; those two names are one person"}}}
}

// Do takes a copied list of members in; tasks for removals that it shows as done close.
func (q *groupRosterCmd) Do(c *call, h *House) error { return q.bring(c, h, "roster") }

package cli

import (
	"strings"

	"qunluo/internal/community"
)

type importCmd struct {
	Run  importRunCmd  `cmd:"" default:"withargs" help:"读取文件或文件夹|read files or folders"`
	List importListCmd `cmd:"" help:"以往的导入|earlier imports"`
	Undo importUndoCmd `cmd:"" help:"撤销一次导入|take an import back"`
}

type importRunCmd struct {
	Paths  []string `arg:"" help:"文件或文件夹|files or folders"`
	Format string   `placeholder:"FORMAT" help:"格式，默认自动识别|format, by default found by looking"`
	Zone   string   `placeholder:"ZONE" help:"文件里没有时区时按哪个，默认 Asia/Shanghai|zone of times that have none, by default Asia/Shanghai"`
	Group  string   `placeholder:"GROUP" help:"导入到这个已有的群，默认按文件所写|into this group that is there already, by default as the files say"`
	DryRun bool     `help:"只读不写，说出会怎样|read and report, write nothing"`
}

func (importRunCmd) Shape() any { return ImportDone{} }
func (importRunCmd) Examples() []example {
	return []example{
		{"import --dry-run chats/", [2]string{"先看会读到什么、拒绝什么", "first see what would be read and what refused"}},
		{"import logs.tar.gz --group '#ubuntu-cn' --zone UTC", [2]string{"IRC 日志", "IRC logs"}},
	}
}

// Do imports chat histories. Importing again changes nothing.
func (q *importRunCmd) Do(c *call, h *House) error {
	files, err := need(h.Files)
	if err != nil {
		return err
	}
	org, err := c.orgOf(h)
	if err != nil {
		return err
	}
	g, err := c.group(h.Desk(org), q.Group)
	if err != nil {
		return err
	}
	done, err := files.Import(c.ctx, ImportOrder{Org: org, User: user, Paths: mapped(q.Paths, c.path), Format: q.Format, Zone: q.Zone, Group: g.Key, Dry: q.DryRun}, c.progress)
	if err != nil {
		if community.CodeOf(err) == community.CodeBadInput && q.Format == "" {
			return failed(err, "%[1]v。可读的格式：%[2]s", "%[1]v. Formats that can be read: %[2]s", err, strings.Join(files.Formats(), ", "))
		}
		return err
	}
	if c.json {
		return c.printJSON(done)
	}
	if err := printOne(c, done); err != nil {
		return err
	}
	if done.NeedZone {
		c.say("文件里的时间没有时区，已按 Asia/Shanghai 理解；若不对，请 import undo 后用 --zone 重新导入（可先 --dry-run）。",
			"the files' times have no zone and were taken as Asia/Shanghai; if that is wrong, import undo and again with --zone (--dry-run first).")
	}
	return printPart(c, done.Bad)
}

type importListCmd struct{ paging }

// runLine is an earlier import.
type runLine struct {
	ID       string `json:"id" col:"编号|run"`
	Name     string `json:"name" col:"文件|file"`
	Format   string `json:"format" col:"格式|format"`
	State    string `json:"state" col:"状态|state"`
	Created  Moment `json:"created_at" col:"开始|began"`
	Finished Moment `json:"finished_at" col:"结束|ended"`
	User     string `json:"user" col:"谁|who"`
}

func (importListCmd) Shape() any          { return rowsOf[runLine]() }
func (importListCmd) Examples() []example { return nil }

// Do lists earlier imports, newest first.
func (q *importListCmd) Do(c *call, h *House) error {
	desk, err := c.desk(h)
	if err != nil {
		return err
	}
	rows, total, err := desk.FindImports(c.ctx, q.page())
	if err != nil {
		return err
	}
	return printList(c, mapped(rows, func(r community.ImportRow) runLine {
		return runLine{r.ID.String(), r.Name, r.Format, r.State, Moment(r.Created), Moment(r.Finished), r.User}
	}), total)
}

type importUndoCmd struct {
	Run    string `arg:"" help:"导入的编号|id of the import"`
	Reason string `placeholder:"TEXT" help:"原因|why"`
}

// undone is the import that was taken back.
type undone struct {
	Run    string `json:"run" col:"编号|run"`
	Undone bool   `json:"undone" col:"已撤销|undone"`
}

// Effect is what undoing means.
func (q *importUndoCmd) Effect() [2]string {
	return [2]string{"将撤销导入 " + q.Run + "，它的消息不再出现，正文 7 天后删除", "this takes import " + q.Run + " back: its messages vanish, their bodies are wiped after 7 days"}
}

func (importUndoCmd) Shape() any          { return undone{} }
func (importUndoCmd) Examples() []example { return nil }

// Do takes an import back.
func (q *importUndoCmd) Do(c *call, h *House) error {
	id, err := idOf(q.Run)
	if err != nil {
		return err
	}
	files, err := need(h.Files)
	if err != nil {
		return err
	}
	org, err := c.orgOf(h)
	if err != nil {
		return err
	}
	if err := files.Undo(c.ctx, user, org, id, q.Reason); err != nil {
		return err
	}
	return printOne(c, undone{q.Run, true})
}

package cli

import (
	"errors"
	"fmt"
	"io"
	"net/url"
	"os"
	"path/filepath"
	"runtime"

	"qunluo/internal/community"
)

type exportCmd struct {
	Group  string `arg:"" help:"群|group"`
	Out    string `short:"o" placeholder:"FILE" help:"写到文件，默认标准输出；不覆盖已有文件|write to a file, by default stdout; never over an existing one"`
	Format string `enum:"chatlab,chatlab-jsonl" default:"chatlab-jsonl" help:"chatlab 或 chatlab-jsonl|chatlab or chatlab-jsonl"`
	From   string `placeholder:"TIME" help:"从（含）|from (included)"`
	To     string `placeholder:"TIME" help:"到（不含）|to (not included)"`
	Bulk   string `placeholder:"ID" help:"人多时要第二个人确认：确认后的编号|many people need a second person: the number under which it was confirmed"`
	named
}

func (exportCmd) Shape() any { return "ChatLab v0.0.2 (JSON / JSONL)" }
func (exportCmd) Examples() []example {
	return []example{{"export 产品交流群 -o 2024.jsonl --from 2024-01-01 --to 2025-01-01", [2]string{"一年的记录，可以再导入", "a year, in a form that can be imported again"}}}
}

// Do writes a group's record.
func (q *exportCmd) Do(c *call, h *House) error {
	files, err := need(h.Files)
	if err != nil {
		return err
	}
	org, err := c.orgOf(h)
	if err != nil {
		return err
	}
	_, g, _, err := c.place(h, q.Group, "")
	if err != nil {
		return err
	}
	from, to, err := c.span(q.From, q.To)
	if err != nil {
		return err
	}
	if err := q.guard(c, h, g); err != nil {
		return err
	}
	o := ExportOrder{Org: org, Group: g.Key, Format: q.Format, From: from, To: to}
	write := func(w io.Writer) (int64, error) {
		return files.Export(c.ctx, o, w, func(done, of int64) { c.progress("export", done, of) })
	}
	var n int64
	if q.Out == "" {
		n, err = write(c.out)
	} else {
		n, err = toFile(c.path(q.Out), write)
	}
	if err != nil {
		return err
	}
	c.say("已导出 %s 条记录", "exported %s events", grouped(n))
	return nil
}

// guard asks before the record of people leaves the house: everybody counts who is or was in the group.
func (q *exportCmd) guard(c *call, h *House, g community.GroupRow) error {
	who, err := q.who(c, h)
	if err != nil {
		return err
	}
	desk, err := c.desk(h)
	if err != nil {
		return err
	}
	_, people, err := desk.FindMembers(c.ctx, community.MemberFilter{Group: g.Key, Page: community.Page{Limit: 1}})
	if err != nil {
		return err
	}
	bulks, err := inOrg(c, h, h.Bulks)
	if err != nil {
		return err
	}
	v := url.Values{"group": {g.ID.String()}, "format": {q.Format}, "from": {q.From}, "to": {q.To}}
	return bulks.Export(c.ctx, who, "export?"+v.Encode(), people, q.Bulk)
}

// toFile writes a new file: whole or not at all.
func toFile(path string, write func(io.Writer) (int64, error)) (n int64, err error) {
	if _, err := os.Lstat(path); err == nil {
		return 0, failed(nil, "%s 已存在", "%s is already there", path)
	}
	part := path + ".part"
	f, err := os.OpenFile(part, os.O_WRONLY|os.O_CREATE|os.O_TRUNC, 0o600)
	if err != nil {
		return 0, err
	}
	defer func() {
		if err != nil {
			err = errors.Join(err, os.Remove(part))
		}
	}()
	n, err = write(f)
	if err := errors.Join(err, f.Sync(), f.Close()); err != nil {
		return n, fmt.Errorf("write %s: %w", path, err)
	}
	if err := os.Rename(part, path); err != nil {
		return n, err
	}
	return n, syncFolder(filepath.Dir(path))
}

// syncFolder makes a rename survive a power cut.
func syncFolder(dir string) error {
	d, err := os.Open(dir)
	if err != nil {
		return err
	}
	err = d.Sync()
	if runtime.GOOS == "windows" {
		err = nil // folders cannot be synced there
	}
	return errors.Join(err, d.Close())
}

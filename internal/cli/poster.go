package cli

import (
	"context"
	"encoding/json"
	"errors"
	"io"
	"os"
	"strings"

	"qunluo/internal/community"
	"qunluo/internal/poster"
)

// Posters is what the command line asks and changes of posters.
type Posters interface {
	List(ctx context.Context, lang string) ([]poster.Kept, error)
	Get(ctx context.Context, ref string) (poster.Kept, error)
	Versions(ctx context.Context, name string) ([]poster.Kept, error)
	Save(ctx context.Context, user, name string, base int, l poster.Layout, reason string) (poster.Kept, error)
	Restore(ctx context.Context, user, name string, version int, reason string) (poster.Kept, error)
	Drop(ctx context.Context, user, name, reason string) error
	Draw(ctx context.Context, l poster.Layout, values map[string]string, wide int) ([]byte, []poster.Warned, error)
	Animate(ctx context.Context, l poster.Layout, m poster.Motion, values map[string]string) ([]byte, []poster.Warned, error)
	ForCode(ctx context.Context, code community.ID) (poster.ForCode, error)
	SetForCode(ctx context.Context, user string, code community.ID, ref string, filled map[string]string, reason string) error
	LinkFor(ctx context.Context, code, member community.ID) (string, error)
	Batch(ctx context.Context, user string, o poster.Order, reason string) (poster.Batch, error)
	Batches(ctx context.Context) ([]poster.Batch, error)
	BatchFile(ctx context.Context, id community.ID) (io.ReadCloser, int64, error)
	// Finish draws a batch now.
	Finish(ctx context.Context, id community.ID, progress func(done, of int64)) (poster.Batch, error)
}

type posterCmd struct {
	List    posterListCmd    `cmd:"" help:"有哪些海报|list posters"`
	Show    posterShowCmd    `cmd:"" help:"看一张海报的版式、字段和版本|layout, fields and versions of a poster"`
	Render  posterRenderCmd  `cmd:"" help:"画一张，存成文件|draw one into a file"`
	Save    posterSaveCmd    `cmd:"" help:"把版式文件存成新版本|keep a layout's file as the next version"`
	Restore posterRestoreCmd `cmd:"" help:"恢复旧版本|make an earlier version the newest"`
	Drop    posterDropCmd    `cmd:"" help:"删除自己的海报|delete an own poster"`
	Batch   posterBatchCmd   `cmd:"" help:"每人一张，打成 ZIP|one each, as a ZIP"`
	Batches posterBatchesCmd `cmd:"" help:"批量生成的进度|batches and how far they are"`
	Code    posterCodeCmd    `cmd:"" help:"活码发哪张海报|which poster a code hands out"`
	Link    posterLinkCmd    `cmd:"" help:"一个成员自己的海报地址|the address of a member's own poster"`
}

// posterLine is a poster as verbs print it.
type posterLine struct {
	Ref     string   `json:"ref" col:"编号|ref"`
	Title   string   `json:"title" col:"标题|title"`
	Canvas  string   `json:"canvas" col:"画布|canvas"`
	Own     bool     `json:"own"`
	Version int      `json:"version" col:"版本|version"`
	Fields  []string `json:"fields"`
	Note    string   `json:"note"`
	At      Moment   `json:"at" col:"时间|at"`
	Gone    bool     `json:"gone"`
}

func lineOfPoster(k poster.Kept) posterLine {
	return posterLine{k.Ref, k.Layout.Title, k.Layout.Canvas, k.Own, k.Version, append([]string{}, k.Layout.Fields()...), k.Note, Moment(k.At), k.Gone}
}

type posterListCmd struct{}

func (posterListCmd) Shape() any { return rowsOf[posterLine]() }
func (posterListCmd) Examples() []example {
	return []example{{"poster list --json", [2]string{"自己的和自带的海报", "own posters and those that come with Qunluo"}}}
}

// Do lists posters in the language of the call.
func (q *posterListCmd) Do(c *call, h *House) error {
	in, err := inOrg(c, h, h.Posters)
	if err != nil {
		return err
	}
	list, err := in.List(c.ctx, c.posterLang())
	if err != nil {
		return err
	}
	return printList(c, mapped(list, lineOfPoster), len(list))
}

// posterLang is the language of templates.
func (c *call) posterLang() string { return c.lang.pick([2]string{"zh-CN", "en"}) }

// posterNamed finds a poster, and the handle that knows it.
func (c *call) posterNamed(h *House, ref string) (in Posters, k poster.Kept, err error) {
	if in, err = inOrg(c, h, h.Posters); err == nil {
		k, err = in.Get(c.ctx, ref)
	}
	return in, k, err
}

// posterReport is a poster with its layout and, of an own one, its versions.
type posterReport struct {
	posterLine
	Layout   poster.Layout     `json:"layout"`
	Example  map[string]string `json:"example"`
	Versions []posterLine      `json:"versions"`
}

type posterShowCmd struct {
	Ref string `arg:"" help:"编号，如 referral、referral/en/square、own/名称、own/名称/2|ref, e.g. referral, referral/en/square, own/NAME, own/NAME/2"`
}

func (posterShowCmd) Shape() any { return posterReport{} }
func (posterShowCmd) Examples() []example {
	return []example{{"poster show referral --json", [2]string{"版式可以改了再 poster save", "the layout may be changed and kept with poster save"}}}
}

// Do shows one.
func (q *posterShowCmd) Do(c *call, h *House) error {
	in, k, err := c.posterNamed(h, q.Ref)
	if err != nil {
		return err
	}
	out := posterReport{posterLine: lineOfPoster(k), Layout: k.Layout, Example: k.Try, Versions: []posterLine{}}
	if k.Own {
		list, err := in.Versions(c.ctx, k.Name)
		if err != nil {
			return err
		}
		out.Versions = mapped(list, lineOfPoster)
	}
	return printOne(c, out)
}

// posterDrawn is a picture that was written, with what was done to texts that could not be drawn as they are.
type posterDrawn struct {
	Ref    string          `json:"ref" col:"编号|ref"`
	File   string          `json:"file" col:"文件|file"`
	Bytes  int             `json:"bytes" col:"字节|bytes"`
	Warned []poster.Warned `json:"warnings"`
}

type posterRenderCmd struct {
	Ref    string            `arg:"" help:"编号，见 poster list|ref, see poster list"`
	Out    string            `arg:"" help:"写到哪个文件（.png 或 .gif）|file to write (.png or .gif)"`
	Value  map[string]string `short:"v" placeholder:"FIELD=TEXT" mapsep:"none" help:"填一个字段（可重复）|fill in a field (repeatable)"`
	Wide   int               `default:"0" help:"PNG 的宽，默认 1080；GIF 默认 480|width of a PNG, by default 1080; of a GIF 480"`
	Frames int               `default:"0" help:"GIF 的帧数，默认 20|frames of a GIF, by default 20"`
}

func (posterRenderCmd) Shape() any { return posterDrawn{} }
func (posterRenderCmd) Examples() []example {
	return []example{{"poster render referral 海报.png -v name=小林 -v link=https://q.example/j/abc", [2]string{"画一张个人海报", "draw one person's poster"}}}
}

// Do draws one.
func (q *posterRenderCmd) Do(c *call, h *House) error {
	in, k, err := c.posterNamed(h, q.Ref)
	if err != nil {
		return err
	}
	if q.Wide != 0 && (q.Wide < 60 || q.Wide > poster.Wide) {
		return badUsage("--wide 应在 60 到 1080 之间", "--wide: want 60 to 1080")
	}
	var raw []byte
	var warned []poster.Warned
	if strings.HasSuffix(strings.ToLower(q.Out), ".gif") {
		raw, warned, err = in.Animate(c.ctx, k.Layout, poster.Motion{Wide: q.Wide, Frames: q.Frames}, q.Value)
	} else {
		raw, warned, err = in.Draw(c.ctx, k.Layout, q.Value, q.Wide)
	}
	if err != nil {
		return posterFault(err)
	}
	if err := os.WriteFile(c.path(q.Out), raw, 0o644); err != nil { //nolint:gosec // a picture for others
		return err
	}
	for _, w := range warned {
		c.say("注意：%s %s", "note: %s %s", w.What, w.Text)
	}
	return printOne(c, posterDrawn{k.Ref, q.Out, len(raw), append([]poster.Warned{}, warned...)})
}

// posterFault says what is wrong with a layout or table in both languages.
func posterFault(err error) error {
	var f *poster.Fault
	if errors.As(err, &f) {
		return usageError{f.Say()}
	}
	return err
}

type posterSaveCmd struct {
	Name   string `arg:"" help:"名称|name"`
	File   string `arg:"" help:"版式文件（JSON，见 poster show --json 的 layout）|layout file (JSON, see layout of poster show --json)"`
	Reason string `placeholder:"TEXT" help:"说明|note"`
}

func (posterSaveCmd) Shape() any          { return posterLine{} }
func (posterSaveCmd) Examples() []example { return nil }

// Do keeps the next version.
func (q *posterSaveCmd) Do(c *call, h *House) error {
	in, err := inOrg(c, h, h.Posters)
	if err != nil {
		return err
	}
	raw, err := readAtMost(c.path(q.File), poster.MaxLayout)
	if err != nil {
		return err
	}
	var report struct {
		Layout json.RawMessage `json:"layout"`
	}
	if json.Unmarshal(raw, &report) == nil && len(report.Layout) > 0 {
		raw = report.Layout // what poster show printed
	}
	l, err := poster.Decode(raw)
	if err != nil {
		return posterFault(err)
	}
	list, err := in.Versions(c.ctx, q.Name)
	if err != nil {
		return err
	}
	base := 0
	if len(list) > 0 {
		base = list[0].Version
	}
	k, err := in.Save(c.ctx, user, q.Name, base, l, q.Reason)
	if err != nil {
		return posterFault(err)
	}
	return printOne(c, lineOfPoster(k))
}

// readAtMost reads a file of at most so many bytes, or a little more so that it is seen to be too large.
func readAtMost(path string, most int64) ([]byte, error) {
	f, err := os.Open(path)
	if err != nil {
		return nil, community.Errorf(community.CodeNotFound, "file: %w", err)
	}
	defer f.Close()
	return io.ReadAll(io.LimitReader(f, 2*most))
}

type posterRestoreCmd struct {
	Name    string `arg:"" help:"名称|name"`
	Version int    `arg:"" help:"哪个版本|which version"`
	Reason  string `placeholder:"TEXT" help:"说明|note"`
}

func (posterRestoreCmd) Shape() any          { return posterLine{} }
func (posterRestoreCmd) Examples() []example { return nil }

// Do makes an earlier version the newest.
func (q *posterRestoreCmd) Do(c *call, h *House) error {
	in, err := inOrg(c, h, h.Posters)
	if err != nil {
		return err
	}
	k, err := in.Restore(c.ctx, user, q.Name, q.Version, q.Reason)
	if err != nil {
		return err
	}
	return printOne(c, lineOfPoster(k))
}

type posterDropCmd struct {
	Name   string `arg:"" help:"名称|name"`
	Reason string `placeholder:"TEXT" help:"原因|why"`
}

func (posterDropCmd) Shape() any          { return posterLine{} }
func (posterDropCmd) Examples() []example { return nil }

// Do deletes an own poster; its versions stay.
func (q *posterDropCmd) Do(c *call, h *House) error {
	in, err := inOrg(c, h, h.Posters)
	if err != nil {
		return err
	}
	if err := in.Drop(c.ctx, user, q.Name, q.Reason); err != nil {
		return err
	}
	list, err := in.Versions(c.ctx, q.Name)
	if err != nil || len(list) == 0 {
		return err
	}
	return printOne(c, lineOfPoster(list[0]))
}

// posterBatchLine is a batch as verbs print it. States: waits, done, failed, gone.
type posterBatchLine struct {
	ID       string   `json:"id" col:"编号|id"`
	Ref      string   `json:"ref" col:"海报|poster"`
	State    string   `json:"state" col:"状态|state"`
	Done     int      `json:"done" col:"已画|done"`
	Total    int      `json:"total" col:"共|of"`
	Bytes    int64    `json:"bytes" col:"字节|bytes"`
	Why      string   `json:"why"`
	Warnings []string `json:"warnings"`
	Created  Moment   `json:"created" col:"时间|at"`
}

func lineOfBatch(b poster.Batch) posterBatchLine {
	return posterBatchLine{b.ID.String(), b.Ref, b.State, b.Done, b.Total, b.Bytes, b.Why, append([]string{}, b.Warned...), Moment(b.Created)}
}

type posterBatchCmd struct {
	fresh  `kong:"-"`
	Ref    string            `arg:"" help:"编号，见 poster list|ref, see poster list"`
	Out    string            `arg:"" help:"写到哪个 ZIP|ZIP to write"`
	Table  string            `placeholder:"FILE" help:"CSV，第一行是字段名|CSV whose first line names the fields"`
	Group  string            `help:"给这个群的成员|for the members of this group"`
	Code   string            `help:"每人的二维码通往这个活码|where everybody's QR code leads"`
	Value  map[string]string `short:"v" placeholder:"FIELD=TEXT" mapsep:"none" help:"大家一样的字段（可重复）|fields that are the same for all (repeatable)"`
	Reason string            `placeholder:"TEXT" help:"说明|note"`
}

func (posterBatchCmd) Shape() any { return posterBatchLine{} }
func (posterBatchCmd) Examples() []example {
	return []example{
		{"poster batch card 会员卡.zip --table 名单.csv", [2]string{"表里每行一张", "one for each row of a table"}},
		{"poster batch referral 海报.zip --group '#books' --code 老带新", [2]string{"群里每人一张，带自己的码", "one for each member, with a code of their own"}},
	}
}

// Do draws posters for many and writes the ZIP.
func (q *posterBatchCmd) Do(c *call, h *House) error {
	in, err := inOrg(c, h, h.Posters)
	if err != nil {
		return err
	}
	o := poster.Order{Ref: q.Ref, Filled: q.Value}
	switch {
	case (q.Table == "") == (q.Group == ""):
		return badUsage("--table 和 --group 要给一个", "give either --table or --group")
	case q.Table != "":
		raw, err := readAtMost(c.path(q.Table), poster.MaxTable)
		if err != nil {
			return err
		}
		if o.People, err = poster.ReadTable(raw); err != nil {
			return posterFault(err)
		}
	default:
		desk, err := c.desk(h)
		if err != nil {
			return err
		}
		g, err := c.group(desk, q.Group)
		if err != nil {
			return err
		}
		o.Group = g.Key
	}
	if q.Code != "" {
		codes, _, err := c.codes(h)
		if err != nil {
			return err
		}
		code, err := c.code(codes, q.Code)
		if err != nil {
			return err
		}
		o.Code = code.ID
	}
	b, err := in.Batch(c.ctx, user, o, q.Reason)
	if err != nil {
		return err
	}
	if b, err = in.Finish(c.ctx, b.ID, func(done, of int64) { c.progress("posters", done, of) }); err != nil {
		return err
	}
	if b.State == "done" {
		err = c.copyBatch(in, b.ID, q.Out)
	}
	if err != nil {
		return err
	}
	return printOne(c, lineOfBatch(b))
}

func (c *call) copyBatch(in Posters, id community.ID, to string) (err error) {
	from, _, err := in.BatchFile(c.ctx, id)
	if err != nil {
		return err
	}
	defer from.Close()
	f, err := os.Create(c.path(to))
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, f.Close()) }()
	_, err = io.Copy(f, from)
	return err
}

type posterBatchesCmd struct{}

func (posterBatchesCmd) Shape() any          { return rowsOf[posterBatchLine]() }
func (posterBatchesCmd) Examples() []example { return nil }

// Do lists batches.
func (q *posterBatchesCmd) Do(c *call, h *House) error {
	in, err := inOrg(c, h, h.Posters)
	if err != nil {
		return err
	}
	list, err := in.Batches(c.ctx)
	if err != nil {
		return err
	}
	return printList(c, mapped(list, lineOfBatch), len(list))
}

// posterCodeLine is which poster a code hands out.
type posterCodeLine struct {
	Code   string            `json:"code" col:"活码|code"`
	Ref    string            `json:"ref" col:"海报|poster"` // "" = none
	Path   string            `json:"path" col:"领取地址|address"`
	Asked  int64             `json:"asked" col:"领取过|asked"`
	Filled map[string]string `json:"filled"`
	Shares []posterShareLine `json:"shares"` // at most 50, those scanned most first
}

type posterShareLine struct {
	Name  string `json:"name"`
	Path  string `json:"path"`
	Scans int64  `json:"scans"`
	At    Moment `json:"at"`
}

type posterCodeCmd struct {
	Code   string            `arg:"" help:"活码的编号、名称或标记|id, name or mark of the code"`
	Use    string            `placeholder:"REF" help:"改发这张|hand out this one"`
	Off    bool              `help:"不发海报了|hand out none"`
	Value  map[string]string `short:"v" placeholder:"FIELD=TEXT" mapsep:"none" help:"填一个字段（可重复）|fill in a field (repeatable)"`
	Reason string            `placeholder:"TEXT" help:"说明|note"`
}

func (posterCodeCmd) Shape() any { return posterCodeLine{} }
func (posterCodeCmd) Examples() []example {
	return []example{{"poster code 老带新 --use referral -v n1=300位书友", [2]string{"让活码发邀请海报", "let a code hand out the referral poster"}}}
}

// Do shows or sets the poster of a code.
func (q *posterCodeCmd) Do(c *call, h *House) error {
	in, err := inOrg(c, h, h.Posters)
	if err != nil {
		return err
	}
	codes, _, err := c.codes(h)
	if err != nil {
		return err
	}
	code, err := c.code(codes, q.Code)
	if err != nil {
		return err
	}
	if q.Use != "" || q.Off {
		if q.Use != "" && q.Off {
			return badUsage("--use 和 --off 只能给一个", "give either --use or --off")
		}
		if err := in.SetForCode(c.ctx, user, code.ID, q.Use, q.Value, q.Reason); err != nil {
			return err
		}
	}
	now, err := in.ForCode(c.ctx, code.ID)
	if err != nil {
		return err
	}
	out := posterCodeLine{Code: code.Name, Ref: now.Ref, Path: now.Path, Asked: now.Asked, Filled: now.Filled, Shares: []posterShareLine{}}
	if out.Filled == nil {
		out.Filled = map[string]string{}
	}
	for _, s := range now.Shares {
		out.Shares = append(out.Shares, posterShareLine{s.Name, s.Path, s.Scan, Moment(s.At)})
	}
	return printOne(c, out)
}

// posterLinkLine is where a member finds their own poster.
type posterLinkLine struct {
	Link string `json:"link" col:"地址|address"`
}

type posterLinkCmd struct {
	Code   string `arg:"" help:"活码的编号、名称或标记|id, name or mark of the code"`
	Member string `arg:"" help:"成员的编号|id of the member"`
}

func (posterLinkCmd) Shape() any          { return posterLinkLine{} }
func (posterLinkCmd) Examples() []example { return nil }

// Do gives the address of a member's own poster.
func (q *posterLinkCmd) Do(c *call, h *House) error {
	in, err := inOrg(c, h, h.Posters)
	if err != nil {
		return err
	}
	codes, _, err := c.codes(h)
	if err != nil {
		return err
	}
	code, err := c.code(codes, q.Code)
	if err != nil {
		return err
	}
	id, err := idOf(q.Member)
	if err != nil {
		return err
	}
	link, err := in.LinkFor(c.ctx, code.ID, id)
	if err != nil {
		return err
	}
	return printOne(c, posterLinkLine{link})
}

package cli

import (
	"context"
	"encoding/json"
	"errors"
	"io"
	"os"
	"slices"
	"strconv"
	"strings"

	"qunluo/internal/community"
	"qunluo/internal/founding"
)

// Foundings is what the command line asks and changes of templates and of groups that are begun with them.
type Foundings interface {
	Templates(ctx context.Context) ([]founding.Kept, error)
	// Template gives one; Version 0 = the newest. CodeNotFound.
	Template(ctx context.Context, u founding.Use) (founding.Kept, error)
	TemplateVersions(ctx context.Context, name string) ([]founding.Kept, error)
	Uses(ctx context.Context) ([]founding.Using, error)
	// GroupUses lists what a group was begun with over time, oldest first.
	GroupUses(ctx context.Context, g community.GroupKey) ([]founding.Record, error)
	List(ctx context.Context, by founding.Filter, page community.Page) ([]founding.Record, int, error)
	// Preview says what a template would change in a group; parts nil = all.
	Preview(ctx context.Context, g community.GroupKey, u founding.Use, parts []founding.Part) (founding.Preview, error)
	Apply(ctx context.Context, user string, o founding.Order) (founding.Record, error)
	Undo(ctx context.Context, user string, id community.ID, note string) (founding.Record, error)
	Export(ctx context.Context, u founding.Use) (raw []byte, name string, err error)
	Import(ctx context.Context, user string, raw []byte, note string) (founding.Kept, error)
	// SaveFrom makes an own template of what a group has.
	SaveFrom(ctx context.Context, user string, g community.GroupKey, head founding.Template, parts []founding.Part, note string) (founding.Kept, error)
}

type templateCmd struct {
	List   templateListCmd   `cmd:"" help:"有哪些模板，多少群在用哪一版|which templates there are, and how many groups use which version"`
	Show   templateShowCmd   `cmd:"" help:"一份模板：目标、计划、各版本、在用的群|a template: goal, plan, versions, the groups that use it"`
	Diff   templateDiffCmd   `cmd:"" help:"用到一个群上会改什么；什么都不改|what it would change in a group; changes nothing"`
	Apply  templateApplyCmd  `cmd:"" help:"用模板开一个群：选中的部分一次写好，可撤销|begin a group with it: the chosen parts in one go, to be undone"`
	Log    templateLogCmd    `cmd:"" help:"哪些群用过哪一版，撤销了没有|which groups were begun with which version, and what was undone"`
	Undo   templateUndoCmd   `cmd:"" help:"撤销一次应用，恢复原样|undo an application: as it was before"`
	Export templateExportCmd `cmd:"" help:"导出成文件|write it as a file"`
	Import templateImportCmd `cmd:"" help:"从文件导入成自己的模板|take a file as a template of your own"`
	Save   templateSaveCmd   `cmd:"" help:"把一个群存成自己的模板|keep a group as a template of your own"`
}

// templateUse names a template.
type templateUse struct {
	Name string `arg:"" help:"模板名，可带版本：service、service@1|template, with or without a version: service, service@1"`
	Own  bool   `help:"自己组织的模板|one of your own organisation"`
	Text string `enum:",zh-CN,en" default:"" placeholder:"zh-CN|en" help:"自带模板的语言，默认看界面语言|language of one that comes with Qunluo, by default yours"`
}

func (q templateUse) use(c *call) (founding.Use, error) {
	name, version, _ := strings.Cut(q.Name, "@")
	u := founding.Use{Name: name, Own: q.Own, Lang: q.Text}
	if u.Lang == "" {
		u.Lang = c.lang.pick([2]string{"zh-CN", "en"})
	}
	if version != "" {
		n, err := strconv.Atoi(strings.TrimPrefix(version, "v"))
		if err != nil || n < 1 {
			return u, badUsage("版本 %q 看不懂：写成 名称@3", "version %q: want name@3", version)
		}
		u.Version = n
	}
	return u, nil
}

// templateFor is a template for one purpose and trade.
type templateFor struct {
	Purpose string   `enum:",brand,service,matching" default:"" help:"目的：brand 品牌、service 用户服务、matching 资源对接|purpose: brand, service (of users) or matching (of resources)"`
	Preset  string   `enum:",education,ecommerce" default:"" help:"行业：education 教育、ecommerce 电商|trade: education or ecommerce"`
	Part    []string `placeholder:"PART" enum:"goal,rules,welcome,tiers,plan" help:"只要这些部分：goal 目标、rules 群规、welcome 欢迎语、tiers 分层、plan 计划（可重复）|these parts alone: goal, rules, welcome, tiers, plan (repeatable)"`
}

func (q templateFor) parts() (out []founding.Part) {
	for _, p := range q.Part {
		out = append(out, founding.Part(p))
	}
	return out
}

func (c *call) foundings(h *House) (Foundings, error) { return inOrg(c, h, h.Foundings) }

// templateLine is a template in a list.
type templateLine struct {
	Name    string   `json:"name" col:"名称|name"`
	Version int      `json:"version" col:"版本|version"`
	Lang    string   `json:"lang" col:"语言|language"`
	Own     bool     `json:"own" col:"自己的|own"`
	Type    string   `json:"type" col:"类型|type"`
	KPI     string   `json:"kpi" col:"KPI|KPI"`
	Title   string   `json:"title" col:"标题|title"`
	Parts   []string `json:"parts" col:"部分|parts"`
	Groups  int      `json:"groups" col:"在用的群|groups"` // that stand by this version
	Older   int      `json:"older_groups" col:"用旧版的群|by older versions"`
}

func lineOfTemplate(k founding.Kept, uses []founding.Using) templateLine {
	l := templateLine{Name: k.Name, Version: k.Version, Lang: k.Lang, Own: k.Own, Type: k.Type, KPI: k.KPI, Title: k.Title, Parts: partNames(k.Holds())}
	for _, u := range uses {
		switch {
		case u.Use.Name != k.Name || u.Use.Own != k.Own || !k.Own && u.Use.Lang != k.Lang:
		case u.Use.Version == k.Version:
			l.Groups += u.Groups
		default:
			l.Older += u.Groups
		}
	}
	return l
}

func partNames(list []founding.Part) []string {
	return mapped(list, func(p founding.Part) string { return string(p) })
}

type templateListCmd struct{}

func (templateListCmd) Shape() any { return rowsOf[templateLine]() }
func (templateListCmd) Examples() []example {
	return []example{{"template list --json", [2]string{"自带的四种和自己的", "the four types that come with it, and your own"}}}
}

// Do lists templates.
func (q *templateListCmd) Do(c *call, h *House) error {
	f, err := c.foundings(h)
	if err != nil {
		return err
	}
	list, err := f.Templates(c.ctx)
	if err != nil {
		return err
	}
	uses, err := f.Uses(c.ctx)
	if err != nil {
		return err
	}
	lines := mapped(list, func(k founding.Kept) templateLine { return lineOfTemplate(k, uses) })
	return printList(c, lines, len(lines))
}

// foundingLine is a group that was begun with a template.
type foundingLine struct {
	ID      string   `json:"id" col:"编号|id"`
	Group   string   `json:"group" col:"群|group"`
	Name    string   `json:"template" col:"模板|template"`
	Version int      `json:"version" col:"版本|version"`
	Lang    string   `json:"lang"`
	Own     bool     `json:"own"`
	Purpose string   `json:"purpose" col:"目的|purpose"`
	Preset  string   `json:"preset" col:"行业|trade"`
	KPI     string   `json:"kpi" col:"KPI|KPI"`
	Parts   []string `json:"parts" col:"部分|parts"`
	Left    []string `json:"left" col:"没改|left as it was"` // parts that somebody else changed meanwhile
	State   string   `json:"state" col:"状态|state"`         // begun, done, undoing, undone
	At      Moment   `json:"at" col:"时间|at"`
	Reason  string   `json:"reason" col:"原因|reason"`
	Undone  Moment   `json:"undone_at"`
}

func lineOfFounding(r founding.Record) foundingLine {
	return foundingLine{r.ID.String(), r.GroupName, r.Use.Name, r.Use.Version, r.Use.Lang, r.Use.Own, r.Use.Purpose, r.Use.Preset, r.KPI, partNames(r.Parts), partNames(r.Left), r.State, Moment(r.At), r.Reason, Moment(r.Undone)}
}

// templateReport is one template.
type templateReport struct {
	templateLine
	Summary  string            `json:"summary" col:"说明|summary"`
	Goal     string            `json:"goal" col:"目标|goal"`
	Value    string            `json:"value" col:"价值|value"`
	Targets  []string          `json:"targets" col:"指标|targets"`
	Purposes []string          `json:"purposes" col:"目的|purposes"`
	Presets  []string          `json:"presets" col:"行业|trades"`
	Plan     []planStepLine    `json:"plan"`
	Versions []templateVersion `json:"versions"`
	Using    []foundingLine    `json:"using"` // groups that stand by it, in any version
}

type planStepLine struct {
	When string `json:"when" col:"什么时候|when"`
	Text string `json:"text" col:"内容|text"`
}

type templateVersion struct {
	Version int    `json:"version" col:"版本|version"`
	At      Moment `json:"at" col:"时间|at"`
	User    string `json:"user" col:"谁|who"`
	Note    string `json:"note" col:"说明|note"`
	Groups  int    `json:"groups" col:"在用的群|groups"`
}

type templateShowCmd struct{ templateUse }

func (templateShowCmd) Shape() any { return templateReport{} }
func (templateShowCmd) Examples() []example {
	return []example{{"template show service --json", [2]string{"服务群模板，和在用它的群", "the template of service groups, and the groups that use it"}}}
}

// Do shows a template.
func (q *templateShowCmd) Do(c *call, h *House) error {
	f, err := c.foundings(h)
	if err != nil {
		return err
	}
	u, err := q.use(c)
	if err != nil {
		return err
	}
	k, err := f.Template(c.ctx, u)
	if err != nil {
		return err
	}
	uses, err := f.Uses(c.ctx)
	if err != nil {
		return err
	}
	r := templateReport{templateLine: lineOfTemplate(k, uses), Summary: k.Summary, Purposes: []string{}, Presets: []string{}, Targets: []string{}, Plan: []planStepLine{}, Versions: []templateVersion{}, Using: []foundingLine{}}
	if k.Goal != nil {
		r.Goal, r.Value, r.Targets = k.Goal.Goal, k.Goal.Value, k.Goal.Targets
	}
	for _, p := range founding.Purposes() {
		if _, ok := k.Purpose[p]; ok {
			r.Purposes = append(r.Purposes, p)
		}
	}
	for _, p := range founding.Presets() {
		if _, ok := k.Preset[p]; ok {
			r.Presets = append(r.Presets, p)
		}
	}
	for _, s := range k.Plan {
		r.Plan = append(r.Plan, planStepLine{founding.When(s), s.Text})
	}
	if err := q.versions(c, f, k, uses, &r); err != nil {
		return err
	}
	if c.json {
		return c.printJSON(r)
	}
	if err := printOne(c, r); err != nil {
		return err
	}
	return printParts(c, r.Plan, r.Versions, r.Using)
}

func (q *templateShowCmd) versions(c *call, f Foundings, k founding.Kept, uses []founding.Using, r *templateReport) error {
	groups := map[int]int{}
	for _, u := range uses {
		if u.Use.Name == k.Name && u.Use.Own == k.Own {
			groups[u.Use.Version] += u.Groups
		}
	}
	list := []founding.Kept{k}
	if k.Own {
		var err error
		if list, err = f.TemplateVersions(c.ctx, k.Name); err != nil {
			return err
		}
	}
	for _, v := range list {
		r.Versions = append(r.Versions, templateVersion{v.Version, Moment(v.At), v.User, v.Note, groups[v.Version]})
	}
	using, _, err := f.List(c.ctx, founding.Filter{Name: k.Name, Own: k.Own, Current: true}, community.Page{Limit: 200})
	r.Using = mapped(using, lineOfFounding)
	return err
}

// templateChange is a difference of a part.
type templateChange struct {
	Part   string `json:"part" col:"部分|part"`
	What   string `json:"what" col:"什么|what"`
	Before string `json:"before" col:"现在|now"`
	After  string `json:"after" col:"之后|afterwards"`
}

// templateDiff is what a template would change in a group.
type templateDiff struct {
	Group   string           `json:"group" col:"群|group"`
	Name    string           `json:"template" col:"模板|template"`
	Version int              `json:"version" col:"版本|version"`
	KPI     string           `json:"kpi" col:"KPI|KPI"`
	Same    []string         `json:"same" col:"已经一样|the same already"`
	Changes []templateChange `json:"changes"`
	Swaps   []templateSwap   `json:"instead"` // what the group's connections cannot do
	Faults  []templateFault  `json:"faults"`  // parts that cannot be taken
}

type templateSwap struct {
	Rule string `json:"rule" col:"规则|rule"` // "" = the common ladder
	Rung int    `json:"rung" col:"第几步|step"`
	From string `json:"cannot" col:"做不到|cannot"`
	To   string `json:"instead" col:"改为|instead"` // "" = nothing
	Off  bool   `json:"off" col:"关掉|off"`
}

type templateFault struct {
	Part string `json:"part" col:"部分|part"`
	Why  string `json:"why" col:"为什么|why"`
}

func (c *call) diffOf(group string, v founding.Preview, parts []founding.Part) templateDiff {
	d := templateDiff{Group: group, Name: v.Use.Name, Version: v.Use.Version, KPI: v.KPI, Same: []string{}, Changes: []templateChange{}, Swaps: []templateSwap{}, Faults: []templateFault{}}
	for _, one := range v.Changes {
		if parts != nil && !slices.Contains(parts, one.Part) {
			continue
		}
		if one.Same {
			d.Same = append(d.Same, string(one.Part))
		}
		for _, ch := range one.Changes {
			d.Changes = append(d.Changes, templateChange{string(one.Part), ch.What, ch.Before, ch.After})
		}
	}
	for _, s := range v.Swaps {
		d.Swaps = append(d.Swaps, templateSwap{s.Rule, s.Rung, s.From, s.To, s.Off})
	}
	for _, one := range v.Faults {
		d.Faults = append(d.Faults, templateFault{string(one.Part), c.lang.pick(one.Say)})
	}
	return d
}

type templateDiffCmd struct {
	templateUse
	Group string `arg:"" help:"群|group"`
	templateFor
}

func (templateDiffCmd) Shape() any { return templateDiff{} }
func (templateDiffCmd) Examples() []example {
	return []example{{"template diff service '#books' --purpose brand --preset education --json", [2]string{"应用之前先看差异", "look at the difference before you apply it"}}}
}

// Do shows what a template would change.
func (q *templateDiffCmd) Do(c *call, h *House) error {
	_, v, g, err := c.previewed(h, q.templateUse, q.templateFor, q.Group)
	if err != nil {
		return err
	}
	d := c.diffOf(g.Name, v, q.parts())
	if c.json {
		return c.printJSON(d)
	}
	if err := printOne(c, d); err != nil {
		return err
	}
	return printParts(c, d.Changes, d.Swaps, d.Faults)
}

// previewed opens templates and looks what one would change in a group.
func (c *call) previewed(h *House, name templateUse, of templateFor, group string) (f Foundings, v founding.Preview, g community.GroupRow, err error) {
	if f, err = c.foundings(h); err != nil {
		return f, v, g, err
	}
	u, err := name.use(c)
	if err != nil {
		return f, v, g, err
	}
	u.Purpose, u.Preset = of.Purpose, of.Preset
	if _, g, _, err = c.place(h, group, ""); err != nil {
		return f, v, g, err
	}
	v, err = f.Preview(c.ctx, g.Key, u, of.parts())
	return f, v, g, c.saidBy(err)
}

type templateApplyCmd struct {
	templateUse
	Group string `arg:"" help:"群|group"`
	templateFor
	Reason string `required:"" placeholder:"TEXT" help:"原因|why"`
}

// Effect says what is about to be changed; called before it begins.
func (q *templateApplyCmd) Effect() [2]string {
	return [2]string{"把模板 " + q.Name + " 用到群 " + q.Group + "（先看 template diff；可以用 template undo 撤销）", "apply the template " + q.Name + " to the group " + q.Group + " (see template diff first; template undo takes it back)"}
}

func (templateApplyCmd) Shape() any { return foundingLine{} }
func (templateApplyCmd) Examples() []example {
	return []example{{"template apply service '#books' --purpose service --reason 新开的服务群", [2]string{"全部部分", "all parts"}},
		{"template apply service '#books' --part goal --part plan --reason 只要目标和计划", [2]string{"只要两个部分", "two parts alone"}}}
}

// Do begins a group with a template.
func (q *templateApplyCmd) Do(c *call, h *House) error {
	f, v, g, err := c.previewed(h, q.templateUse, q.templateFor, q.Group)
	if err != nil {
		return err
	}
	r, err := f.Apply(c.ctx, user, founding.Order{Group: g.Key, Use: v.Use, Parts: q.parts(), Seen: &v.Seen, Reason: q.Reason})
	if err != nil {
		return c.saidBy(err)
	}
	return printOne(c, lineOfFounding(r))
}

type templateLogCmd struct {
	Group string `placeholder:"GROUP" help:"只看这个群|of this group alone"`
	paging
}

func (templateLogCmd) Shape() any { return rowsOf[foundingLine]() }
func (templateLogCmd) Examples() []example {
	return []example{{"template log --json", [2]string{"哪些群用了哪一版", "which groups were begun with which version"}}}
}

// Do lists foundings.
func (q *templateLogCmd) Do(c *call, h *House) error {
	f, err := c.foundings(h)
	if err != nil {
		return err
	}
	var by founding.Filter
	if q.Group != "" {
		_, g, _, err := c.place(h, q.Group, "")
		if err != nil {
			return err
		}
		by.Group = g.Key
	}
	list, total, err := f.List(c.ctx, by, q.page())
	if err != nil {
		return err
	}
	return printList(c, mapped(list, lineOfFounding), total)
}

type templateUndoCmd struct {
	ID     string `arg:"" help:"编号（template log）|id (template log)"`
	Reason string `required:"" placeholder:"TEXT" help:"原因|why"`
}

func (templateUndoCmd) Shape() any { return foundingLine{} }
func (templateUndoCmd) Examples() []example {
	return []example{{"template undo ID --reason 不合适", [2]string{"恢复原样；之后别人改过的部分不动", "as it was before; what others changed since stays"}}}
}

// Do undoes a founding.
func (q *templateUndoCmd) Do(c *call, h *House) error {
	f, err := c.foundings(h)
	if err != nil {
		return err
	}
	id, err := community.ParseID(q.ID)
	if err != nil {
		return badUsage("编号 %q 看不懂", "%q is no id", q.ID)
	}
	r, err := f.Undo(c.ctx, user, id, q.Reason)
	if err != nil {
		return c.saidBy(err)
	}
	if len(r.Left) > 0 {
		c.say("这些部分之后有人改过，没有动：%s", "these parts were changed since and stay as they are: %s", strings.Join(partNames(r.Left), ", "))
	}
	return printOne(c, lineOfFounding(r))
}

type templateExportCmd struct {
	templateUse
	Out string `short:"o" placeholder:"FILE" help:"写到文件，默认标准输出；不覆盖已有文件|write to a file, by default stdout; never over an existing one"`
}

func (templateExportCmd) Shape() any { return "qunluo-template/1 (JSON)" }
func (templateExportCmd) Examples() []example {
	return []example{{"template export service -o service.json", [2]string{"导出后可以改，再导入成自己的", "edit it, then import it as your own"}}}
}

// Do writes a template as a file.
func (q *templateExportCmd) Do(c *call, h *House) error {
	f, err := c.foundings(h)
	if err != nil {
		return err
	}
	u, err := q.use(c)
	if err != nil {
		return err
	}
	raw, _, err := f.Export(c.ctx, u)
	if err != nil {
		return err
	}
	if q.Out == "" {
		_, err = c.out.Write(raw)
		return err
	}
	_, err = toFile(c.path(q.Out), func(w io.Writer) (int64, error) {
		n, err := w.Write(raw)
		return int64(n), err
	})
	return err
}

type templateImportCmd struct {
	File string `arg:"" help:"文件，- 为标准输入|file; - is stdin"`
	Note string `placeholder:"TEXT" help:"这一版改了什么|what this version changes"`
}

func (templateImportCmd) Shape() any { return templateLine{} }
func (templateImportCmd) Examples() []example {
	return []example{{"template import service.json --note 改了周三的安排", [2]string{"同名的成为下一版，旧版都留着", "one of the same name becomes its next version; the old ones stay"}}}
}

// Do takes a file as an own template.
func (q *templateImportCmd) Do(c *call, h *House) error {
	f, err := c.foundings(h)
	if err != nil {
		return err
	}
	raw, err := c.templateFile(q.File)
	if err != nil {
		return err
	}
	k, err := f.Import(c.ctx, user, raw, q.Note)
	if err != nil {
		return c.saidBy(err)
	}
	var said struct {
		Version int `json:"version"`
	}
	if json.Unmarshal(raw, &said) == nil && said.Version != k.Version {
		c.say("文件写的是第 %d 版，这里已有第 %d 版，存成了第 %d 版", "the file says version %d, version %d is here already: it was kept as version %d", said.Version, k.Version-1, k.Version)
	}
	return printOne(c, lineOfTemplate(k, nil))
}

// templateFile reads a file that may be a template, and not much more than a template may hold.
func (c *call) templateFile(name string) ([]byte, error) {
	in := c.in
	if name != "-" {
		file, err := os.Open(c.path(name))
		if err != nil {
			return nil, failed(err, "打不开 %s", "%s cannot be opened", name)
		}
		defer file.Close()
		in = file
	}
	raw, err := io.ReadAll(io.LimitReader(in, founding.MaxBytes+1))
	if err != nil {
		return nil, failed(errors.Join(err), "读不了 %s", "%s cannot be read", name)
	}
	return raw, nil
}

type templateSaveCmd struct {
	Group   string   `arg:"" help:"群|group"`
	Name    string   `arg:"" help:"名称：小写字母、数字和 -|name: a-z, 0-9 and -"`
	Title   string   `required:"" placeholder:"TEXT" help:"标题|title"`
	Summary string   `placeholder:"TEXT" help:"说明，默认同标题|summary, by default the title"`
	Type    string   `enum:"service,knowledge,interest,commercial" default:"interest" help:"类型：service 服务、knowledge 知识、interest 兴趣、commercial 商业|type of group"`
	KPI     string   `name:"kpi" enum:",first_reply,value_output,mutual_help,conversion" default:"" help:"KPI，默认是这一类型的|KPI, by default that of the type"`
	Text    string   `enum:",zh-CN,en" default:"" placeholder:"zh-CN|en" help:"文字的语言，默认看界面语言|language of its texts, by default yours"`
	Part    []string `placeholder:"PART" enum:"goal,rules,welcome,tiers,plan" help:"只要这些部分（可重复）|these parts alone (repeatable)"`
	Note    string   `placeholder:"TEXT" help:"这一版改了什么|what this version changes"`
}

func (templateSaveCmd) Shape() any { return templateLine{} }
func (templateSaveCmd) Examples() []example {
	return []example{{"template save '#books' reading --title 读书群 --type knowledge", [2]string{"把做得好的群存下来，下一个群照着开", "keep a group that does well, and begin the next one like it"}}}
}

// Do keeps a group as a template.
func (q *templateSaveCmd) Do(c *call, h *House) error {
	f, err := c.foundings(h)
	if err != nil {
		return err
	}
	_, g, _, err := c.place(h, q.Group, "")
	if err != nil {
		return err
	}
	head := founding.Template{Name: q.Name, Title: q.Title, Summary: q.Summary, Type: q.Type, KPI: q.KPI, Lang: q.Text}
	if head.Summary == "" {
		head.Summary = q.Title
	}
	if head.KPI == "" {
		head.KPI = founding.KPIOf(q.Type)
	}
	if head.Lang == "" {
		head.Lang = c.lang.pick([2]string{"zh-CN", "en"})
	}
	k, err := f.SaveFrom(c.ctx, user, g.Key, head, templateFor{Part: q.Part}.parts(), q.Note)
	if err != nil {
		return c.saidBy(err)
	}
	return printOne(c, lineOfTemplate(k, nil))
}

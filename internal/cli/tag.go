package cli

import (
	"context"
	"strings"

	"qunluo/internal/community"
	"qunluo/internal/duty"
	"qunluo/internal/tag"
)

// Tags is what the command line asks and changes of tags.
type Tags interface {
	List(ctx context.Context, scope tag.Scope) ([]tag.Tag, error)
	Put(ctx context.Context, user string, o tag.Order) (changed bool, err error)
	Write(ctx context.Context, user string, v tag.Tag, reason string) error
	Rename(ctx context.Context, user string, scope tag.Scope, old, name string, merge bool, reason string) (moved int, err error)
	Delete(ctx context.Context, user string, scope tag.Scope, name, reason string) (off int, err error)
	Rules(ctx context.Context) ([]tag.Version, error)
	Rule(ctx context.Context, id community.ID) (tag.Version, []tag.Version, error)
	AddRule(ctx context.Context, user string, r tag.Rule, on bool, reason string) (tag.Version, error)
	SetRule(ctx context.Context, user string, id community.ID, base int, r tag.Rule, on bool, reason string) (tag.Version, error)
	EndRule(ctx context.Context, user string, id community.ID, keep bool, reason string) (touched int, err error)
	TryRule(ctx context.Context, r tag.Rule, id community.ID) (tag.Trial, error)
	RunRule(ctx context.Context, user string, id community.ID) (tag.Trial, error)
	Preview(ctx context.Context, o tag.EditOrder) (tag.EditPreview, error)
	Edit(ctx context.Context, user string, o tag.EditOrder, reason string) (tag.Edit, error)
	UndoEdit(ctx context.Context, user string, id community.ID, reason string) (tag.Edit, error)
	Edits(ctx context.Context) ([]tag.Edit, error)
}

// Today is what the command line asks of the day.
type Today interface {
	Day(ctx context.Context, tag string) (list []duty.Agenda, now int64, err error)
	Names(ctx context.Context) (map[string]string, error)
}

type tagCmd struct {
	List   tagListCmd   `cmd:"" help:"标签：谁贴着，有没有规则|tags: who wears them, and whether a rule gives them"`
	Put    tagPutCmd    `cmd:"" help:"手工贴一个|put one on by hand"`
	Drop   tagDropCmd   `cmd:"" help:"手工撕一个；规则不会再贴|take one off by hand; no rule puts it back"`
	Write  tagWriteCmd  `cmd:"" help:"写下分类、颜色、说明|write down category, colour and meaning"`
	Rename tagRenameCmd `cmd:"" help:"改名，或并入另一个|rename, or merge into another"`
	Delete tagDeleteCmd `cmd:"" help:"删除：从所有地方撕掉|delete: taken off everything"`
	Rule   tagRuleCmd   `cmd:"" help:"自动规则|rules that tag"`
	Groups tagGroupsCmd `cmd:"" help:"一次给许多群贴或撕|tag or untag many groups at once"`
	Edits  tagEditsCmd  `cmd:"" help:"批量记录|edits of many groups"`
	Undo   tagUndoCmd   `cmd:"" help:"撤销一批|undo an edit of many groups"`
}

// tagLine is a tag.
type tagLine struct {
	Scope  string `json:"scope" col:"贴在|on"` // person, stay, group
	Name   string `json:"name" col:"标签|tag"`
	Family string `json:"category" col:"分类|category"`
	Colour string `json:"colour" col:"颜色|colour"`
	Worn   int    `json:"worn" col:"贴着|worn"`
	Auto   int    `json:"by_rule" col:"自动|by rule"`
	Rule   string `json:"rule"` // id; "" = none gives it
	Note   string `json:"note" col:"说明|meaning"`
}

func lineOfTag(v tag.Tag) tagLine {
	return tagLine{string(v.Scope), v.Name, v.Family, v.Colour, v.Worn, v.Auto, v.Rule, v.Note}
}

// scoped is the scope of a tag on the command line.
type scoped struct {
	Scope string `enum:"person,stay,group" default:"group" help:"贴在人、在群记录还是群上|on a person, a stay or a group"`
}

type tagListCmd struct {
	fresh `kong:"-"`
	scoped
}

func (tagListCmd) Shape() any { return rowsOf[tagLine]() }
func (tagListCmd) Examples() []example {
	return []example{{"tag list --scope person --json", [2]string{"人的标签", "tags of people"}}}
}

// Do lists the tags of a scope.
func (q *tagListCmd) Do(c *call, h *House) error {
	t, err := inOrg(c, h, h.Tags)
	if err != nil {
		return err
	}
	list, err := t.List(c.ctx, tag.Scope(q.Scope))
	if err != nil {
		return err
	}
	return printList(c, mapped(list, lineOfTag), len(list))
}

// tagChange says whether a tag was new, or gone.
type tagChange struct {
	Scope   string `json:"scope" col:"贴在|on"`
	Name    string `json:"name" col:"标签|tag"`
	On      bool   `json:"on" col:"贴着|worn"`
	Changed bool   `json:"changed" col:"有变化|changed"`
}

// wearer is what a tag is put on.
type wearer struct {
	scoped
	Name   string `arg:"" help:"标签|tag"`
	Group  string `placeholder:"GROUP" help:"群；贴在人身上时不用写|the group; not needed for a person"`
	Member string `placeholder:"MEMBER" help:"成员：编号、名称或平台号|the member: id, name or the platform's id"`
	Reason string `placeholder:"TEXT" help:"原因|why"`
}

func (q *wearer) do(c *call, h *House, on bool) error {
	o := tag.Order{Scope: tag.Scope(q.Scope), Name: q.Name, On: on, Reason: q.Reason}
	if o.Scope != tag.Person && q.Group == "" {
		return badUsage("要写群：--group", "a group is needed: --group")
	}
	if o.Scope != tag.Group && q.Member == "" {
		return badUsage("要写成员：--member", "a member is needed: --member")
	}
	desk, err := c.desk(h)
	if err != nil {
		return err
	}
	g, err := c.group(desk, q.Group)
	if err != nil {
		return err
	}
	o.Group = g.ID
	if o.Scope != tag.Group {
		m, err := c.member(desk, g.Key, q.Member)
		if err != nil {
			return err
		}
		o.Member = m.ID
	}
	t, err := inOrg(c, h, h.Tags)
	if err != nil {
		return err
	}
	changed, err := t.Put(c.ctx, user, o)
	if err != nil {
		return err
	}
	return printOne(c, tagChange{q.Scope, q.Name, on, changed})
}

type tagPutCmd struct{ wearer }

func (tagPutCmd) Shape() any { return tagChange{} }
func (tagPutCmd) Examples() []example {
	return []example{{"tag put 华东 --group 读书1群", [2]string{"给群贴标签", "tag a group"}}, {"tag put 志愿者 --scope person --member 阿敏", [2]string{"给人贴标签", "tag a person"}}}
}

// Do puts a tag on.
func (q *tagPutCmd) Do(c *call, h *House) error { return q.do(c, h, true) }

type tagDropCmd struct{ wearer }

func (tagDropCmd) Shape() any          { return tagChange{} }
func (tagDropCmd) Examples() []example { return nil }

// Do takes a tag off.
func (q *tagDropCmd) Do(c *call, h *House) error { return q.do(c, h, false) }

type tagWriteCmd struct {
	scoped
	Name     string `arg:"" help:"标签|tag"`
	Category string `help:"分类|category"`
	Colour   string `help:"颜色：blue、green、orange、red、purple、teal、yellow|colour: blue, green, orange, red, purple, teal, yellow"`
	Note     string `help:"说明|meaning"`
	Reason   string `placeholder:"TEXT" help:"原因|why"`
}

func (tagWriteCmd) Shape() any          { return tagLine{} }
func (tagWriteCmd) Examples() []example { return nil }

// Do writes a tag down.
func (q *tagWriteCmd) Do(c *call, h *House) error {
	t, err := inOrg(c, h, h.Tags)
	if err != nil {
		return err
	}
	v := tag.Tag{Scope: tag.Scope(q.Scope), Name: q.Name, Family: q.Category, Colour: q.Colour, Note: q.Note}
	if err := t.Write(c.ctx, user, v, q.Reason); err != nil {
		return err
	}
	return printOne(c, lineOfTag(v))
}

// tagMoved says how many wore a tag that was renamed, merged or deleted.
type tagMoved struct {
	Name string `json:"name" col:"标签|tag"`
	Worn int    `json:"worn" col:"涉及|touched"`
}

type tagRenameCmd struct {
	scoped
	Old    string `arg:"" help:"现在的名字|its name now"`
	New    string `arg:"" help:"新名字|the new name"`
	Merge  bool   `help:"并入已有的标签|merge into a tag that there is"`
	Reason string `required:"" placeholder:"TEXT" help:"原因|why"`
}

// Effect is what merging means.
func (q *tagRenameCmd) Effect() [2]string {
	if !q.Merge {
		return [2]string{}
	}
	return [2]string{"标签 " + q.Old + " 将并入 " + q.New + "，不能自动拆回", "tag " + q.Old + " becomes one with " + q.New + ", which cannot be taken apart again"}
}

func (tagRenameCmd) Shape() any          { return tagMoved{} }
func (tagRenameCmd) Examples() []example { return nil }

// Do renames or merges a tag.
func (q *tagRenameCmd) Do(c *call, h *House) error {
	t, err := inOrg(c, h, h.Tags)
	if err != nil {
		return err
	}
	n, err := t.Rename(c.ctx, user, tag.Scope(q.Scope), q.Old, q.New, q.Merge, q.Reason)
	if err != nil {
		return err
	}
	return printOne(c, tagMoved{q.New, n})
}

type tagDeleteCmd struct {
	scoped
	Name   string `arg:"" help:"标签|tag"`
	Reason string `required:"" placeholder:"TEXT" help:"原因|why"`
}

// Effect is what deleting means.
func (q *tagDeleteCmd) Effect() [2]string {
	return [2]string{"标签 " + q.Name + " 将从所有地方撕掉，不能撤销", "tag " + q.Name + " is taken off everything, which cannot be undone"}
}

func (tagDeleteCmd) Shape() any          { return tagMoved{} }
func (tagDeleteCmd) Examples() []example { return nil }

// Do deletes a tag.
func (q *tagDeleteCmd) Do(c *call, h *House) error {
	t, err := inOrg(c, h, h.Tags)
	if err != nil {
		return err
	}
	n, err := t.Delete(c.ctx, user, tag.Scope(q.Scope), q.Name, q.Reason)
	if err != nil {
		return err
	}
	return printOne(c, tagMoved{q.Name, n})
}

type tagRuleCmd struct {
	List tagRuleListCmd `cmd:"" help:"列出规则|list rules"`
	Try  tagRuleTryCmd  `cmd:"" help:"会贴谁、会撕谁；什么都不改|whom it would tag and untag; nothing is changed"`
	Set  tagRuleSetCmd  `cmd:"" help:"新规则，或规则的新版本|a new rule, or a new version of one"`
	Run  tagRuleRunCmd  `cmd:"" help:"马上运行|run at once"`
	End  tagRuleEndCmd  `cmd:"" help:"结束规则|end a rule"`
}

// tagRuleLine is a rule.
type tagRuleLine struct {
	ID      string   `json:"id" col:"编号|id"`
	Scope   string   `json:"scope" col:"贴在|on"`
	Tag     string   `json:"tag" col:"标签|tag"`
	Version int      `json:"version" col:"版本|version"`
	On      bool     `json:"on" col:"开着|on"`
	When    []string `json:"when"`
	Said    string   `json:"-" col:"条件|when"`
	Any     bool     `json:"any"` // one condition is enough
	Groups  []string `json:"groups"`
	In      string   `json:"group_tag"`
	Ran     Moment   `json:"ran_at" col:"上次运行|ran"`
	Trouble string   `json:"trouble" col:"问题|trouble"` // tag_gone, group_gone; "" = none
	Note    string   `json:"note"`
}

func lineOfTagRule(v tag.Version) tagRuleLine {
	l := tagRuleLine{ID: v.ID.String(), Scope: string(v.Scope), Tag: v.Tag, Version: v.Version, On: v.On, When: []string{}, Any: v.Any, Groups: []string{}, In: v.GroupTag, Ran: Moment(v.Ran), Trouble: v.Trouble, Note: v.Note}
	for _, one := range v.When {
		l.When = append(l.When, tag.ConditionText([]tag.Condition{one}))
	}
	for _, g := range v.Groups {
		l.Groups = append(l.Groups, g.String())
	}
	l.Said = strings.Join(l.When, map[bool]string{true: " | ", false: " & "}[v.Any])
	return l
}

type tagRuleListCmd struct {
	fresh   `kong:"-"`
	History string `placeholder:"RULE" help:"一条规则的所有版本|all versions of a rule"`
}

func (tagRuleListCmd) Shape() any          { return rowsOf[tagRuleLine]() }
func (tagRuleListCmd) Examples() []example { return nil }

// Do lists rules.
func (q *tagRuleListCmd) Do(c *call, h *House) error {
	t, err := inOrg(c, h, h.Tags)
	if err != nil {
		return err
	}
	var list []tag.Version
	if q.History == "" {
		list, err = t.Rules(c.ctx)
	} else {
		var id community.ID
		if id, err = community.ParseID(q.History); err == nil {
			_, list, err = t.Rule(c.ctx, id)
		}
	}
	if err != nil {
		return err
	}
	return printList(c, mapped(list, lineOfTagRule), len(list))
}

// tagRuleWords is a rule as it is typed.
type tagRuleWords struct {
	scoped
	Tag   string   `arg:"" help:"标签|tag"`
	When  []string `sep:"none" required:"" placeholder:"'messages least 10 in 28'" help:"条件，可重复：FACT is|not|least|most|has VALUE [in DAYS]|a condition, repeatable"`
	Any   bool     `help:"满足一个即可|one condition is enough"`
	In    string   `placeholder:"TAG" help:"只在带这个标签的群|only in groups with this tag"`
	Group []string `placeholder:"GROUP" help:"只在这些群（可重复）|only in these groups (repeatable)"`
}

// rule reads the rule that is meant, and the live one of its tag; nil = there is none.
func (q *tagRuleWords) rule(c *call, h *House) (t Tags, r tag.Rule, was *tag.Version, err error) {
	r = tag.Rule{Scope: tag.Scope(q.Scope), Tag: q.Tag, Any: q.Any, GroupTag: q.In}
	if t, err = inOrg(c, h, h.Tags); err != nil {
		return t, r, nil, err
	}
	if r.When, err = tag.ParseConditions(strings.Join(q.When, "\n")); err != nil {
		return t, r, nil, err
	}
	desk, err := c.desk(h)
	if err != nil {
		return t, r, nil, err
	}
	for _, name := range q.Group {
		g, err := c.group(desk, name)
		if err != nil {
			return t, r, nil, err
		}
		r.Groups = append(r.Groups, g.ID)
	}
	was, err = liveRule(c.ctx, t, r.Scope, r.Tag)
	return t, r, was, err
}

// live finds the live rule of a tag; nil = there is none.
func liveRule(ctx context.Context, t Tags, scope tag.Scope, name string) (*tag.Version, error) {
	list, err := t.Rules(ctx)
	for i := range list {
		if list[i].Scope == scope && list[i].Tag == name {
			return &list[i], err
		}
	}
	return nil, err
}

// tagTrial is what a rule would do, or did.
type tagTrial struct {
	Put     int             `json:"put" col:"贴|put"`
	Take    int             `json:"take" col:"撕|take"`
	Keep    int             `json:"keep" col:"不变|keep"`
	Hand    int             `json:"by_hand" col:"手工的|by hand"`        // worn from elsewhere: left alone
	No      int             `json:"taken_by_hand" col:"手工撕的|refused"` // a person took it off
	Trouble string          `json:"trouble" col:"问题|trouble"`
	Lines   []tagTrialWhose `json:"first"`
}

// tagTrialWhose is one of the first.
type tagTrialWhose struct {
	Put   bool   `json:"put"`
	Name  string `json:"name"`
	Group string `json:"group"`
	Why   string `json:"why"`
}

func lineOfTagTrial(v tag.Trial) tagTrial {
	out := tagTrial{v.Put, v.Take, v.Keep, v.Hand, v.No, v.Trouble, []tagTrialWhose{}}
	for _, l := range v.Lines {
		out.Lines = append(out.Lines, tagTrialWhose{l.Put, l.Name, l.GroupName, l.Why})
	}
	return out
}

type tagRuleTryCmd struct{ tagRuleWords }

func (tagRuleTryCmd) Shape() any { return tagTrial{} }
func (tagRuleTryCmd) Examples() []example {
	return []example{{"tag rule try 沉默 --scope stay --when 'silent_days least 30' --json", [2]string{"会贴谁", "whom it would tag"}}}
}

// Do says what a rule would do.
func (q *tagRuleTryCmd) Do(c *call, h *House) error {
	t, r, was, err := q.rule(c, h)
	if err != nil {
		return err
	}
	var id community.ID
	if was != nil {
		id = was.ID
	}
	v, err := t.TryRule(c.ctx, r, id)
	if err != nil {
		return err
	}
	return printOne(c, lineOfTagTrial(v))
}

type tagRuleSetCmd struct {
	tagRuleWords
	Off    bool   `help:"先不打开|do not switch it on"`
	Reason string `required:"" placeholder:"TEXT" help:"原因|why"`
}

func (tagRuleSetCmd) Shape() any { return tagRuleLine{} }
func (tagRuleSetCmd) Examples() []example {
	return []example{{"tag rule set 活跃 --scope person --when 'messages least 20 in 28' --reason 找志愿者", [2]string{"一个标签一条规则；再写就是新版本", "one rule to a tag; written again it is a new version"}}}
}

// Do keeps a rule.
func (q *tagRuleSetCmd) Do(c *call, h *House) error {
	t, r, was, err := q.rule(c, h)
	if err != nil {
		return err
	}
	var v tag.Version
	if was == nil {
		v, err = t.AddRule(c.ctx, user, r, !q.Off, q.Reason)
	} else {
		v, err = t.SetRule(c.ctx, user, was.ID, was.Version, r, !q.Off, q.Reason)
	}
	if err != nil {
		return err
	}
	return printOne(c, lineOfTagRule(v))
}

// ofRule finds the live rule that a verb is about.
type ofRule struct {
	scoped
	Tag string `arg:"" help:"标签|tag"`
}

func (q *ofRule) find(c *call, h *House) (Tags, community.ID, error) {
	t, err := inOrg(c, h, h.Tags)
	if err != nil {
		return t, community.ID{}, err
	}
	v, err := liveRule(c.ctx, t, tag.Scope(q.Scope), q.Tag)
	if err == nil && v == nil {
		err = community.Errorf(community.CodeNotFound, "no rule gives %q", q.Tag)
	}
	if err != nil {
		return t, community.ID{}, err
	}
	return t, v.ID, nil
}

type tagRuleRunCmd struct{ ofRule }

func (tagRuleRunCmd) Shape() any          { return tagTrial{} }
func (tagRuleRunCmd) Examples() []example { return nil }

// Do runs a rule.
func (q *tagRuleRunCmd) Do(c *call, h *House) error {
	t, id, err := q.find(c, h)
	if err != nil {
		return err
	}
	v, err := t.RunRule(c.ctx, user, id)
	if err != nil {
		return err
	}
	return printOne(c, lineOfTagTrial(v))
}

type tagRuleEndCmd struct {
	ofRule
	Keep   bool   `help:"保留已经贴上的|keep what it put on"`
	Reason string `required:"" placeholder:"TEXT" help:"原因|why"`
}

func (tagRuleEndCmd) Shape() any          { return tagMoved{} }
func (tagRuleEndCmd) Examples() []example { return nil }

// Do ends a rule.
func (q *tagRuleEndCmd) Do(c *call, h *House) error {
	t, id, err := q.find(c, h)
	if err != nil {
		return err
	}
	n, err := t.EndRule(c.ctx, user, id, q.Keep, q.Reason)
	if err != nil {
		return err
	}
	return printOne(c, tagMoved{q.Tag, n})
}

// tagEditLine is an edit of many groups.
type tagEditLine struct {
	ID     string   `json:"id" col:"编号|id"` // "" = a preview
	Tag    string   `json:"tag" col:"标签|tag"`
	Put    bool     `json:"put" col:"贴|put"`
	Total  int      `json:"groups" col:"群数|groups"`
	Names  []string `json:"first"`
	Reason string   `json:"reason" col:"原因|why"`
	At     Moment   `json:"at" col:"时间|at"`
	Undone Moment   `json:"undone_at" col:"撤销|undone"`
	Kept   int      `json:"kept"` // changed since: the undoing left them alone
}

func lineOfEdit(e tag.Edit) tagEditLine {
	return tagEditLine{e.ID.String(), e.Tag, e.Put, e.Total, []string{}, e.Reason, Moment(e.At), Moment(e.Undone), e.Kept}
}

type tagGroupsCmd struct {
	Tag    string   `arg:"" help:"标签|tag"`
	Off    bool     `help:"撕掉，不是贴上|take off instead of putting on"`
	Group  []string `placeholder:"GROUP" help:"这些群（可重复）|these groups (repeatable)"`
	Text   string   `help:"名字里有这些字的群|groups with this in their name"`
	In     string   `placeholder:"TAG" help:"带这个标签的群|groups with this tag"`
	All    bool     `help:"所有的群|all groups"`
	Do_    bool     `name:"do" help:"真的做；没有它只预览|do it; without, it is a preview"`
	Reason string   `placeholder:"TEXT" help:"原因|why"`
}

func (tagGroupsCmd) Shape() any { return tagEditLine{} }
func (tagGroupsCmd) Examples() []example {
	return []example{{"tag groups 华东 --text 上海 --do --reason 分区", [2]string{"名字里有「上海」的群都贴上", "every group with that in its name"}}}
}

// Do previews an edit of many groups, or does it.
func (q *tagGroupsCmd) Do(c *call, h *House) error {
	if len(q.Group) == 0 && q.Text == "" && q.In == "" && !q.All {
		return badUsage("说明是哪些群：--group、--text、--in 或 --all", "say which groups: --group, --text, --in or --all")
	}
	t, err := inOrg(c, h, h.Tags)
	if err != nil {
		return err
	}
	desk, err := c.desk(h)
	if err != nil {
		return err
	}
	o := tag.EditOrder{Name: q.Tag, Put: !q.Off, Filter: community.GroupFilter{Text: q.Text, Tag: q.In}}
	for _, name := range q.Group {
		g, err := c.group(desk, name)
		if err != nil {
			return err
		}
		o.Picked = append(o.Picked, g.ID)
	}
	if !q.Do_ {
		v, err := t.Preview(c.ctx, o)
		if err != nil {
			return err
		}
		return printOne(c, tagEditLine{Tag: v.Tag, Put: v.Put, Total: len(v.Groups), Names: append([]string{}, v.Names...)})
	}
	e, err := t.Edit(c.ctx, user, o, q.Reason)
	if err != nil {
		return err
	}
	return printOne(c, lineOfEdit(e))
}

type tagEditsCmd struct {
	fresh `kong:"-"`
}

func (tagEditsCmd) Shape() any          { return rowsOf[tagEditLine]() }
func (tagEditsCmd) Examples() []example { return nil }

// Do lists edits of many groups.
func (q *tagEditsCmd) Do(c *call, h *House) error {
	t, err := inOrg(c, h, h.Tags)
	if err != nil {
		return err
	}
	list, err := t.Edits(c.ctx)
	if err != nil {
		return err
	}
	return printList(c, mapped(list, lineOfEdit), len(list))
}

type tagUndoCmd struct {
	ID     string `arg:"" help:"编号|id"`
	Reason string `required:"" placeholder:"TEXT" help:"原因|why"`
}

func (tagUndoCmd) Shape() any          { return tagEditLine{} }
func (tagUndoCmd) Examples() []example { return nil }

// Do undoes an edit of many groups.
func (q *tagUndoCmd) Do(c *call, h *House) error {
	t, err := inOrg(c, h, h.Tags)
	if err != nil {
		return err
	}
	id, err := community.ParseID(q.ID)
	if err != nil {
		return err
	}
	e, err := t.UndoEdit(c.ctx, user, id, q.Reason)
	if err != nil {
		return err
	}
	return printOne(c, lineOfEdit(e))
}

// agendaLine is a group's next thing.
type agendaLine struct {
	Group string    `json:"group"`
	Name  string    `json:"name" col:"群|group"`
	Step  string    `json:"step" col:"环节|part"`  // screening, content, rules, review; "" = nothing is due today
	Next  string    `json:"next" col:"下一件|next"` // what kind of thing
	What  string    `json:"what"`                // of a task its verb, of an alarm its kind
	Count int       `json:"count" col:"数量|count"`
	Due   Moment    `json:"due_at" col:"期限|deadline"`
	Late  bool      `json:"late" col:"超时|late"`
	Owner string    `json:"owner" col:"负责人|owner"`
	From  string    `json:"owner_is"` // taken, keeper, duty; "" = nobody's
	Then  []dueLine `json:"then"`
}

// dueLine is what is due after it.
type dueLine struct {
	Step  string `json:"step"`
	Kind  string `json:"kind"`
	Count int    `json:"count"`
	Due   Moment `json:"due_at"`
}

type todayCmd struct {
	fresh `kong:"-"`
	Tag   string `placeholder:"TAG" help:"只看带这个标签的群|only groups with this tag"`
	All   bool   `help:"没有事的群也列出|groups without anything due, too"`
}

func (todayCmd) Shape() any { return rowsOf[agendaLine]() }
func (todayCmd) Examples() []example {
	return []example{{"today --json", [2]string{"每个群今天的下一件事", "every group's next thing today"}}}
}

// Do lists every group's next thing, those that are late first.
func (q *todayCmd) Do(c *call, h *House) error {
	t, err := inOrg(c, h, h.Today)
	if err != nil {
		return err
	}
	list, now, err := t.Day(c.ctx, q.Tag)
	if err != nil {
		return err
	}
	names, err := t.Names(c.ctx)
	if err != nil {
		return err
	}
	var out []agendaLine
	for _, a := range list {
		if a.Next.Kind == "" && !q.All {
			continue
		}
		l := agendaLine{Group: a.Group.ID.String(), Name: a.Group.Name, Step: string(a.Next.Part), Next: a.Next.Kind, What: a.Next.What, Count: a.Next.N, Due: Moment(a.Next.At), Late: a.Next.Kind != "" && a.Next.At < now, Owner: a.Owner, From: a.From, Then: []dueLine{}}
		if name := names[a.Owner]; name != "" {
			l.Owner = name
		}
		for _, d := range a.Rest {
			l.Then = append(l.Then, dueLine{string(d.Part), d.Kind, d.N, Moment(d.At)})
		}
		out = append(out, l)
	}
	return printList(c, out, len(out))
}

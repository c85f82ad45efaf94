package api

import (
	"context"

	"qunluo/internal/community"
	"qunluo/internal/duty"
	"qunluo/internal/tag"
)

// Tags keeps tags, the rules that give them and edits of many groups.
type Tags interface {
	List(ctx context.Context, scope tag.Scope) ([]tag.Tag, error)
	Put(ctx context.Context, user string, o tag.Order) (changed bool, err error)
	Write(ctx context.Context, user string, v tag.Tag, reason string) error
	Rename(ctx context.Context, user string, scope tag.Scope, old, name string, merge bool, reason string) (moved int, err error)
	Delete(ctx context.Context, user string, scope tag.Scope, name, reason string) (off int, err error)
	WornByMember(ctx context.Context, m community.MemberKey) (own, stays []tag.Worn, err error)
	WornByGroup(ctx context.Context, g community.GroupKey) ([]tag.Worn, error)
	Rules(ctx context.Context) ([]tag.Version, error)
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

// Today says what is due in each group.
type Today interface {
	Day(ctx context.Context, tag string) (list []duty.Agenda, now int64, err error)
}

type label struct {
	Scope  string `json:"scope" enum:"person,stay,group"`
	Name   string `json:"name"`
	Family string `json:"category"`
	Colour string `json:"colour"`
	Note   string `json:"note"`
	Worn   int    `json:"worn" doc:"by how many that the caller sees"`
	Auto   int    `json:"by_rule" doc:"of these, put there by a rule"`
	Rule   string `json:"rule" doc:"id of the rule that gives it; empty = none"`
}

type wornTag struct {
	Tag    string       `json:"tag"`
	Scope  string       `json:"scope" enum:"person,stay,group"`
	Stay   community.ID `json:"stay,omitzero" doc:"of a stay's tag"`
	Source string       `json:"source" doc:"hand, rule:ID, code:ID, …"`
	Why    string       `json:"why" doc:"of a rule: what held"`
	At     moment       `json:"at"`
	User   string       `json:"user"`
}

func wornOf(scope tag.Scope) func(tag.Worn) wornTag {
	return func(v tag.Worn) wornTag {
		return wornTag{v.Tag, string(scope), v.Stay, v.Source, v.Why, moment(v.At), v.User}
	}
}

type tagRule struct {
	ID      community.ID `json:"id"`
	Version int          `json:"version"`
	On      bool         `json:"on"`
	Rule    tagRuleBody  `json:"rule"`
	Ran     moment       `json:"ran_at"`
	Trouble string       `json:"trouble" doc:"why the last run did nothing: tag_gone, group_gone"`
	Note    string       `json:"note"`
}

func tagRuleOf(v tag.Version) tagRule {
	return tagRule{v.ID, v.Version, v.On, bodyOfRule(v.Rule), moment(v.Ran), v.Trouble, v.Note}
}

type tagTrialLine struct {
	Put    bool         `json:"put"`
	Member community.ID `json:"member,omitzero" doc:"left out of a group"`
	Name   string       `json:"name"`
	Group  community.ID `json:"group,omitzero" doc:"left out of a person"`
	In     string       `json:"group_name"`
	Why    string       `json:"why" doc:"what held, with the values found"`
}

type tagRuleBody struct {
	Scope  string         `json:"scope" enum:"person,stay,group"`
	Tag    string         `json:"tag"`
	Groups []community.ID `json:"groups,omitempty" doc:"in these only"`
	In     string         `json:"group_tag,omitempty" doc:"in groups with this tag only"`
	Any    bool           `json:"any,omitempty" doc:"one condition is enough"`
	When   []tagCondition `json:"when" minItems:"1" maxItems:"8"`
}

type tagCondition struct {
	Fact  string `json:"fact" enum:"tier,joined_days,silent_days,messages,strikes,source,invited_by,form,members,age_days,platform,mode,name"`
	Op    string `json:"op" enum:"is,not,least,most,has"`
	Value string `json:"value"`
	Days  int    `json:"days,omitempty" minimum:"0" maximum:"365" doc:"of messages: counted over so many days up to yesterday"`
}

func bodyOfRule(r tag.Rule) tagRuleBody {
	return tagRuleBody{string(r.Scope), r.Tag, r.Groups, r.GroupTag, r.Any, mapped(r.When, func(c tag.Condition) tagCondition { return tagCondition(c) })}
}

func (b tagRuleBody) rule() tag.Rule {
	return tag.Rule{Scope: tag.Scope(b.Scope), Tag: b.Tag, Groups: b.Groups, GroupTag: b.In, Any: b.Any, When: mapped(b.When, func(c tagCondition) tag.Condition { return tag.Condition(c) })}
}

type tagTrial struct {
	Put     int            `json:"put"`
	Take    int            `json:"take"`
	Keep    int            `json:"keep" doc:"wear it by the rule already"`
	Hand    int            `json:"by_hand" doc:"wear it by hand or from elsewhere: left alone"`
	No      int            `json:"taken_by_hand" doc:"fit, but a person took it off"`
	Trouble string         `json:"trouble"`
	First   []tagTrialLine `json:"first"`
}

func tagTrialOf(v tag.Trial) tagTrial {
	return tagTrial{v.Put, v.Take, v.Keep, v.Hand, v.No, v.Trouble, mapped(v.Lines, func(l tag.TrialLine) tagTrialLine {
		return tagTrialLine{l.Put, l.MemberID, l.Name, l.GroupID, l.GroupName, l.Why}
	})}
}

type tagEdit struct {
	ID     community.ID `json:"id,omitzero" doc:"left out of a preview"`
	Tag    string       `json:"tag"`
	Put    bool         `json:"put"`
	Groups int          `json:"groups" doc:"that change, or changed"`
	First  []string     `json:"first" doc:"of a preview: names of the first of them"`
	At     moment       `json:"at"`
	Undone moment       `json:"undone_at"`
	Kept   int          `json:"kept" doc:"changed since: the undoing left them alone"`
}

func tagEditOf(e tag.Edit) tagEdit {
	return tagEdit{e.ID, e.Tag, e.Put, e.Total, []string{}, moment(e.At), moment(e.Undone), e.Kept}
}

// TagEditOrder says which groups are to be tagged at once.
type TagEditOrder struct {
	Tag    string         `json:"tag"`
	Put    bool           `json:"put" doc:"false = taken off"`
	Groups []community.ID `json:"groups,omitempty" maxItems:"10000" doc:"none = all that text and group_tag find"`
	Text   string         `json:"text,omitempty" doc:"part of the group's name"`
	In     string         `json:"group_tag,omitempty"`
	Expect int            `json:"expect,omitempty" minimum:"0" doc:"how many the preview said; else nothing is done"`
}

func (o TagEditOrder) order() (tag.EditOrder, error) {
	if len(o.Groups) == 0 && o.Text == "" && o.In == "" {
		return tag.EditOrder{}, community.Errorf(community.CodeBadInput, "name groups, text or group_tag")
	}
	return tag.EditOrder{Name: o.Tag, Put: o.Put, Picked: o.Groups, Filter: community.GroupFilter{Text: o.Text, Tag: o.In}, Expect: o.Expect}, nil
}

type touchedCount struct {
	Worn int `json:"worn" doc:"how many were touched"`
}

type agenda struct {
	Group community.ID `json:"group"`
	Name  string       `json:"name"`
	Next  *dueThing    `json:"next" doc:"null = nothing is due today"`
	Then  []dueThing   `json:"then"`
	Owner string       `json:"owner" doc:"id of a user; empty = nobody"`
	From  string       `json:"owner_is" enum:"taken,keeper,duty," doc:"why it is theirs"`
	Late  int          `json:"late" doc:"kinds of things whose deadline is over"`
}

type dueThing struct {
	Step  string `json:"step" enum:"screening,content,rules,review"`
	Kind  string `json:"kind"`
	What  string `json:"what" doc:"of a task its verb, of an alarm its kind"`
	Count int    `json:"count"`
	Due   moment `json:"due_at"`
}

func dueOf(d duty.Due) dueThing {
	return dueThing{string(d.Part), d.Kind, d.What, d.N, moment(d.At)}
}

func agendaOf(a duty.Agenda) agenda {
	out := agenda{Group: a.Group.ID, Name: a.Group.Name, Then: mapped(a.Rest, dueOf), Owner: a.Owner, From: a.From, Late: a.Late}
	if a.Next.Kind != "" {
		next := dueOf(a.Next)
		out.Next = &next
	}
	return out
}

type scopeQuery struct {
	Scope string `query:"scope" enum:"person,stay,group" default:"group"`
}

type tagOrder struct {
	byID
	Body struct {
		Tag   string       `json:"tag"`
		On    bool         `json:"on" doc:"false = taken off; no rule puts it there again"`
		Group community.ID `json:"group,omitzero" doc:"the tag is of the stay there; left out = of the person"`
		Maybe
	}
}

type changedTag struct {
	Changed bool `json:"changed" doc:"false = it was so already"`
}

func tagLines() []line {
	people, groups := community.AreaPeople, community.AreaPeople
	tags := func(c *call) Tags { return room(c, c.a.deps.Rooms.Tags) }
	return []line{
		on("listScopedTags", "GET /tag-list", "Tags of a scope, with who wears them", groups, []string{"GET /tags", "GET /tags/one"}, func(c *call, in *scopeQuery) (list[label], error) {
			if in.Scope != string(tag.Group) && !c.a.deps.May(c.User, "GET /members") {
				return list[label]{}, community.Errorf(community.CodeForbidden, "tags of people")
			}
			rows, err := tags(c).List(c.ctx(), tag.Scope(in.Scope))
			return whole(rows, func(v tag.Tag) label {
				return label{string(v.Scope), v.Name, v.Family, v.Colour, v.Note, v.Worn, v.Auto, v.Rule}
			}), err
		}),
		admin(on("writeTag", "PUT /tag-list", "Write down how a tag looks and what it means", groups, []string{"POST /tags"}, func(c *call, in *struct {
			Body struct {
				Scope  string `json:"scope" enum:"person,stay,group"`
				Name   string `json:"name"`
				Family string `json:"category,omitempty"`
				Colour string `json:"colour,omitempty"`
				Note   string `json:"note,omitempty"`
				Maybe
			}
		}) (none, error) {
			b := in.Body
			return did(tags(c).Write(c.ctx(), c.who(), tag.Tag{Scope: tag.Scope(b.Scope), Name: b.Name, Family: b.Family, Colour: b.Colour, Note: b.Note}, b.Reason))
		})),
		admin(on("renameTag", "POST /tags/rename", "Give a tag another name, or make it one with another", groups, []string{"POST /tags/rename"}, func(c *call, in *struct {
			Body struct {
				Scope string `json:"scope" enum:"person,stay,group"`
				Old   string `json:"old"`
				New   string `json:"new"`
				Merge bool   `json:"merge,omitempty" doc:"into a tag that there is"`
				Because
			}
		}) (touchedCount, error) {
			b := in.Body
			n, err := tags(c).Rename(c.ctx(), c.who(), tag.Scope(b.Scope), b.Old, b.New, b.Merge, b.Reason)
			return touchedCount{n}, err
		})),
		admin(on("deleteTag", "POST /tags/delete", "Take a tag off everything and forget it", groups, []string{"POST /tags/delete"}, func(c *call, in *struct {
			Body struct {
				Scope string `json:"scope" enum:"person,stay,group"`
				Name  string `json:"name"`
				Because
			}
		}) (touchedCount, error) {
			n, err := tags(c).Delete(c.ctx(), c.who(), tag.Scope(in.Body.Scope), in.Body.Name, in.Body.Reason)
			return touchedCount{n}, err
		})),
		on("listMemberTags", "GET /members/{id}/tags", "What a member wears, and on which stays", people, []string{"GET /members/{id}/tags"}, func(c *call, in *byID) (list[wornTag], error) {
			m, err := c.desk.MemberByID(c.ctx(), in.ID)
			if err != nil {
				return list[wornTag]{}, err
			}
			own, stays, err := tags(c).WornByMember(c.ctx(), m.Key)
			all := append(mapped(own, wornOf(tag.Person)), mapped(stays, wornOf(tag.Stay))...)
			return whole(all, func(v wornTag) wornTag { return v }), err
		}),
		on("tagMember", "POST /members/{id}/tags", "Put a tag on a member or on their stay in a group, or take it off", people, []string{"POST /members/{id}/tags"}, func(c *call, in *tagOrder) (changedTag, error) {
			o := tag.Order{Scope: tag.Person, Name: in.Body.Tag, On: in.Body.On, Member: in.ID, Reason: in.Body.Reason}
			if !in.Body.Group.IsZero() {
				o.Scope, o.Group = tag.Stay, in.Body.Group
			}
			changed, err := tags(c).Put(c.ctx(), c.who(), o)
			return changedTag{changed}, err
		}),
		on("listGroupTags", "GET /groups/{id}/tags", "What a group wears, and where that came from", groups, []string{"GET /groups/{id}/tags"}, inGroup(func(c *call, in *byID, g community.GroupRow) (list[wornTag], error) {
			rows, err := tags(c).WornByGroup(c.ctx(), g.Key)
			return whole(rows, wornOf(tag.Group)), err
		})),
		on("tagGroup", "POST /groups/{id}/tags", "Put a tag on a group, or take it off", groups, []string{"POST /groups/{id}/tags"}, func(c *call, in *struct {
			byID
			Body struct {
				Tag string `json:"tag"`
				On  bool   `json:"on"`
				Maybe
			}
		}) (changedTag, error) {
			changed, err := tags(c).Put(c.ctx(), c.who(), tag.Order{Scope: tag.Group, Name: in.Body.Tag, On: in.Body.On, Group: in.ID, Reason: in.Body.Reason})
			return changedTag{changed}, err
		}),
		on("listTagRules", "GET /tag-rules", "Rules that give tags", people, []string{"GET /tags/rules"}, func(c *call, _ *struct{}) (list[tagRule], error) {
			rows, err := tags(c).Rules(c.ctx())
			return whole(rows, tagRuleOf), err
		}),
		admin(on("tryTagRule", "POST /tag-rules/try", "What a rule would do now; nothing is changed", people, []string{"GET /tags/rules/look"}, func(c *call, in *struct {
			Body struct {
				Rule tagRuleBody  `json:"rule"`
				ID   community.ID `json:"id,omitzero" doc:"of the rule it would replace"`
			}
		}) (tagTrial, error) {
			v, err := tags(c).TryRule(c.ctx(), in.Body.Rule.rule(), in.Body.ID)
			return tagTrialOf(v), err
		})),
		admin(on("setTagRule", "POST /tag-rules", "Keep a rule: a new one, or a new version of one", people, []string{"POST /tags/rules"}, func(c *call, in *struct {
			Body struct {
				Rule tagRuleBody  `json:"rule"`
				ID   community.ID `json:"id,omitzero" doc:"of the rule that is changed; left out = a new one"`
				Base int          `json:"base,omitempty" minimum:"0" doc:"the version that was changed"`
				On   bool         `json:"on"`
				Because
			}
		}) (tagRule, error) {
			b := in.Body
			if b.ID.IsZero() {
				v, err := tags(c).AddRule(c.ctx(), c.who(), b.Rule.rule(), b.On, b.Reason)
				return tagRuleOf(v), err
			}
			v, err := tags(c).SetRule(c.ctx(), c.who(), b.ID, b.Base, b.Rule.rule(), b.On, b.Reason)
			return tagRuleOf(v), err
		})),
		admin(on("runTagRule", "POST /tag-rules/{id}/run", "Run a rule at once", people, []string{"POST /tags/rules/run"}, func(c *call, in *byID) (tagTrial, error) {
			v, err := tags(c).RunRule(c.ctx(), c.who(), in.ID)
			return tagTrialOf(v), err
		})),
		admin(on("endTagRule", "POST /tag-rules/{id}/end", "Take a rule away", people, []string{"POST /tags/rules/end"}, func(c *call, in *struct {
			byID
			Body struct {
				Keep bool `json:"keep,omitempty" doc:"what it put on stays, as put there by hand"`
				Because
			}
		}) (touchedCount, error) {
			n, err := tags(c).EndRule(c.ctx(), c.who(), in.ID, in.Body.Keep, in.Body.Reason)
			return touchedCount{n}, err
		})),
		on("listTagEdits", "GET /tag-edits", "Edits of many groups, latest first", groups, []string{"GET /tags/edits"}, func(c *call, _ *struct{}) (list[tagEdit], error) {
			rows, err := tags(c).Edits(c.ctx())
			return whole(rows, tagEditOf), err
		}),
		on("previewTagEdit", "POST /tag-edits/preview", "Which groups an edit would change; nothing is changed", groups, []string{"GET /tags/edits/new"}, func(c *call, in *struct{ Body TagEditOrder }) (tagEdit, error) {
			o, err := in.Body.order()
			if err != nil {
				return tagEdit{}, err
			}
			v, err := tags(c).Preview(c.ctx(), o)
			return tagEdit{Tag: v.Tag, Put: v.Put, Groups: len(v.Groups), First: list0(v.Names)}, err
		}),
		on("editTags", "POST /tag-edits", "Put a tag on many groups at once, or take it off", groups, []string{"POST /tags/edits"}, func(c *call, in *struct {
			Body struct {
				TagEditOrder
				Because
			}
		}) (tagEdit, error) {
			o, err := in.Body.order()
			if err != nil {
				return tagEdit{}, err
			}
			e, err := tags(c).Edit(c.ctx(), c.who(), o, in.Body.Reason)
			return tagEditOf(e), err
		}),
		on("undoTagEdit", "POST /tag-edits/{id}/undo", "Give the groups of an edit back what they wore", groups, []string{"POST /tags/edits/undo"}, func(c *call, in *undoOrder) (tagEdit, error) {
			e, err := tags(c).UndoEdit(c.ctx(), c.who(), in.ID, in.Body.Reason)
			return tagEditOf(e), err
		}),
		on("listToday", "GET /today", "Every group's next thing today, those that are late first", groups, []string{"GET /today"}, func(c *call, in *paging) (list[agenda], error) {
			p, err := c.page(*in, sorting{})
			if err != nil {
				return list[agenda]{}, err
			}
			day, _, err := room(c, c.a.deps.Rooms.Today).Day(c.ctx(), "")
			from := min(p.Offset, len(day))
			return listed(c, p, day[from:min(len(day), from+p.Limit)], len(day), agendaOf), err
		}),
	}
}

package console

import (
	"encoding/json"
	"fmt"
	"net/url"
	"slices"
	"strconv"
	"strings"

	"qunluo/internal/community"
	"qunluo/internal/console/view"
	"qunluo/internal/console/view/ui"
	"qunluo/internal/policy"
)

// The forms of rules and books are made from their schemas (policy.Field): a new kind of rule needs nothing here.

// formMaker turns values into controls.
type formMaker struct {
	k       *call
	faults  map[string]string // path → what is wrong
	fresh   bool              // absent values show the field's default
	members map[community.MemberKey]community.Member
	groups  map[community.GroupKey]string
	typed   map[string]string // path → what was typed where it could not be understood
	items   []ui.Option       // of the library, where the form has a field for one
}

// controls makes one control per field.
func (m formMaker) controls(prefix string, fields []policy.Field, value map[string]any) []view.Control {
	var out []view.Control
	for _, f := range fields {
		v, ok := value[f.Name]
		if !ok && m.fresh {
			v = f.Default
		}
		out = append(out, m.control(under(prefix, f.Name), f, v))
	}
	return out
}

func under(prefix, name string) string {
	if prefix == "" {
		return name
	}
	return prefix + "." + name
}

// inputKinds are the kinds of input of the simple types.
var inputKinds = map[string]string{"text": "text", "id": "text", "time": "text", "zone": "text", "long": "area", "int": "number", "bool": "check", "choice": "select",
	"words": "area", "hosts": "area", "regexps": "area", "patterns": "area", "apps": "area", "members": "area", "groups": "area", "library": "select"}

func (m formMaker) control(path string, f policy.Field, value any) view.Control {
	c := view.Control{Input: ui.Input{Kind: inputKinds[f.Type], Name: path, Label: m.k.Words.Pick(f.Title), Help: m.k.Words.Pick(f.Help), Required: f.Required, Value: text(value), Err: m.fault(path, f), Max: 400}}
	if f.Carried && c.Err == "" {
		c.Kind = "hidden"
		return c
	}
	switch f.Type {
	case "long":
		c.Rows = 2
	case "int":
		if n, err := strconv.ParseInt(c.Value, 10, 64); err == nil && n >= 60 && (strings.HasSuffix(f.Name, "seconds") || strings.HasSuffix(f.Name, "cooldown")) {
			c.Help = strings.TrimSpace(c.Help + " " + m.k.T("rule.that_is", "t", m.k.Words.Seconds(n)))
		}
	case "choice":
		if !f.Required {
			c.Options = append(c.Options, ui.Option{Text: "–"})
		}
		for _, ch := range f.Choices {
			c.Options = append(c.Options, ui.Option{Value: ch.Value, Text: m.k.Words.Pick(ch.Title)})
		}
	case "library":
		c.Options = m.k.withNamed(m.items, c.Value)
	case "choices":
		c.Form = "choices"
		for _, ch := range f.Choices {
			c.Ticks = append(c.Ticks, view.Tick{Value: ch.Value, Text: m.k.Words.Pick(ch.Title), On: slices.Contains(lines(value), ch.Value)})
		}
	case "words", "hosts", "regexps", "patterns", "apps":
		list := lines(value)
		c.Value, c.Rows = strings.Join(list, "\n"), min(max(4, len(list)+1), 14)
		c.Help = strings.TrimSpace(c.Help + " " + m.k.T("rule.per_line"))
	case "members":
		c.Value, c.Help = m.memberLines(path, value), strings.TrimSpace(c.Help+" "+m.k.T("rule.members_help"))
	case "groups":
		c.Value, c.Help = m.groupLines(path, value), strings.TrimSpace(c.Help+" "+m.k.T("rule.groups_help"))
		c.Rows = 3
	case "object":
		c.Form = "object"
		inner, _ := value.(map[string]any)
		fields := f.Fields
		if !f.Required {
			fields = optional(fields)
		}
		c.Controls = m.controls(path, fields, inner)
	case "objects":
		c.Form = "objects"
		list, _ := value.([]any)
		if len(list) == 0 && f.Required && m.fresh && m.typed == nil {
			list = []any{map[string]any{}} // one to fill in
		}
		for i, item := range list {
			inner, _ := item.(map[string]any)
			at := fmt.Sprintf("%s[%d]", path, i)
			one := m
			one.fresh = m.fresh || len(inner) == 0 && m.typed == nil // just added
			c.Items = append(c.Items, view.Item{Title: m.itemTitle(i, inner), Controls: one.controls(at, f.Fields, inner), Drop: "drop:" + at})
		}
		c.Add, c.Count = "add:"+path, strconv.Itoa(len(list))
		m.comeBack(&c, path)
	}
	return c
}

// itemTitle names an entry of a list: by its place, and by the word list that it names.
func (m formMaker) itemTitle(i int, item map[string]any) string {
	if text(item["asset"]) == "" {
		return m.k.T("rule.item", "i", i+1)
	}
	return m.k.T("words.item", "i", i+1, "list", text(item["name"]), "v", text(item["version"]))
}

// comeBack puts the cursor where the list that just grew or shrank stands, so that a page made anew does not begin at its
// top.
func (m formMaker) comeBack(c *view.Control, path string) {
	did := m.k.form("do")
	if strings.HasPrefix(did, "drop:"+path+"[") {
		c.Here = true
	}
	if did != c.Add || len(c.Items) == 0 {
		return
	}
	last := c.Items[len(c.Items)-1].Controls
	i := slices.IndexFunc(last, func(x view.Control) bool { return x.Form == "" && x.Kind != "check" && x.Kind != "select" })
	if c.Here = i < 0; i >= 0 {
		last[i].Focus = true
	}
}

// optional is the fields of an object that may be left out as a whole: a browser must not insist on its parts.
func optional(fields []policy.Field) []policy.Field {
	out := slices.Clone(fields)
	for i := range out {
		out[i].Required = false
	}
	return out
}

// fault is what is wrong with a field; faults of a list's entries belong to the list's one box.
func (m formMaker) fault(path string, f policy.Field) string {
	if said, ok := m.faults[path]; ok {
		return said
	}
	if f.Type == "object" || f.Type == "objects" {
		return ""
	}
	for _, at := range sortedKeys(m.faults) {
		if strings.HasPrefix(at, path+"[") {
			n := strings.TrimSuffix(strings.TrimPrefix(at, path+"["), "]")
			if i, err := strconv.Atoi(n); err == nil {
				return m.k.T("rule.line", "i", i+1) + m.faults[at]
			}
		}
	}
	return ""
}

func sortedKeys(of map[string]string) []string {
	var out []string
	for at := range of {
		out = append(out, at)
	}
	slices.Sort(out)
	return out
}

// lines reads a list of texts.
func lines(value any) []string {
	list, _ := value.([]any)
	if same, ok := value.([]string); ok {
		return same
	}
	var out []string
	for _, v := range list {
		out = append(out, text(v))
	}
	return out
}

// memberLines writes members as people find them: the platform's id, then the name.
func (m formMaker) memberLines(path string, value any) string {
	if typed, ok := m.typed[path]; ok {
		return typed
	}
	var out []string
	for _, s := range lines(value) {
		n, _ := strconv.ParseInt(s, 10, 64)
		if who, ok := m.members[community.MemberKey(n)]; ok {
			s = strings.TrimSpace(who.External + " " + ui.Visible(who.Name))
		} else {
			s = "#" + s
		}
		out = append(out, s)
	}
	return strings.Join(out, "\n")
}

// groupLines writes groups by their names, or by their number where a name does not tell.
func (m formMaker) groupLines(path string, value any) string {
	if typed, ok := m.typed[path]; ok {
		return typed
	}
	var out []string
	for _, s := range lines(value) {
		n, _ := strconv.ParseInt(s, 10, 64)
		if name := m.groups[community.GroupKey(n)]; name != "" {
			s = ui.Visible(name)
		} else {
			s = "#" + s
		}
		out = append(out, s)
	}
	return strings.Join(out, "\n")
}

// namedGroups gives the groups that the person sees by key, where the name is theirs alone.
func (k *call) namedGroups() (map[community.GroupKey]string, error) {
	rows, _, err := k.Desk.FindGroups(k.ctx(), community.GroupFilter{Page: community.Page{Limit: 200}})
	if err != nil {
		return nil, err
	}
	count := map[string]int{}
	for _, g := range rows {
		count[g.Name]++
	}
	out := map[community.GroupKey]string{}
	for _, g := range rows {
		if count[g.Name] == 1 {
			out[g.Key] = g.Name
		}
	}
	return out, nil
}

// memberKeys gathers the members that a document names in fields of type members.
func memberKeys(fields []policy.Field, value map[string]any, into []community.MemberKey) []community.MemberKey {
	for _, f := range fields {
		switch f.Type {
		case "members":
			for _, s := range lines(value[f.Name]) {
				if n, err := strconv.ParseInt(s, 10, 64); err == nil {
					into = append(into, community.MemberKey(n))
				}
			}
		case "object":
			inner, _ := value[f.Name].(map[string]any)
			into = memberKeys(f.Fields, inner, into)
		}
	}
	return into
}

// asksFor reports whether fields, or those of their lists, have one of a type.
func asksFor(fields []policy.Field, kind string) bool {
	return slices.ContainsFunc(fields, func(f policy.Field) bool { return f.Type == kind || asksFor(f.Fields, kind) })
}

// maker prepares a form for a document.
func (k *call) maker(fields []policy.Field, doc map[string]any, faults map[string]string) (formMaker, error) {
	m := formMaker{k: k, faults: faults, members: map[community.MemberKey]community.Member{}}
	keys := memberKeys(fields, doc, nil)
	slices.Sort(keys)
	for part := range slices.Chunk(slices.Compact(keys), 200) {
		rows, err := k.Desk.MembersByKey(k.ctx(), part)
		if err != nil {
			return m, err
		}
		for _, one := range rows {
			m.members[one.Key] = one
		}
	}
	if asksFor(fields, "groups") {
		var err error
		if m.groups, err = k.namedGroups(); err != nil {
			return m, err
		}
	}
	if asksFor(fields, "library") {
		var err error
		if m.items, err = k.itemOptions(); err != nil {
			return m, err
		}
	}
	return m, nil
}

// formReader turns a posted form into a document.
type formReader struct {
	k      *call
	g      community.GroupKey
	form   url.Values
	faults map[string]string // what could not be understood
	typed  map[string]string
}

func (k *call) reader(g community.GroupKey) formReader {
	return formReader{k: k, g: g, form: k.R.PostForm, faults: map[string]string{}, typed: map[string]string{}}
}

func (r formReader) object(prefix string, fields []policy.Field) (map[string]any, error) {
	out := map[string]any{}
	for _, f := range fields {
		v, err := r.value(under(prefix, f.Name), f)
		if err != nil {
			return nil, err
		}
		if v != nil {
			out[f.Name] = v
		}
	}
	return out, nil
}

// maxItems bounds the items of a list in a form; larger ones go through JSON.
const maxItems = 200

func (r formReader) value(path string, f policy.Field) (any, error) {
	got := strings.TrimSpace(strings.ReplaceAll(r.form.Get(path), "\r\n", "\n"))
	switch f.Type {
	case "bool":
		if got == "1" {
			return true, nil
		}
		if f.Default == true {
			return false, nil
		}
		return nil, nil
	case "int":
		if got == "" {
			return nil, nil
		}
		n, err := strconv.ParseInt(got, 10, 64)
		if err != nil {
			return got, nil // the check says that it is no number
		}
		return json.Number(itoa(n)), nil
	case "choices":
		return append([]string{}, r.form[path]...), nil
	case "words", "hosts", "regexps", "patterns", "apps":
		return filled(got), nil
	case "members":
		return r.members(path, got)
	case "groups":
		return r.groups(path, got)
	case "object":
		inner, err := r.object(path, f.Fields)
		if len(inner) == 0 {
			return nil, err
		}
		return inner, err
	case "objects":
		return r.objects(path, f)
	}
	if got == "" {
		return nil, nil
	}
	return got, nil
}

func (r formReader) objects(path string, f policy.Field) (any, error) {
	n := number(r.form.Get(path+".n"), 0, maxItems, -1)
	if n < 0 && r.form.Has(path+".n") {
		return nil, community.Errorf(community.CodeTooLarge, "%s has %q items, at most %d go through a form", path, r.form.Get(path+".n"), maxItems)
	}
	var out []any
	for i := range max(n, 0) {
		at := fmt.Sprintf("%s[%d]", path, i)
		if r.form.Get("do") == "drop:"+at {
			continue
		}
		item, err := r.object(at, f.Fields)
		if err != nil {
			return nil, err
		}
		out = append(out, item)
	}
	if r.form.Get("do") == "add:"+path {
		out = append(out, map[string]any{})
	}
	if out == nil {
		return nil, nil
	}
	return out, nil
}

// filled splits lines and leaves the empty ones out.
func filled(text string) any {
	var out []string
	for _, s := range strings.Split(text, "\n") {
		if s = strings.TrimSpace(s); s != "" {
			out = append(out, s)
		}
	}
	if out == nil {
		return nil
	}
	return out
}

// members finds the members that lines name: by "#key", by the platform's id (the line's first word), or by a name that
// only one member has.
func (r formReader) members(path, got string) (any, error) {
	var out []int64
	list, _ := filled(got).([]string)
	for i, line := range list {
		if n, err := strconv.ParseInt(strings.TrimPrefix(line, "#"), 10, 64); err == nil && strings.HasPrefix(line, "#") {
			out = append(out, n)
			continue
		}
		word, _, _ := strings.Cut(line, " ")
		var fits []community.MemberKey
		for _, try := range []string{word, line} {
			rows, _, err := r.k.Desk.FindMembers(r.k.ctx(), community.MemberFilter{Group: r.g, Text: try, Page: community.Page{Limit: 20}})
			if err != nil {
				return nil, err
			}
			for _, m := range rows {
				if (m.External == try || m.Name == try || m.Card == try) && !slices.Contains(fits, m.Key) {
					fits = append(fits, m.Key)
				}
			}
			if len(fits) > 0 {
				break
			}
		}
		if len(fits) != 1 {
			r.faults[fmt.Sprintf("%s[%d]", path, i)], r.typed[path] = r.k.T("rule.no_member", "who", line), got
			continue
		}
		out = append(out, int64(fits[0]))
	}
	if out == nil {
		return nil, nil
	}
	return out, nil
}

// groups finds the groups that lines name: by "#key", by the platform's id, or by a name that only one group has.
func (r formReader) groups(path, got string) (any, error) {
	var out []int64
	list, _ := filled(got).([]string)
	for i, line := range list {
		if n, err := strconv.ParseInt(strings.TrimPrefix(line, "#"), 10, 64); err == nil && strings.HasPrefix(line, "#") {
			out = append(out, n)
			continue
		}
		rows, _, err := r.k.Desk.FindGroups(r.k.ctx(), community.GroupFilter{Text: line, Page: community.Page{Limit: 200}})
		if err != nil {
			return nil, err
		}
		rows = slices.DeleteFunc(rows, func(g community.GroupRow) bool { return g.Name != line && g.External != line })
		if len(rows) != 1 {
			r.faults[fmt.Sprintf("%s[%d]", path, i)], r.typed[path] = r.k.T("rule.no_such_group", "group", line), got
			continue
		}
		out = append(out, int64(rows[0].Key))
	}
	if out == nil {
		return nil, nil
	}
	return out, nil
}

// faultsAt gives the faults of a book below a path, with the path cut off, and how many lie elsewhere.
func (k *call) faultsAt(faults []Fault, prefix string, into map[string]string) {
	for _, f := range faults {
		at, ok := strings.CutPrefix(f.Path, prefix)
		if !ok || prefix != "" && !strings.HasPrefix(at, ".") && at != "" {
			continue
		}
		at = strings.TrimPrefix(at, ".")
		if into[at] == "" {
			into[at] = k.said(f)
		}
	}
}

// plain turns Go values made by a reader into what a decoder would give, so that forms can be made from them again.
func plain(doc map[string]any) map[string]any {
	out, err := readDoc(writeDoc(doc))
	if err != nil {
		panic(err) // written a moment ago
	}
	return out
}

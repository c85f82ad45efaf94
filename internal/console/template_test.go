package console

import (
	"bytes"
	"context"
	"net/http"
	"net/url"
	"strings"
	"testing"

	"qunluo/internal/community"
	"qunluo/internal/founding"
	"qunluo/internal/policy"
	"qunluo/internal/tier"
)

// drawer keeps templates and one founding.
type drawer struct {
	h     *house
	order founding.Order
	list  []founding.Record
	files [][]byte
	saved founding.Template
}

func (f *drawer) Templates(context.Context) ([]founding.Kept, error) {
	var out []founding.Kept
	for _, t := range founding.Shipped() {
		out = append(out, founding.Kept{Template: t})
	}
	return out, f.h.err
}
func (f *drawer) Template(_ context.Context, u founding.Use) (founding.Kept, error) {
	t, err := founding.ShippedNamed(u.Name, u.Lang)
	return founding.Kept{Template: t}, err
}
func (f *drawer) TemplateVersions(context.Context, string) ([]founding.Kept, error) {
	return nil, f.h.err
}
func (f *drawer) Uses(context.Context) ([]founding.Using, error) {
	return []founding.Using{{Use: founding.Use{Name: founding.Service, Version: 1, Lang: "zh-CN"}, Groups: 3}}, f.h.err
}
func (f *drawer) GroupUses(context.Context, community.GroupKey) ([]founding.Record, error) {
	return f.list, f.h.err
}
func (f *drawer) List(context.Context, founding.Filter, community.Page) ([]founding.Record, int, error) {
	return f.list, len(f.list), f.h.err
}
func (f *drawer) Preview(ctx context.Context, _ community.GroupKey, u founding.Use, _ []founding.Part) (v founding.Preview, err error) {
	kept, err := f.Template(ctx, u)
	if err != nil {
		return v, err
	}
	if v.Foundation, err = kept.Compose(u.Purpose, u.Preset); err != nil {
		return v, err
	}
	book, err := policy.Default(policy.PresetGeneral)
	v.Now = founding.Standing{Book: book, Tiers: tier.Default()}
	v.Changes = v.Differences(v.Now, func(community.Verb) bool { return true })
	v.Seen = founding.Marks{Goal: 7}
	return v, err
}
func (f *drawer) Apply(_ context.Context, _ string, o founding.Order) (founding.Record, error) {
	f.order = o
	return founding.Record{Use: o.Use, Title: "服务群", Parts: o.Parts}, f.h.err
}
func (f *drawer) Undo(context.Context, string, community.ID, string) (founding.Record, error) {
	return founding.Record{Left: []founding.Part{founding.Goal}}, f.h.err
}
func (f *drawer) Export(ctx context.Context, u founding.Use) ([]byte, string, error) {
	kept, err := f.Template(ctx, u)
	if err != nil {
		return nil, "", err
	}
	raw, err := founding.Encode(kept.Template)
	return raw, "service-v1.zh-CN.json", err
}
func (f *drawer) Import(_ context.Context, _ string, raw []byte, _ string) (founding.Kept, error) {
	f.files = append(f.files, raw)
	t, err := founding.Decode(raw)
	return founding.Kept{Template: t}, err
}
func (f *drawer) SaveFrom(_ context.Context, _ string, _ community.GroupKey, head founding.Template, _ []founding.Part, _ string) (founding.Kept, error) {
	f.saved = head
	head.Version = 1
	return founding.Kept{Template: head}, f.h.err
}

func drawerHouse(t *testing.T) (*drawer, *visitor) {
	h := newHouse()
	f := &drawer{h: h}
	d := h.fullDeps()
	d.Foundings = func(community.OrgKey, []community.GroupKey) Foundings { return f }
	return f, openWith(t, d).as("owner")
}

// TestATemplateIsLookedAtBeforeItIsApplied: the page shows what would change, part by part, and only what is ticked is applied, with the
// versions that were seen.
func TestATemplateIsLookedAtBeforeItIsApplied(t *testing.T) {
	f, v := drawerHouse(t)
	at := "/groups/" + fakeID(20).String() + "/template"
	_, page := v.get(at)
	says(t, "before choosing", page, "选好模板、目的和行业", "服务群 v1", "存成模板", "还没有用过模板")
	_, page = v.get(at + "?t=service&purpose=brand&preset=education")
	says(t, "the difference", page, "首次回复", "目标和指标", "让用户在群里感到这个品牌说到做到", "每周四 15:00", "提问有回应的比例", "28 天后复盘", "作业先自己试", `name="part_rules"`, `&#34;goal&#34;:7`)
	v.post(at, "t", "service", "purpose", "brand", "preset", "education", "version", "1", "seen", `{"goal":7}`, "part_goal", "1", "part_plan", "1", "reason", "新群")
	o := f.order
	if o.Use.Name != founding.Service || o.Use.Purpose != founding.Brand || o.Use.Preset != founding.Education || o.Use.Version != 1 || len(o.Parts) != 2 || o.Parts[1] != founding.Plan || o.Seen.Goal != 7 || o.Reason != "新群" {
		t.Errorf("order = %+v", o)
	}
	f.order = founding.Order{}
	_, page = v.post(at, "t", "service", "seen", `{}`, "reason", "新群")
	says(t, "without a part", page, "至少勾选一个部分")
	if f.order.Group != 0 {
		t.Errorf("without a part it was applied: %+v", f.order)
	}
	_, page = v.post(at+"/undo", "founding", fakeID(3).String(), "reason", "不合适")
	says(t, "undone in part", page, "这些部分之后有人改过", "目标和指标")
	v.post(at+"/save", "title", "我们的群", "name", "ours", "type", "interest", "lang", "zh-CN")
	if f.saved.Name != "ours" || f.saved.KPI != founding.MutualHelp {
		t.Errorf("saved = %+v", f.saved)
	}
	f.list = []founding.Record{{ID: fakeID(3), GroupID: fakeID(20), GroupName: "晨读", Use: founding.Use{Name: founding.Service, Version: 1, Lang: "zh-CN", Purpose: founding.Brand}, Title: "服务群", Parts: []founding.Part{founding.Goal}, Left: []founding.Part{founding.Rules}, State: founding.Done, Reason: "新群"}}
	_, page = v.get(at)
	says(t, "the log", page, "服务群 v1", "品牌", "没动：群规", "undo-"+fakeID(3).String())
	_, page = v.get("/groups/" + fakeID(20).String())
	says(t, "the group's page", page, at, "服务群 v1 · 品牌")
	d := f.h.fullDeps()
	d.Foundings = func(community.OrgKey, []community.GroupKey) Foundings { return f }
	if _, page = openWith(t, d).as("mod").get(at + "?t=service"); strings.Contains(page, "应用选中的部分") || strings.Contains(page, "undo-"+fakeID(3).String()) {
		t.Error("a moderator is offered to apply or to undo")
	}
}

// TestTemplatesComeAndGoAsFiles: the list, one template, its file, and a broken file in one sentence.
func TestTemplatesComeAndGoAsFiles(t *testing.T) {
	f, v := drawerHouse(t)
	_, page := v.get("/templates")
	says(t, "the list", page, "服务群", "v1：3 个群", "转化与复购", "还没有自己的模板", "导入文件")
	if strings.Contains(page, "Service group") {
		t.Error("the list shows the other language")
	}
	_, page = v.get("/templates/service?lang=zh-CN")
	says(t, "one", page, "问了有人答", "每周三 15:00", "question.median&lt;=30/30", "/templates/service/file?v=1&amp;lang=zh-CN")
	_, file := v.get("/templates/service/file?v=1&lang=zh-CN")
	_, page = v.give("/templates", "", []string{"note", "第一版"}, givenFile{"file", "service.json", []byte(file)})
	says(t, "after importing", page, "已导入「服务群」第 1 版")
	_, page = v.give("/templates", "", nil, givenFile{"file", "broken.json", []byte(file[:500])})
	says(t, "after a broken file", page, "这个模板文件不能用：", "不是有效的 JSON")
	_, page = v.give("/templates", "", nil, givenFile{"file", "huge.json", bytes.Repeat([]byte(" "), founding.MaxBytes+5)})
	says(t, "after a huge file", page, "超过 1 MB")
	if len(f.files) != 3 || string(f.files[0]) != file {
		t.Errorf("%d files arrived", len(f.files))
	}
	if _, err := founding.Decode([]byte(file)); err != nil {
		t.Errorf("the file: %v", err)
	}
	if code, _ := v.get("/templates/nonsense"); code != http.StatusNotFound {
		t.Errorf("no such template = %d", code)
	}
	if code, _ := v.get("/templates/" + url.PathEscape("../../etc/passwd")); code != http.StatusNotFound {
		t.Errorf("a hostile name = %d", code)
	}
	_, page = v.get("/groups/" + fakeID(20).String() + "/template?t=service&purpose=" + url.QueryEscape("<script>"))
	if strings.Contains(page, "<script>没有") || !strings.Contains(page, "没有 &lt;script&gt;") {
		t.Error("an unknown purpose is not said, or not escaped")
	}
}

package console

import (
	"strings"
	"testing"

	"qunluo/internal/community"
	"qunluo/internal/measure"
)

// goalHouse is a house that keeps goals.
func goalHouse(t *testing.T) (*goalKeeper, *visitor) {
	h := newHouse()
	keeper := newGoalKeeper(h)
	d := h.fullDeps()
	d.Goals = func(community.OrgKey, []community.GroupKey) Goals { return keeper }
	return keeper, openWith(t, d).as("owner")
}

func says(t *testing.T, what, body string, wants ...string) {
	t.Helper()
	for _, want := range wants {
		if !strings.Contains(body, want) {
			t.Errorf("%s does not say %q", what, want)
		}
	}
	for _, bad := range []string{"NaN", "[goal.", "[stage.", "[adjust.", "[playbook."} {
		if strings.Contains(body, bad) {
			t.Errorf("%s holds %q", what, bad)
		}
	}
}

func TestGroupWithoutAGoalSaysSo(t *testing.T) {
	_, v := goalHouse(t)
	at := "/groups/" + fakeID(20).String()
	_, page := v.get(at)
	says(t, "the group's page", page, "这个群还没有写目标和指标", at+"/goal")
	_, list := v.get("/groups")
	says(t, "the list of groups", list, "没有目标和指标")
	_, goals := v.get("/goals")
	says(t, "the list of goals", goals, "没有目标和指标", "算到昨天为止的完整天数")
}

func TestGoalIsHeldAgainstWhatIs(t *testing.T) {
	keeper, v := goalHouse(t)
	at := "/groups/" + fakeID(20).String()
	_, form := v.get(at + "/goal")
	says(t, "the form", form, "指标 3", "至少", "30 天")
	good := []string{"goal", "一起读完十本书", "value", "每周一份笔记", "metric0", "activity.speakers", "sign0", ">=", "value0", "20", "days0", "7", "metric1", "question.answered", "sign1", ">=", "value1", "80", "days1", "30", "metric2", "activity.leaves", "sign2", "<=", "value2", "5", "days2", "7", "reason", "开年"}
	_, page := v.post(at+"/goal", good...)
	says(t, "the group's page", page, "目标已保存", "一起读完十本书", "每周一份笔记", "≥ 20", "达到", "≥ 80.0%", "未知", "10 / 30", "n = 25", "不知道的天数太多")
	if keeper.goal.Version != 1 || len(keeper.goal.Targets) != 3 || keeper.goal.Targets[1].Value != 0.8 {
		t.Fatalf("goal = %+v", keeper.goal)
	}
	v.post(at+"/goal", append(good, "reason", "再来")...)
	_, form = v.get(at + "/goal")
	says(t, "the form", form, "v2", "80.0%", "历史版本")
	_, list := v.get("/goals")
	says(t, "the list of goals", list, "达到 2 / 3", "1 个未知")
	for name, bad := range map[string][]string{
		"two targets":    good[:20],
		"no goal":        append([]string{"goal", " "}, good[2:]...),
		"a bad value":    append(append([]string{}, good...), "metric3", "activity.rate", "value3", "x", "days3", "30"),
		"above 100 %":    append(append([]string{}, good...), "metric3", "activity.rate", "value3", "500", "days3", "30"),
		"the same twice": append(append([]string{}, good...), "metric3", "activity.speakers", "sign3", ">=", "value3", "9", "days3", "7"),
	} {
		if _, body := v.post(at+"/goal", bad...); keeper.goal.Version != 2 || !strings.Contains(body, "指标") {
			t.Errorf("%s is taken: %+v", name, keeper.goal)
		}
	}
}

func TestStageShowsItsEvidenceBesideAge(t *testing.T) {
	keeper, v := goalHouse(t)
	g := fakeID(20).String()
	_, all := v.get("/stage")
	says(t, "the table", all, "衰退", "每周发言人数", "Sen 斜率")
	_, page := v.get("/stage?g=" + g)
	says(t, "the page", page, "按曲线：衰退", "年龄和曲线说的不一样", "Sen -", "p = 0.00", "S = -", "方差", "55 → 23", "国庆", "<svg", "可能开始衰退", "水平变化点")
	_, page = v.post("/stage/overrule", "g", g, "stage", "stable", "days", "28", "reason", "放假后会回来")
	says(t, "the page", page, "已改判", "人工改判为稳定", "放假后会回来")
	if _, page = v.post("/stage/overrule", "g", g, "stage", "stable", "days", "28"); len(keeper.rulings) != 1 {
		t.Error("overruled without a reason")
	}
	if _, page = v.post("/stage/overrule", "g", g, "stage", "stable", "days", "999", "reason", "x"); len(keeper.rulings) != 1 {
		t.Error("overruled for ever")
	}
	_, page = v.post("/stage/unrule", "g", g, "reason", "看错了")
	says(t, "the page", page, "改判已收回", "收回")
	keeper.young = true
	_, page = v.get("/stage?g=" + g)
	says(t, "the page of a young group", page, "太新，说不准")
	_, page = v.post("/stage/rules", "young", "4", "old", "18", "new_share", "40", "slope", "3", "level", "70", "p", "0.05", "spam", "20", "alarm", "3")
	if keeper.rules.OldMonths != 18 || keeper.rules.NewShare != 0.4 {
		t.Errorf("rules = %+v", keeper.rules)
	}
	_, page = v.post("/stage/rules", "young", "4", "old", "2", "new_share", "40", "slope", "3", "level", "70", "p", "0.05", "spam", "20", "alarm", "3")
	says(t, "the form", page, "数值不对")
}

func TestPlaybookBecomesTasksAndIsReviewed(t *testing.T) {
	keeper, v := goalHouse(t)
	g := fakeID(20).String()
	_, page := v.get("/stage?g=" + g)
	says(t, "the page", page, "开始应对步骤", "把没人回的都回了", "还没有复盘过的调整")
	_, page = v.post("/stage/playbook", "g", g, "steps", "第一步\n\n第二步\n", "days", "14", "keep", "1")
	says(t, "the page", page, "已建 2 件待办")
	if len(keeper.adjusts) != 1 || len(keeper.steps) != 2 {
		t.Errorf("adjustments = %+v, steps %q", keeper.adjusts, keeper.steps)
	}
	_, page = v.post("/stage/playbook", "g", g, "steps", " ", "days", "14")
	says(t, "the page", page, "步骤要 1 到 12 行")
}

func TestAdjustmentIsReviewedOnItsDay(t *testing.T) {
	keeper, v := goalHouse(t)
	_, list := v.get("/adjustments")
	says(t, "the list", list, "还没有调整", "还没有复盘过的调整")
	_, page := v.post("/adjustments", "g", fakeID(20).String(), "kind", "gate", "what", "进群先答三个问题", "move", "leaves", "move_way", "down", "move_by", "20", "move_days", "28")
	says(t, "the page", page, "已记下", "进群先答三个问题", "每天离开下降 20.0%", "20", "14", "-9.5", "-2.5", "按预期动了", "不证明")
	for _, bad := range [][]string{{"what", "x"}, {"g", fakeID(20).String(), "what", "", "kind", "gate", "move", "leaves", "move_days", "28"}, {"g", fakeID(20).String(), "what", "x", "kind", "gate", "move", "leaves", "move_days", "3"}, {"g", fakeID(20).String(), "what", "x", "kind", "gate", "move", "leaves", "move_by", "many", "move_days", "28"}} {
		v.post("/adjustments", bad...)
	}
	if len(keeper.adjusts) != 1 {
		t.Fatalf("adjustments = %+v", keeper.adjusts)
	}
	at := "/adjustments/" + keeper.adjusts[0].ID.String()
	v.post(at+"/review", "do", "keep")
	if keeper.adjusts[0].Effect != nil {
		t.Error("decided without a reason")
	}
	_, page = v.post(at+"/review", "do", "keep", "reason", "离开少了")
	says(t, "the page", page, "已记下", "保留 · 离开少了")
	_, page = v.post(at+"/review", "do", "revert", "reason", "再想想")
	if keeper.adjusts[0].Note != "离开少了" {
		t.Error("decided twice")
	}
	_, list = v.get("/adjustments")
	says(t, "the list", list, "20 → 14，按预期", "太少（1 / 5）")
	if status, _ := v.get("/adjustments/" + fakeID(999).String()); status != 404 {
		t.Errorf("one that is not there: %d", status)
	}
}

// TestPublishingNamesTheFigureItShouldMove: the form of a rulebook offers it; what is chosen is kept with the version.
func TestPublishingNamesTheFigureItShouldMove(t *testing.T) {
	at := "/rules/" + fakeID(20).String()
	h := furnished()
	h.keep = true
	keeper := newGoalKeeper(h)
	d := h.fullDeps()
	d.Goals = func(community.OrgKey, []community.GroupKey) Goals { return keeper }
	v := openWith(t, d).as("owner")
	_, page := v.get(at)
	says(t, "the form", page, "要动的数字", "入群门槛", "几天后复盘", "不动数字的原因")
	for name, bad := range map[string][]string{"nothing named": nil, "a review too soon": {"move", "messages", "move_days", "3"}, "a share that is none": {"move", "messages", "move_days", "28", "move_by", "x"}} {
		_, page = v.post(at+"/publish", append([]string{"stamp", v.stamp(at), "reason", "放宽刷屏"}, bad...)...)
		if len(h.books) == 0 || !strings.Contains(page, "还没有改：先选要动哪个数字") || len(h.aims) != 0 {
			t.Errorf("%s: published", name)
		}
	}
	_, page = v.post(at+"/publish", "stamp", v.stamp(at), "reason", "放宽刷屏", "move", "messages", "move_kind", "rule", "move_way", "up", "move_days", "28")
	says(t, "the page", page, "要动的数字已记下")
	if want := (measure.Aim{Metric: "messages", Kind: "rule", Days: 28}); len(h.aims) != 1 || h.aims[0] != want {
		t.Errorf("aims = %+v, want %+v", h.aims, want)
	}
	h.books = h.books[1:] // no draft
	v.post(at+"/rollback", "version", "2", "reason", "误判多")
	if len(h.aims) != 1 {
		t.Errorf("rolled back without a word: %+v", h.aims)
	}
	v.post(at+"/rollback", "version", "2", "reason", "误判多", "move_none", "只是退回")
	if len(h.aims) != 2 || h.aims[1].Why != "只是退回" || h.aims[1].Metric != "" {
		t.Errorf("aims = %+v, want why there is no figure", h.aims)
	}
	keeper.none = []measure.NoFigure{{Group: 1, Kind: measure.AdjustRule, Ref: "book:8", Why: h.aims[1].Why}}
	_, none := v.get("/adjustments")
	says(t, "the list", none, "不动数字的改动", "只是退回")
	_, list := v.get("/adjustments?ref=book:7&what=x")
	says(t, "the list", list, "没有写要动哪个数字的改动", "广告从严", "book%3A7", "补写")
}

// TestGoalPagesSpeakBothLanguages: every page of goals, stages and adjustments, in both languages, without a missing word.
func TestGoalPagesSpeakBothLanguages(t *testing.T) {
	for _, lang := range []string{"zh-CN", "en"} {
		h := newHouse()
		h.users[0].Lang = lang
		keeper := newGoalKeeper(h)
		d := h.fullDeps()
		d.Goals = func(community.OrgKey, []community.GroupKey) Goals { return keeper }
		v := openWith(t, d).as("owner")
		g := fakeID(20).String()
		v.post("/adjustments", "g", g, "kind", "gate", "what", "x", "move", "answered", "move_way", "up", "move_days", "28")
		for _, path := range []string{"/goals", "/groups/" + g + "/goal", "/groups/" + g, "/stage", "/stage?g=" + g, "/stage/rules", "/adjustments", "/adjustments?g=" + g + "&state=due", "/adjustments/" + fakeID(900).String(), "/life", "/leavers", "/leavers?g=" + g, "/groups/" + g + "/goal/without", "/questions?g=" + g, "/glossary"} {
			status, body := v.get(path)
			if missing := unsaid.FindString(body); status != 200 || missing != "" {
				t.Errorf("%s (%s): %d, %q", path, lang, status, missing)
			}
		}
		h.err = community.Errorf(community.CodeInternal, "the disk is gone")
		if status, body := v.get("/goals"); status != 500 || !strings.Contains(body, "<html") {
			t.Errorf("a failed reading: %d", status)
		}
	}
}

// TestLeaversAndOpeningWithoutAGoal: answers are shown with their interval and escaped words, the question is switched, and why a group opens
// without a goal is written, shown and taken back.
func TestLeaversAndOpeningWithoutAGoal(t *testing.T) {
	keeper, v := goalHouse(t)
	g := fakeID(20).String()
	page := func(at string) string {
		t.Helper()
		code, body := v.get(at)
		if code != 200 {
			t.Errorf("%s is %d", at, code)
		}
		return body
	}
	says(t, "the page of leavers", page("/leavers"), "不清楚这个群是做什么的", "80.0%", "&lt;b&gt;每天几百条&lt;/b&gt;", "选一个群")
	v.post("/leavers", "g", g, "on", "1")
	if !keeper.asking {
		t.Error("leavers are not asked")
	}
	says(t, "switched on", page("/leavers?g="+g), "已打开", "停止询问")
	v.post("/groups/"+g+"/goal/without", "because", "试运行两周")
	says(t, "the list", page("/goals"), "试运行两周")
	says(t, "the goal", page("/groups/"+g+"/goal"), "没有目标也开放：试运行两周")
	if _, body := v.post("/groups/"+g+"/goal/without", "because", strings.Repeat("长", measure.MaxWaiver+1)); !strings.Contains(body, "写 1 到 300 个字") || keeper.waiver != "试运行两周" {
		t.Errorf("too long: %s", keeper.waiver)
	}
	v.post("/groups/"+g+"/goal/without", "because", "")
	if keeper.waiver != "" {
		t.Errorf("not taken back: %q", keeper.waiver)
	}
}

package console

import (
	"testing"

	"qunluo/internal/measure"
)

// declined is a group that entered decline on day 20_600 and talks until a day.
func declined(name string, last measure.Day, renewals ...measure.Day) measure.LifeFacts {
	f := measure.LifeFacts{Group: 1, GroupID: fakeID(20), Name: name, Entered: 20_600, From: 20_572, Known: make([]bool, 200), Renewals: renewals}
	for i := range f.Known {
		f.Known[i] = true
	}
	for d := f.From; d <= last; d++ {
		f.Talk = append(f.Talk, d)
	}
	return f
}

func TestLifeOfFewGroupsCannotBeDecided(t *testing.T) {
	keeper, v := goalHouse(t)
	_, page := v.get("/life")
	says(t, "without a group", page, "判断不了", "再有 8 个进入衰退的群", "其中再有 4 个做过焕新", "没有进入过衰退的群", "还没有焕新记录")
	keeper.lives = measure.CompareLives([]measure.LifeFacts{declined("读书群", 20_620, 20_610), declined("徒步群", 20_602), declined("旧群", 20_572)})
	_, page = v.get("/life")
	says(t, "of three", page, "判断不了", "再有 6 个进入衰退的群", "读书群", "2026-06-06", "已结束", "那时已结束")
}

func TestLifeOfGroupsIsComparedWithUncertainty(t *testing.T) {
	keeper, v := goalHouse(t)
	var facts []measure.LifeFacts
	for i := range 24 {
		f := declined("群", measure.Day(20_610+5*(i%16)))
		if i%2 == 0 {
			f = declined("群", measure.Day(20_640+8*(i%16)), 20_603)
		}
		facts = append(facts, f)
	}
	keeper.lives = measure.CompareLives(facts)
	_, page := v.get("/life")
	says(t, "the page", page, "log-rank", "χ²", "24 个群", "12 个做过焕新", "<svg", "没做过焕新（n = 24", "做过焕新（n = 12", "不说明原因")
}

func TestRenewalIsEnteredWithItsDayAndVoided(t *testing.T) {
	keeper, v := goalHouse(t)
	g := fakeID(20).String()
	for name, bad := range map[string][]string{
		"no group": {"what", "重开", "day", "2026-11-01"}, "no words": {"g", g, "what", " ", "day", "2026-11-01"}, "no day": {"g", g, "what", "重开", "day", "bald"},
		"the future": {"g", g, "what", "重开", "day", "2036-11-01"}, "long ago": {"g", g, "what", "重开", "day", "1999-11-01"},
	} {
		if _, page := v.post("/life/renewals", bad...); len(keeper.renewals) != 0 {
			t.Errorf("%s is taken: %s", name, page[:min(len(page), 80)])
		}
	}
	_, page := v.post("/life/renewals", "g", g, "what", "换主题重新开群", "day", "2026-11-01")
	says(t, "the page", page, "焕新已记下", "换主题重新开群", "2026-11-01", "人记的")
	at := "/life/renewals/" + keeper.renewals[0].ID.String() + "/void"
	if v.post(at); keeper.renewals[0].Voided != 0 {
		t.Error("void without a reason")
	}
	_, page = v.post(at, "reason", "记错群了")
	says(t, "the page", page, "已作废", "记错群了")
}

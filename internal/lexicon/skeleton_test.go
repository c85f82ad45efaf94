package lexicon

import "testing"

func TestNamesThatLookAlikeHaveOneSkeleton(t *testing.T) {
	for name, like := range map[string][]string{
		"管理员小王":    {"管理员小王", "管理員小王", "管理员 小王", "管\u200b理员小王", "【管理员】小王", "\u202e管理员小王", "管理员小王。"},
		"Lin Xiao": {"lin xiao", "1in xiao", "Iin Xiao", "lіn хіао", "ＬＩＮ　ＸＩＡＯ", "L1n_X1ao", "l\u0301in xiao"},
		"admin":    {"аdmin", "adrnin", "ADMIN", "adm1n", "𝐚𝐝𝐦𝐢𝐧"},
		"Go0d":     {"good", "G00D", "gооd"},
	} {
		for _, other := range like {
			if Skeleton(name) != Skeleton(other) {
				t.Errorf("%q and %q: %q, %q", name, other, Skeleton(name), Skeleton(other))
			}
		}
	}
	for _, pair := range [][2]string{{"小王", "小玉"}, {"linxiao", "linxia"}, {"管理员", "管理"}, {"anna", "hanna"}} {
		if Skeleton(pair[0]) == Skeleton(pair[1]) {
			t.Errorf("%q is taken for %q", pair[0], pair[1])
		}
	}
	for _, name := range []string{"", "\u200b", "  ", "！！！"} {
		if got := Skeleton(name); got != "" {
			t.Errorf("%q has the skeleton %q", name, got)
		}
	}
}

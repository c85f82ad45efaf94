package app_test

import (
	"testing"

	"qunluo/internal/community"
	"qunluo/internal/founding"
)

// TestTemplatePagesFitTheirScreens looks at the pages of templates at both widths: nothing may stick out, and the browser's console stays
// silent.
func TestTemplatePagesFitTheirScreens(t *testing.T) {
	looksAtBothWidths(t, "template", func(t *testing.T, s *shift, owner community.User) []visited {
		ctx, ming, f := t.Context(), owner.ID.String(), s.app.Foundings(s.org, nil)
		at := "/groups/" + s.group.ID.String() + "/template"
		_, err := f.SaveFrom(ctx, ming, s.group.Key, founding.Template{Name: "ours-with-a-rather-long-name", Title: "我们自己的一份名字相当长的模板", Summary: "从做得好的群存下来", Type: founding.Interest, KPI: founding.MutualHelp, Lang: "zh-CN"}, nil, "第一版")
		check(t, err)
		r, err := f.Apply(ctx, ming, founding.Order{Group: s.group.Key, Use: founding.Use{Name: founding.Service, Lang: owner.Lang, Purpose: founding.Brand}, Parts: []founding.Part{founding.Goal, founding.Plan}, Reason: "先试两个部分"})
		check(t, err)
		_, err = f.Undo(ctx, ming, r.ID, "换一份")
		check(t, err)
		_, err = f.Apply(ctx, ming, founding.Order{Group: s.group.Key, Use: founding.Use{Name: founding.Commercial, Lang: owner.Lang, Purpose: founding.Matching, Preset: founding.Ecommerce}, Reason: "正式开群"})
		check(t, err)
		return []visited{{"list", "/templates"}, {"one", "/templates/commercial?v=1&lang=" + owner.Lang}, {"own", "/templates/ours-with-a-rather-long-name?own=1&v=1"}, {"choose", at},
			{"difference", at + "?t=knowledge&purpose=brand&preset=education"}, {"same", at + "?t=commercial&purpose=matching&preset=ecommerce"}, {"group", "/groups/" + s.group.ID.String()},
			{"retention", "/retention?split=template&g=" + s.group.ID.String()}}
	})
}

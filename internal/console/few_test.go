package console

import (
	"math"
	"strings"
	"testing"

	"qunluo/internal/console/view/ui"
	"qunluo/internal/i18n"
	"qunluo/internal/poster"
)

func TestSmallCellsAreTakenOut(t *testing.T) {
	for name, x := range map[string][2]string{
		"a cell":                {`<table><tr><td>9</td><td>10</td></tr></table>`, `<table><tr><td>&lt;10</td><td>10</td></tr></table>`},
		"nought tells nobody":   {`<td>0</td><td>-</td>`, `<td>0</td><td>-</td>`},
		"a figure in a cell":    {`<td><span class="num">3</span></td>`, `<td><span class="num">&lt;10</span></td>`},
		"with its unit":         {`<div class="stat-value num">7 <span class="stat-unit">人</span></div>`, `<div class="stat-value num">&lt;10<span class="stat-unit">人</span></div>`},
		"the share beside it":   {`<tr><td>33.3%</td><td>1</td></tr><tr><td>50%</td><td>20</td></tr>`, `<tr><td>–</td><td>&lt;10</td></tr><tr><td>50%</td><td>20</td></tr>`},
		"a mean":                {`<td>2.5</td>`, `<td>&lt;10</td>`},
		"words and forms":       {`<p>第 3 页</p><th class="num">3</th><input value="3"><td><a href="/x?p=3">3 月</a></td>`, `<p>第 3 页</p><th class="num">3</th><input value="3"><td><a href="/x?p=3">3 月</a></td>`},
		"a chart":               {`<script type="application/json">{"series":[{"data":[1,20,null,0],"name":"x"}],"unit":"3"}</script>`, `<script type="application/json">{"heat":null,"series":[{"data":[null,20,null,0],"name":"x"}],"unit":"3"}</script>`},
		"a script is no chart":  {`<script src="/static/a.js"></script><td>1</td>`, `<script src="/static/a.js"></script><td>&lt;10</td>`},
		"escaped text stays so": {`<td>&lt;b&gt;</td><p>&amp;</p>`, `<td>&lt;b&gt;</td><p>&amp;</p>`},
		"cells that never end":  {`<td>1<td>2<p>3</p>`, `<td>&lt;10<td>&lt;10<p>&lt;10</p>`},
	} {
		if got := string(withoutFew([]byte(x[0]))); got != x[1] {
			t.Errorf("%s: %s, want %s", name, got, x[1])
		}
	}
	row := []string{"群", "3", "33.3%", "12", "0"}
	if fewCells(row); strings.Join(row, "|") != "群|<10|–|12|0" {
		t.Errorf("a row of a file: %q", row)
	}
}

// TestPicturesLeaveSmallFiguresOpen: what may not be told is not known, and no nought; nor does the sum tell it.
func TestPicturesLeaveSmallFiguresOpen(t *testing.T) {
	words, err := i18n.New()
	if err != nil {
		t.Fatal(err)
	}
	for name, g := range map[string]ui.Graph{
		"lines": {Kind: "lines", Labels: []string{"a", "b", "c"}, Series: []ui.Series{{Name: "x", Data: []int64{3, 0, 20}}}},
		"heat":  {Kind: "heat", Labels: []string{"a", "b", "c"}, Rows: []string{"r"}, Heat: [][]int64{{3, 0, 20}}},
		"means": {Kind: "heat", Labels: []string{"a", "b", "c"}, Rows: []string{"r"}, Means: [][]float64{{2.5, 0, 20}}},
	} {
		c := graphChart(words.In("en"), g, album{few: 10})
		row := append([]poster.Series{}, c.Series...)
		if len(row) == 0 {
			row = []poster.Series{{Data: c.Cells[0]}}
		}
		if v := row[0].Data; !math.IsNaN(v[0]) || v[1] != 0 || v[2] != 20 {
			t.Errorf("%s = %v, want the first open, nought and 20 as they are", name, v)
		}
		if facts := strings.Join(c.Facts, " "); strings.Contains(facts, "23") || name != "means" && !strings.Contains(facts, "20") {
			t.Errorf("%s says %q, want the sum of what is told", name, facts)
		}
		if _, err := poster.Draw(graphChart(words.In("en"), g, album{few: 1000})); err != nil {
			t.Errorf("%s with nothing to tell: %v", name, err)
		}
	}
	if g := (ui.Graph{Means: [][]float64{{2.5}}}); !math.IsNaN(graphChart(words.In("en"), g, album{few: 10}).Cells[0][0]) || g.Means[0][0] != 2.5 {
		t.Error("the page's own figures were changed")
	}
}

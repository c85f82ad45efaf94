package console

import (
	"strings"
	"testing"
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

package api

import (
	"bytes"
	"encoding/json"
	"slices"
	"strings"

	"qunluo/internal/community"
	"qunluo/internal/measure"
)

// countless are names of numbers that count neither people nor what they did; those that end in _days or _weeks are none, either.
var countless = []string{"version", "rulebook", "weekday", "hour", "day", "days", "days_covered", "step", "k", "weeks", "total", "degrees_of_freedom"}

// few reports whether the caller is told no small counts: whoever sees figures and no people sees none that is so small that it leads to
// somebody, here as on pages.
func (a *API) few(l *line, u community.User) bool {
	return !l.writes() && (l.area == community.AreaInsight || l.area == community.AreaPeople) && !a.deps.May(u, byName)
}

// withoutFew takes out of an answer the counts below measure.Few, and what is no whole number beside them, such as shares of them: they
// become null. It looks at the answer as it leaves, so that no operation forgets it; what is small but counts nobody goes, too.
func withoutFew(raw []byte) ([]byte, error) {
	in := json.NewDecoder(bytes.NewReader(raw))
	in.UseNumber()
	var v any
	if err := in.Decode(&v); err != nil {
		return nil, err
	}
	return json.Marshal(fewOut("", v))
}

func fewOut(name string, v any) any {
	switch v := v.(type) {
	case json.Number:
		if small(name, v) {
			return nil
		}
	case []any:
		for i := range v {
			v[i] = fewOut(name, v[i])
		}
	case map[string]any:
		hid := false
		for key, one := range v {
			n, is := one.(json.Number)
			hid = hid || is && small(key, n)
			v[key] = fewOut(key, one)
		}
		for key, one := range v {
			if n, is := one.(json.Number); hid && is && strings.ContainsAny(n.String(), ".e") {
				v[key] = nil
			}
		}
	}
	return v
}

// small reports whether a number is a count that is not told.
func small(name string, n json.Number) bool {
	i, err := n.Int64()
	return err == nil && i > 0 && i < measure.Few && !slices.Contains(countless, name) && !strings.HasSuffix(name, "_days") && !strings.HasSuffix(name, "_weeks")
}

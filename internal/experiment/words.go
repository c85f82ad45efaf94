package experiment

import "strings"

// Marks that texts of rules may hold.
const (
	markName  = "{name}"
	markGroup = "{group}"
)

// Filled finds what stands for {name} and {group} at the beginning of what was said by a template; rest is what was said behind it.
// ok is false where the text was not said by it. Each mark stands for the shortest that fits.
func Filled(template, said string) (name, group, rest string, ok bool) {
	got := map[string]string{}
	for template != "" {
		mark, at := nextMark(template)
		if at < 0 {
			if !strings.HasPrefix(said, template) {
				return "", "", "", false
			}
			return got[markName], got[markGroup], said[len(template):], true
		}
		if !strings.HasPrefix(said, template[:at]) {
			return "", "", "", false
		}
		said, template = said[at:], template[at+len(mark):]
		end := endOf(template, said)
		if end < 0 {
			return "", "", "", false
		}
		if got[mark] == "" {
			got[mark] = said[:end]
		}
		said = said[end:]
	}
	return got[markName], got[markGroup], said, true
}

// endOf is where what stands for a mark ends: before the fixed words that follow it, at the end of the line, or at the end.
func endOf(template, said string) int {
	fixed := template
	if _, at := nextMark(template); at >= 0 {
		fixed = template[:at]
	}
	if fixed != "" {
		return strings.Index(said, fixed)
	}
	if line := strings.IndexByte(said, '\n'); line >= 0 {
		return line
	}
	return len(said)
}

func nextMark(s string) (mark string, at int) {
	n, g := strings.Index(s, markName), strings.Index(s, markGroup)
	if n >= 0 && (g < 0 || n < g) {
		return markName, n
	}
	if g >= 0 {
		return markGroup, g
	}
	return "", -1
}

// Instead says b where a was said: with the same name and group, and with what was said behind it. ok is false where a was not said.
// name and group stand in where a did not hold them.
func Instead(said, a, b, name, group string) (string, bool) {
	n, g, rest, ok := Filled(a, said)
	if !ok {
		return said, false
	}
	if n != "" {
		name = n
	}
	if g != "" {
		group = g
	}
	return strings.NewReplacer(markName, name, markGroup, group).Replace(b) + rest, true
}

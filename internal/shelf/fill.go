package shelf

import (
	"slices"
	"strings"
)

// Variables that are known. A text may name others, {price} for one: whoever uses it says what stands for them.
const (
	VarName  = "name"  // of the member spoken to
	VarGroup = "group" // the group's name
	VarDate  = "date"  // on which it goes
	VarLink  = "link"  // the item's own short address
)

// welcomes are the variables that a group's rulebook fills in a welcome itself.
var welcomes = []string{VarName, VarGroup, "keyword", "rules", "confirm", "version"}

// Variables lists the variables of a text, each once, in the order in which they come: words of lower-case letters, digits and _ in braces.
func Variables(text string) []string {
	var out []string
	each(text, func(name string) string {
		if !slices.Contains(out, name) {
			out = append(out, name)
		}
		return ""
	})
	return out
}

// Braced writes names of variables as they stand in a text.
func Braced(names []string) string { return "{" + strings.Join(names, "} {") + "}" }

// Fill puts values in the place of variables, and lists those that have none. What kind fills later by itself (a welcome in a rulebook)
// stays and is not listed.
func Fill(text string, kind Kind, values map[string]string) (filled string, missing []string) {
	filled = each(text, func(name string) string {
		value, known := values[name]
		if known {
			return value
		}
		if !(kind == Welcome && slices.Contains(welcomes, name)) && !slices.Contains(missing, name) {
			missing = append(missing, name)
		}
		return "{" + name + "}"
	})
	return filled, missing
}

// each gives the text with what fn gives for each variable.
func each(text string, fn func(name string) string) string {
	var out strings.Builder
	for {
		open := strings.IndexByte(text, '{')
		if open < 0 {
			out.WriteString(text)
			return out.String()
		}
		out.WriteString(text[:open])
		text = text[open:]
		end := 1
		for end < len(text) && end <= 32 && (text[end] >= 'a' && text[end] <= 'z' || text[end] >= '0' && text[end] <= '9' || text[end] == '_') {
			end++
		}
		if end == 1 || end == len(text) || text[end] != '}' {
			out.WriteByte('{')
			text = text[1:]
			continue
		}
		out.WriteString(fn(text[1:end]))
		text = text[end+1:]
	}
}

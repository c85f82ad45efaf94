package tier

import (
	"reflect"
	"slices"
	"strconv"
	"strings"

	"qunluo/internal/community"
)

// TagPoints is what a tag adds to the score of whoever has it; below zero it takes away.
type TagPoints struct {
	Tag    string `json:"tag"`
	Points int    `json:"points"`
}

// Tagged is a tag that a member has, since a day.
type Tagged struct {
	Day int64
	Tag string
}

// Bounds of tags in rules.
const (
	mostTags   = 20
	mostPoints = 100
	tagBytes   = 60
)

// Equal reports whether two sets of rules say the same.
func (r Rules) Equal(other Rules) bool {
	if len(r.Tags) == 0 && len(other.Tags) == 0 {
		r.Tags, other.Tags = nil, nil
	}
	return reflect.DeepEqual(r, other)
}

// checkTags says what is wrong with tags: community.CodeBadInput.
func checkTags(list []TagPoints) error {
	if len(list) > mostTags {
		return community.Errorf(community.CodeBadInput, "tags: at most %d", mostTags)
	}
	for i, t := range list {
		switch {
		case strings.TrimSpace(t.Tag) != t.Tag || t.Tag == "" || len(t.Tag) > tagBytes || strings.ContainsAny(t.Tag, "\n\r\x00"):
			return community.Errorf(community.CodeBadInput, "tags: want a tag of 1 to %d bytes", tagBytes)
		case t.Points == 0 || t.Points < -mostPoints || t.Points > mostPoints:
			return community.Errorf(community.CodeBadInput, "tags: %s: want points from −%d to %d, and not 0", t.Tag, mostPoints, mostPoints)
		case slices.ContainsFunc(list[:i], func(o TagPoints) bool { return o.Tag == t.Tag }):
			return community.Errorf(community.CodeBadInput, "tags: %s stands twice", t.Tag)
		}
	}
	return nil
}

// tags adds up what a member's tags are worth at the end of a day, in the order of the rules.
func (r Rules) tags(p *Person, day int64, n *Numbers) {
	var said []string
	for _, t := range r.Tags {
		if slices.ContainsFunc(p.Tags, func(own Tagged) bool { return own.Tag == t.Tag && own.Day <= day }) {
			n.TagPoints += t.Points
			said = append(said, t.String())
		}
	}
	n.Tags = strings.Join(said, ", ")
}

// String writes a tag with its points as ParseTags reads it: "志愿者 +5".
func (t TagPoints) String() string {
	sign := ""
	if t.Points > 0 {
		sign = "+"
	}
	return t.Tag + " " + sign + strconv.Itoa(t.Points)
}

// TagText writes tags, one a line.
func TagText(list []TagPoints) string {
	lines := make([]string, len(list))
	for i, t := range list {
		lines[i] = t.String()
	}
	return strings.Join(lines, "\n")
}

// ParseTags reads tags, one a line: a tag, a blank and its points. community.CodeBadInput.
func ParseTags(text string) (out []TagPoints, err error) {
	for line := range strings.Lines(text) {
		line = strings.TrimSpace(line)
		if line == "" {
			continue
		}
		at := strings.LastIndexAny(line, " \t")
		if at < 0 {
			return nil, community.Errorf(community.CodeBadInput, "tags: %q: want a tag, a blank and its points", line)
		}
		points, err := strconv.Atoi(strings.NewReplacer("−", "-", "＋", "+", "－", "-").Replace(line[at+1:]))
		if err != nil {
			return nil, community.Errorf(community.CodeBadInput, "tags: %q: want points as a whole number", line)
		}
		out = append(out, TagPoints{strings.TrimSpace(line[:at]), points})
	}
	return out, checkTags(out)
}

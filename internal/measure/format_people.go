package measure

import (
	"slices"

	"qunluo/internal/community"
)

// People are the members behind a figure of a format: "took", who answered one of its sends, of those who were offered every format;
// "went", who left within a day of one. A format that did not come has none. CodeNotFound: there is no such format, or figure.
func (r FormatReport) People(format, what string) (of, kept []community.MemberKey, err error) {
	if !slices.Contains(AllFormats(), format) {
		return nil, nil, community.Errorf(community.CodeNotFound, "format %q", format)
	}
	var row FormatRow
	if i := slices.IndexFunc(r.Rows, func(one FormatRow) bool { return one.Format == format }); i >= 0 {
		row = r.Rows[i]
	}
	switch what {
	case "took":
		return r.Every, row.Took, nil
	case "went":
		return row.Went, row.Went, nil
	}
	return nil, nil, community.Errorf(community.CodeNotFound, "figure %q", what)
}

package founding

import (
	"cmp"
	"embed"
	"slices"

	"qunluo/internal/community"
)

//go:embed shipped/*.json
var files embed.FS

// Shipped lists the templates that come with Qunluo, one for each type and language, in the order of [Types]. That their rules are
// sound is what a test holds; checking them here would take a good part of a second each time.
func Shipped() []Template {
	entries, err := files.ReadDir("shipped")
	if err != nil {
		panic(err) // embedded
	}
	var out []Template
	for _, e := range entries {
		raw, err := files.ReadFile("shipped/" + e.Name())
		if err != nil {
			panic(err) // embedded
		}
		t, err := decode(raw)
		if err != nil {
			panic(e.Name() + ": " + err.Error()) // our own file: a test reads it
		}
		out = append(out, t)
	}
	slices.SortFunc(out, func(a, b Template) int {
		return cmp.Or(cmp.Compare(slices.Index(Types(), a.Type), slices.Index(Types(), b.Type)), cmp.Compare(b.Lang, a.Lang))
	})
	return out
}

// ShippedNamed finds one that comes with Qunluo; community.CodeNotFound.
func ShippedNamed(name, lang string) (Template, error) {
	for _, t := range Shipped() {
		if t.Name == name && t.Lang == lang {
			return t, nil
		}
	}
	return Template{}, community.Errorf(community.CodeNotFound, "template %q: not found", name)
}

package community

import "slices"

// TableSum is what a table of the database comes to: the same on every database that holds the same rows, in whatever order.
type TableSum struct {
	Rows int64  `json:"rows"`
	Hash string `json:"sha256"` // 64 hexadecimal digits over the canonical form of all rows
}

// Unequal names the tables that are not the same on both sides, those that one side lacks included, in the order of their names.
func Unequal(want, got map[string]TableSum) []string {
	var names []string
	for name, sum := range want {
		if other, there := got[name]; !there || other != sum {
			names = append(names, name)
		}
	}
	for name := range got {
		if _, there := want[name]; !there {
			names = append(names, name)
		}
	}
	slices.Sort(names)
	return names
}

package ui

func ariaSort(dir string) string {
	switch dir {
	case "asc":
		return "ascending"
	case "desc":
		return "descending"
	}
	return "none"
}

func inputType(kind string) string {
	switch kind {
	case "date", "number", "password", "url":
		return kind
	}
	return "text"
}

func iconOr(name, otherwise string) string {
	if name == "" {
		return otherwise
	}
	return name
}

package ui

import "strings"

func flashClass(kind string) string {
	if kind == "warning" || kind == "danger" {
		return kind
	}
	return "success"
}

func flashIcon(kind string) string {
	if kind == "warning" || kind == "danger" {
		return "alert-triangle"
	}
	return "circle-check"
}

func pillClass(tone string) string {
	switch tone {
	case "good":
		return "bg-green-lt"
	case "warning":
		return "bg-yellow-lt"
	case "danger":
		return "bg-red-lt"
	case "info":
		return "bg-blue-lt"
	}
	return "bg-secondary-lt"
}

// triggers turns kinds of change ("message task") into htmx triggers. app.js passes each kind on at once and then at most
// every two seconds, the last one always.
func triggers(kinds string) string {
	var all []string
	for _, k := range strings.Fields(kinds) {
		if every, ok := strings.CutPrefix(k, "every:"); ok {
			all = append(all, "every "+every)
			continue
		}
		all = append(all, "sse:"+k)
	}
	return strings.Join(all, ", ")
}

func toneClass(tone string) string {
	switch tone {
	case "good":
		return "text-success"
	case "warning":
		return "text-warning"
	case "danger":
		return "text-danger"
	}
	return "text-secondary"
}

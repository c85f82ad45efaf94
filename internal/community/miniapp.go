package community

import "encoding/json"

// maxCard bounds the content of a card that is looked into, in bytes.
const maxCard = 64 << 10

// App is the id of the mini-program (小程序 appid) behind a segment. is reports whether the segment is one; its id is "" where
// the platform does not tell it. QQ's cards hold their content as JSON in a string.
func (s Segment) App() (id string, is bool) {
	if s.Kind != "app" && s.Kind != "card" || len(s.Raw) > maxCard {
		return "", s.Kind == "app"
	}
	id = appID(s.Raw)
	return id, s.Kind == "app" || id != ""
}

func appID(raw json.RawMessage) string {
	var outer struct {
		ID   string          `json:"appid"`
		Data json.RawMessage `json:"data"`
	}
	if json.Unmarshal(raw, &outer) != nil || outer.ID != "" {
		return outer.ID
	}
	inner := []byte(outer.Data)
	var text string
	if json.Unmarshal(outer.Data, &text) == nil {
		inner = []byte(text)
	}
	var card struct {
		Meta map[string]json.RawMessage `json:"meta"`
	}
	if json.Unmarshal(inner, &card) != nil {
		return ""
	}
	id := ""
	for _, part := range card.Meta { // of several the least: a map has no order
		var meta struct {
			ID string `json:"appid"`
		}
		if json.Unmarshal(part, &meta) == nil && meta.ID != "" && (id == "" || meta.ID < id) {
			id = meta.ID
		}
	}
	return id
}

package community

import "encoding/json"

// Taught says what a group's model was taught with and what it would change.
type Taught struct {
	Model    string   `json:"model"`    // hash of the model, as the draft names it
	Rules    []string `json:"rules"`    // the rules of the draft that judge by it
	Days     int      `json:"days"`     // whose talk was used and replayed
	Talk     int      `json:"talk"`     // lines taken for ordinary
	LeftOut  int      `json:"left_out"` // lines that look like advertising though nobody said anything about them
	Ham      int      `json:"ham"`      // texts that people said were hit wrongly
	Spam     int      `json:"spam"`     // texts that people said were hit rightly
	Act      float64  `json:"act"`      // score from which on the model acts
	Suspect  float64  `json:"suspect"`  // score from which on it asks a person
	Messages int64    `json:"messages"` // replayed
	Before   int64    `json:"before"`   // hits of these rules with the book as it was
	After    int64    `json:"after"`    // with the new model
	New      int64    `json:"new"`      // messages that only the new model hits
	Gone     int64    `json:"gone"`     // messages that only the book as it was hits

	Book json.RawMessage `json:"book"` // the draft with the model
}

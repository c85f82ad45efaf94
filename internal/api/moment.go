package api

import (
	"encoding/json"
	"time"

	"github.com/danielgtaylor/huma/v2"
)

// moment is a time in UTC milliseconds; in JSON RFC 3339 in UTC, 0 = null. In a query it is RFC 3339 or a day.
type moment int64

const momentForm = "2006-01-02T15:04:05.000Z"

// MarshalJSON gives RFC 3339 in UTC, or null.
func (m moment) MarshalJSON() ([]byte, error) {
	if m == 0 {
		return []byte("null"), nil
	}
	return []byte(`"` + time.UnixMilli(int64(m)).UTC().Format(momentForm) + `"`), nil
}

// UnmarshalJSON reads RFC 3339, or null.
func (m *moment) UnmarshalJSON(b []byte) error {
	var at *time.Time
	if err := json.Unmarshal(b, &at); err != nil {
		return err
	}
	*m = 0
	if at != nil {
		*m = moment(at.UnixMilli())
	}
	return nil
}

// UnmarshalText reads RFC 3339, as it stands in queries.
func (m *moment) UnmarshalText(b []byte) error {
	at, err := time.Parse(time.RFC3339, string(b))
	*m = moment(at.UnixMilli())
	return err
}

// Schema says it to OpenAPI.
func (moment) Schema(huma.Registry) *huma.Schema {
	return &huma.Schema{Type: huma.TypeString, Format: "date-time", Nullable: true}
}

package api

import "testing"

// TestSmallCountsAreNotTold: counts below ten and shares beside them go, what counts nobody stays.
func TestSmallCountsAreNotTold(t *testing.T) {
	for in, want := range map[string]string{
		`{"came":3,"asked":12,"version":4,"week_4":{"value":0.25,"num":2,"den":8}}`: `{"asked":12,"came":null,"version":4,"week_4":{"den":null,"num":null,"value":null}}`,
		`{"value":0.5,"num":20,"den":40,"median_days":3}`:                           `{"den":40,"median_days":3,"num":20,"value":0.5}`,
		`{"hours":[0,3,14],"items":[{"n":0,"share":0.5}]}`:                          `{"hours":[0,null,14],"items":[{"n":0,"share":0.5}]}`,
	} {
		got, err := withoutFew([]byte(in))
		if err != nil || string(got) != want {
			t.Errorf("%s = %s, %v; want %s", in, got, err, want)
		}
	}
}

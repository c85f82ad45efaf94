package connect

import (
	"encoding/json"
	"strings"
	"testing"

	"qunluo/internal/community"
)

func fields() []Field {
	return []Field{
		{Name: "mode", Kind: KindChoice, Choices: []string{"forward", "reverse"}, Required: true},
		{Name: "url", Kind: KindURL},
		{Name: "token", Kind: KindSecret},
		{Name: "rate", Kind: KindNumber, Default: "20"},
		{Name: "all", Kind: KindBool, Default: "false"},
		{Name: "note", Kind: KindText},
	}
}

func TestSettingsAreCheckedAgainstTheirSchema(t *testing.T) {
	good := []struct{ in, key, want string }{
		{`{"mode":"forward"}`, "rate", "20"},
		{`{"mode":"forward","rate":"7"}`, "rate", "7"},
		{`{"mode":"forward","rate":7.50}`, "rate", "7.5"},
		{`{"mode":"forward","all":"on"}`, "all", "true"},
		{`{"mode":"forward","all":true}`, "all", "true"},
		{`{"mode":"forward","url":" ws://h:1/x "}`, "url", "ws://h:1/x"},
	}
	for _, c := range good {
		got, err := ReadSettings(fields(), json.RawMessage(c.in))
		if err != nil || got[c.key] != c.want {
			t.Errorf("%s: %s = %q, %v; want %q", c.in, c.key, got[c.key], err, c.want)
		}
	}
	bad := []struct{ in, says string }{
		{``, "mode is required"},
		{`{}`, "mode is required"},
		{`{"mode":""}`, "mode is required"},
		{`{"mode":"sideways"}`, "mode must be one of forward, reverse"},
		{`{"mode":"forward","tokn":"x"}`, `did you mean "token"?`},
		{`{"mode":"forward","completely":"x"}`, `"completely" is not a setting`},
		{`{"mode":"forward","url":"h:1"}`, "url must be"},
		{`{"mode":"forward","url":"ftp://h"}`, "url must be"},
		{`{"mode":"forward","rate":"many"}`, "rate must be a number"},
		{`{"mode":"forward","rate":"NaN"}`, "rate must be a number"},
		{`{"mode":"forward","all":"perhaps"}`, "all must be true or false"},
		{`{"mode":"forward","note":["a"]}`, "note must be a single value"},
		{`{"mode":"forward","token":"` + Masked + `"}`, "token is masked"},
		{`[]`, "not a JSON object"},
		{`{"note":"` + strings.Repeat("x", MaxSettings) + `"}`, "at most"},
	}
	for _, c := range bad {
		_, err := ReadSettings(fields(), json.RawMessage(c.in))
		if community.CodeOf(err) != community.CodeBadInput || !strings.Contains(err.Error(), c.says) {
			t.Errorf("%.60s: %v, want bad_input with %q", c.in, err, c.says)
		}
	}
}

func TestErrorsNeverRepeatValues(t *testing.T) {
	for _, in := range []string{
		`{"mode":"hunter2"}`, `{"mode":"forward","url":"://hunter2"}`, `{"mode":"forward","token":"hunter2\nx"}`,
		`{"mode":"forward","token":["hunter2"]}`, `{"mode":"forward","rate":"hunter2"}`, `{"mode":"forward","all":"hunter2"}`,
		`{"mode":"forward","token":"hunter2`,
	} {
		_, err := ReadSettings(fields(), json.RawMessage(in))
		if err == nil || strings.Contains(err.Error(), "hunter2") {
			t.Errorf("%s: %v", in, err)
		}
	}
}

func TestMaskHidesSecretsAndUnknownKeys(t *testing.T) {
	got := string(MaskSettings(fields(), json.RawMessage(`{"mode":"forward","token":"hunter2","old":"hunter2"}`)))
	if want := `{"mode":"forward","token":"` + Masked + `"}`; got != want {
		t.Errorf("masked = %s, want %s", got, want)
	}
	if got := string(MaskSettings(fields(), json.RawMessage(`{"token":""}`))); got != `{"token":""}` {
		t.Errorf("an unset secret shows as %s", got)
	}
	if got := string(MaskSettings(fields(), json.RawMessage(`broken hunter2`))); got != `{}` {
		t.Errorf("unreadable settings show as %s", got)
	}
}

func TestMaskedSecretsKeepTheirStoredValue(t *testing.T) {
	stored := json.RawMessage(`{"mode":"forward","url":"wss://here/ws","token":"hunter2","note":"n"}`)
	cases := []struct{ update, want, says string }{
		{`{"token":"` + Masked + `","rate":5}`, `{"mode":"forward","note":"n","rate":5,"token":"hunter2","url":"wss://here/ws"}`, ""},
		{`{"token":"new"}`, `{"mode":"forward","note":"n","token":"new","url":"wss://here/ws"}`, ""},
		{`{"token":null,"note":""}`, `{"mode":"forward","url":"wss://here/ws"}`, ""},
		{`{"url":"wss://here/other"}`, `{"mode":"forward","note":"n","token":"hunter2","url":"wss://here/other"}`, ""},
		{`{"url":"wss://there/ws"}`, "", "token must be entered again"},
		{`{"url":"ws://here/ws","token":"` + Masked + `"}`, "", "token must be entered again"},
		{`{"url":"wss://there/ws","token":"new"}`, `{"mode":"forward","note":"n","token":"new","url":"wss://there/ws"}`, ""},
		{`{"mode":null}`, "", "mode is required"},
		{`{"rat":1}`, "", "did you mean"},
	}
	for _, c := range cases {
		got, err := MergeSettings(fields(), stored, json.RawMessage(c.update))
		if c.says == "" && (err != nil || string(got) != c.want) {
			t.Errorf("%s: %s, %v; want %s", c.update, got, err, c.want)
		}
		if c.says != "" && (err == nil || !strings.Contains(err.Error(), c.says)) {
			t.Errorf("%s: %s, %v; want an error with %q", c.update, got, err, c.says)
		}
	}
	inTwoSteps := json.RawMessage(`{"mode":"forward","token":"hunter2"}`)
	if got, err := MergeSettings(fields(), inTwoSteps, json.RawMessage(`{"url":"wss://there/ws"}`)); err == nil {
		t.Errorf("a kept secret may go to a new address: %s", got)
	}
}

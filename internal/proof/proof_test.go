package proof

import (
	"fmt"
	"strings"
	"testing"
	"unicode/utf8"
)

// vector is the secret of the RFC's tables.
var vector = Secret("12345678901234567890")

// TestCodesAreThoseOfTheRFC: RFC 4226 appendix D, and RFC 6238 appendix B cut to six digits.
func TestCodesAreThoseOfTheRFC(t *testing.T) {
	for step, want := range []string{"755224", "287082", "359152", "969429", "338314", "254676", "287922", "162583", "399871", "520489"} {
		if got := vector.Code(int64(step)); got != want {
			t.Errorf("counter %d: %s, want %s", step, got, want)
		}
	}
	for seconds, want := range map[int64]string{59: "94287082", 1111111109: "07081804", 1111111111: "14050471", 1234567890: "89005924", 2000000000: "69279037", 20000000000: "65353130"} {
		if got := vector.Code(Step(seconds * 1000)); got != want[2:] {
			t.Errorf("at %d s: %s, want %s", seconds, got, want[2:])
		}
	}
}

func TestCodeOpensOnceAndNearItsTime(t *testing.T) {
	const at = 1_700_000_010_000
	now := Step(at)
	for d := int64(-3); d <= 3; d++ {
		step, ok := vector.Match(vector.Code(now+d), at, 0)
		if want := d >= -1 && d <= 1; ok != want || want && step != now+d {
			t.Errorf("a code %d steps away: %v (step %d)", d, ok, step)
		}
	}
	for name, x := range map[string]struct {
		code string
		last int64
		want bool
	}{
		"fresh":           {vector.Code(now), now - 1, true},
		"used":            {vector.Code(now), now, false},
		"older than used": {vector.Code(now - 1), now, false},
		"newer than used": {vector.Code(now + 1), now, true},
		"with a blank":    {vector.Code(now)[:3] + " " + vector.Code(now)[3:], 0, true},
		"empty":           {"", 0, false},
		"five digits":     {vector.Code(now)[:5], 0, false},
		"seven digits":    {vector.Code(now) + "0", 0, false},
		"long":            {strings.Repeat("9", 100_000), 0, false},
		"no text":         {"\xff\xfe\x00", 0, false},
	} {
		if _, ok := vector.Match(x.code, at, x.last); ok != x.want {
			t.Errorf("%s: %v, want %v", name, ok, x.want)
		}
	}
	wide := strings.Map(func(r rune) rune { return r - '0' + '０' }, vector.Code(now))
	if _, ok := vector.Match(wide, at, 0); !ok {
		t.Error("full-width digits are not read")
	}
}

func TestClockThatIsOffIsTold(t *testing.T) {
	const at = 1_700_000_010_000
	for _, minutes := range []int{-60, 60, -5, 170} {
		if got, ok := vector.Off(vector.Code(Step(at+int64(minutes)*60_000)), at); !ok || got != minutes {
			t.Errorf("%d minutes off: told %d, %v", minutes, got, ok)
		}
		if _, ok := vector.Match(vector.Code(Step(at+int64(minutes)*60_000)), at, 0); ok {
			t.Errorf("%d minutes off: taken", minutes)
		}
	}
	if _, ok := vector.Off(vector.Code(Step(at)), at); ok {
		t.Error("a clock that is right is told to be off")
	}
}

func TestSecretIsGivenAsAuthenticatorsReadIt(t *testing.T) {
	want := "otpauth://totp/%E7%BE%A4%E8%90%BD%20a:lin%20x?algorithm=SHA1&digits=6&issuer=%E7%BE%A4%E8%90%BD%20a&period=30&secret=GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ"
	if got := vector.Address("群落:a", "lin:x"); got != want {
		t.Errorf("address %s, want %s", got, want)
	}
	if got := fmt.Sprintf("%v %+v %#v %s", vector, vector, vector, vector); strings.Contains(got, "1234") || strings.Contains(got, "49") {
		t.Errorf("printed: %s", got)
	}
}

func TestRecoveryCodes(t *testing.T) {
	chance := make([]byte, RecoveryBytes*RecoveryCodes)
	for i := range chance {
		chance[i] = byte(i * 7)
	}
	list := Recovery(chance)
	if len(list) != RecoveryCodes || len(list[0]) != 19 || list[0] == list[1] {
		t.Fatalf("codes = %v", list)
	}
	h := HashRecovery(list[3])
	for _, typed := range []string{strings.ToLower(list[3]), strings.ReplaceAll(list[3], "-", ""), " " + list[3] + " "} {
		if HashRecovery(typed) != h {
			t.Errorf("%q is not the same code", typed)
		}
	}
	if HashRecovery(list[2]) == h || strings.Contains(h, list[3][:4]) {
		t.Error("hashes do not tell codes apart, or show them")
	}
}

func TestDemand(t *testing.T) {
	known := []string{"owner", "admin"}
	for name, x := range map[string]struct {
		d  Demand
		ok bool
	}{
		"usual": {Demand{}.Whole(), true}, "owners": {Demand{Roles: []string{"owner"}, Minutes: 60}, true}, "none known": {Demand{Roles: []string{"king"}, Minutes: 5}, false},
		"twice": {Demand{Roles: []string{"owner", "owner"}, Minutes: 5}, false}, "too long": {Demand{Minutes: 61}, false}, "never": {Demand{Minutes: -1}, false},
	} {
		if err := x.d.Check(known); (err == nil) != x.ok {
			t.Errorf("%s: %v", name, err)
		}
	}
	const now = 1_700_000_000_000
	for name, x := range map[string]struct {
		at   int64
		want bool
	}{"now": {now, true}, "almost five minutes": {now - 5*60_000 + 1, true}, "five minutes": {now - 5*60_000, false}, "never": {0, false}, "from the future": {now + 3600_000, false}} {
		if got := (Demand{}).Fresh(x.at, now); got != x.want {
			t.Errorf("%s: %v", name, got)
		}
	}
}

func TestProofIsGoodForItsTime(t *testing.T) {
	const now = 1_700_000_000_000
	for _, x := range []struct {
		age  Age
		at   int64
		want bool
	}{
		{Any, 0, true}, {Lately, now - 5*60_000 + 1, true}, {Lately, now - 5*60_000, false}, {OfShift, now - 5*60_000, true}, {OfShift, now - ShiftHours*3600_000 + 1, true},
		{OfShift, now - ShiftHours*3600_000, false}, {OfShift, 0, false}, {OfShift, now + 1, false}, {Lately, 0, false},
	} {
		if got := (Demand{}).Good(x.age, x.at, now); got != x.want {
			t.Errorf("age %d at %d: %v, want %v", x.age, x.at-now, got, x.want)
		}
	}
}

func TestBrowserInWords(t *testing.T) {
	for agent, want := range map[string]string{
		"Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/140.0.0.0 Safari/537.36":                                             "Chrome 140/Windows",
		"Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/140.0.0.0 Safari/537.36 Edg/140.0.0.0":                               "Edge 140/Windows",
		"Mozilla/5.0 (iPhone; CPU iPhone OS 18_0 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) Mobile/15E148 MicroMessenger/8.0.50":                         "微信 8/iOS",
		"Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/17.6 Safari/605.1.15":                                       "Safari 17/macOS",
		"Mozilla/5.0 (Linux; Android 14; Pixel) AppleWebKit/537.36 (KHTML, like Gecko) Version/4.0 Chrome/128.0 Mobile Safari/537.36 wxwork/4.1.3 MicroMessenger/7.0": "企业微信 4/Android",
		"": "/", "<script>alert(1)</script>": "/", "Chrome/<img src=x onerror=alert(1)> Windows\x00": "Chrome/Windows", "Firefox/99999999": "Firefox 9999/", "\xff\xfe\u202eLinux": "/Linux",
		strings.Repeat("A", 100_000) + "Chrome/1": "/",
	} {
		name, system := Browser(agent)
		if got := name + "/" + system; got != want || !utf8.ValidString(got) {
			t.Errorf("%.80q: %q, want %q", agent, got, want)
		}
	}
}

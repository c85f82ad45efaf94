package config

import (
	"net"
	"net/netip"
	"net/url"
	"slices"
	"strconv"
	"strings"
)

func notEmpty(s string) string {
	if s == "" {
		return "a path"
	}
	return ""
}

func oneOf(words ...string) func(string) string {
	return func(s string) string {
		if slices.Contains(words, s) {
			return ""
		}
		return strings.Join(words, ", ")
	}
}

func address(s string) string {
	_, port, err := net.SplitHostPort(s)
	if n, bad := strconv.ParseUint(port, 10, 16); err != nil || bad != nil || n > 65535 {
		return "HOST:PORT"
	}
	return ""
}

func optionalAddress(s string) string {
	if s == "" {
		return ""
	}
	return address(s)
}

func publicURL(s string) string {
	if s == "" {
		return ""
	}
	u, err := url.Parse(s)
	if err != nil || u.Host == "" || u.Scheme != "https" && u.Scheme != "http" || u.RawQuery != "" || u.Fragment != "" {
		return "https://HOST"
	}
	return ""
}

func prefix(s string) string {
	if _, err := netip.ParsePrefix(s); err != nil {
		return "CIDR, e.g. 10.0.0.0/8"
	}
	return ""
}

func countryCode(s string) string {
	if len(s) == 2 && strings.Trim(s, "ABCDEFGHIJKLMNOPQRSTUVWXYZ") == "" {
		return ""
	}
	return "two capital letters, e.g. CN"
}

func databaseURL(s string) string {
	for _, scheme := range []string{"sqlite:", "postgres://", "postgresql://"} {
		if rest, ok := strings.CutPrefix(s, scheme); ok && rest != "" {
			return ""
		}
	}
	if s == "" {
		return ""
	}
	return "sqlite:PATH, postgres://…"
}

// HoldsPassword reports whether an address of a database contains one.
func HoldsPassword(s string) bool {
	u, err := url.Parse(s)
	if err != nil {
		return strings.Contains(s, "@")
	}
	_, has := u.User.Password()
	return has || u.Query().Has("password")
}

func optionalMail(s string) string {
	name, host, ok := strings.Cut(s, "@")
	if s != "" && (!ok || name == "" || host == "" || strings.ContainsAny(s, " <>,;\r\n")) {
		return "NAME@HOST"
	}
	return ""
}

// secretIn reports whether a value of the key must not be shown.
func (k Key) secretIn(s string) bool {
	if !k.Secret || s == "" {
		return false
	}
	return k.holds == nil || k.holds(s)
}

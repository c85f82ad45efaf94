package satori

import (
	"net/url"
	"strings"
)

// nameOf is how we call a message: its id, with its channel where that is not called as the group is.
func nameOf(group, channel, message string) string {
	if message == "" {
		return ""
	}
	if (channel == "" || channel == group) && !strings.HasPrefix(message, "@") {
		return message
	}
	return "@" + url.PathEscape(channel) + "/" + url.PathEscape(message)
}

// read gives the channel ("" = as the group) and the id of a message that nameOf named.
func read(name string) (channel, message string) {
	rest, ok := strings.CutPrefix(name, "@")
	if !ok {
		return "", name
	}
	before, after, ok := strings.Cut(rest, "/")
	channel, err := url.PathUnescape(before)
	message, bad := url.PathUnescape(after)
	if !ok || err != nil || bad != nil {
		return "", name
	}
	return channel, message
}

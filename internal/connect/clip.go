package connect

import (
	"strings"

	"qunluo/internal/community"
)

// Clip makes what a platform said a text that may be kept: valid UTF-8, cut and marked at community.MaxText.
func Clip(text string) string { return community.Clip(strings.ToValidUTF8(text, "�")) }

package demo

import (
	"fmt"
	"testing"
)


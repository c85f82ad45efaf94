package httpd

import (
	"errors"
	"os"
)

func survive(*os.File) (int, error) { return 0, errors.ErrUnsupported }

package durable_test

import (
	"testing"

	"github.com/stalewatch/stalewatch/pipeline/durable"
	"github.com/stalewatch/stalewatch/pipeline/durable/journaltest"
)

func TestMemory(t *testing.T) {
	journaltest.Run(t, func(*testing.T) durable.Journal { return durable.NewMemory() }, nil)
}

package store_test

import (
	"context"
	"fmt"
	"log"
	"os"
	"time"

	"github.com/stalewatch/stalewatch/pipeline"
	"github.com/stalewatch/stalewatch/pipeline/durable"
	"github.com/stalewatch/stalewatch/store"
)

// A run begins, is interrupted, resumes with what its journal holds, and is
// over with its snapshot.
func Example() {
	dir, err := os.MkdirTemp("", "stalewatch-")
	if err != nil {
		log.Fatal(err)
	}
	defer os.RemoveAll(dir)
	ctx := context.Background()
	s, err := store.Open(ctx, dir, store.Options{})
	if err != nil {
		log.Fatal(err)
	}
	defer s.Close()

	wanted := store.Wanted{
		Owners:      []string{"Azure-Samples"},
		AsOf:        time.Date(2026, 11, 22, 7, 17, 0, 0, time.UTC),
		Fingerprint: "filters-1",
	}
	for range 3 {
		b, err := s.Begin(ctx, wanted)
		if err != nil {
			log.Fatal(err)
		}
		fmt.Printf("%s resumed=%t over=%t\n", pipeline.JournalID(b.Run), b.Resumed, b.Over)
		switch {
		case b.Over:
		case !b.Resumed:
			rec := durable.Record{State: durable.Succeeded, Attempts: 1, Output: []byte(`{"repositories":144}`)}
			if err := s.Save(ctx, pipeline.JournalID(b.Run), "list/1", rec); err != nil {
				log.Fatal(err)
			}
		default:
			rec, _, err := s.Load(ctx, pipeline.JournalID(b.Run), "list/1")
			if err != nil {
				log.Fatal(err)
			}
			fmt.Printf("journaled: %s\n", rec.Output)
			b.Run.State = pipeline.Complete
			if err := s.SaveSnapshot(ctx, &pipeline.Snapshot{Run: b.Run}); err != nil {
				log.Fatal(err)
			}
		}
	}
	// Output:
	// 2026-11-22/azure-samples#1 resumed=false over=false
	// 2026-11-22/azure-samples#1 resumed=true over=false
	// journaled: {"repositories":144}
	// 2026-11-22/azure-samples#1 resumed=false over=true
}

package store

import (
	"context"
	"encoding/json"
	"fmt"
	"strings"
	"time"

	"github.com/dgraph-io/badger/v4"
)

// budgetRecord is what the store keeps for one API account.
type budgetRecord struct {
	SavedAt time.Time `json:"savedAt"`
	State   []byte    `json:"state"`
}

// SaveBudget keeps what was learnt about the limits of an API account for the
// next process. The account is a name that may be shown, never a token; the
// state is the caller's own, a few hundred bytes.
func (s *Store) SaveBudget(ctx context.Context, account string, state []byte) error {
	done, err := s.enter(ctx)
	if err != nil {
		return err
	}
	defer done()
	if account == "" || strings.Contains(account, "\x00") || len(account) > maxKey {
		return fmt.Errorf("saving the budget: %.80q cannot be the name of an account", account)
	}
	payload, err := json.Marshal(budgetRecord{s.now().UTC(), state})
	if err == nil {
		err = s.put(key(kindBudget, account), payload)
	}
	if err != nil {
		return fmt.Errorf("saving the budget of %s: %w", account, err)
	}
	return nil
}

// LoadBudget returns what SaveBudget kept; the boolean is false when there is
// nothing.
func (s *Store) LoadBudget(ctx context.Context, account string) (state []byte, ok bool, err error) {
	done, err := s.enter(ctx)
	if err != nil {
		return nil, false, err
	}
	defer done()
	var rec budgetRecord
	err = s.db.View(func(txn *badger.Txn) error {
		ok, err = s.getJSON(txn, key(kindBudget, account), &rec)
		return err
	})
	if err != nil {
		return nil, false, fmt.Errorf("reading the budget of %s: %w", account, err)
	}
	return rec.State, ok, nil
}

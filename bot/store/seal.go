package store

import (
	"crypto/aes"
	"crypto/cipher"
	"crypto/hmac"
	"crypto/rand"
	"crypto/sha256"
	"encoding/hex"
	"errors"

	"foghorn/bot/request"
)

// JetStream does not overwrite what it removes: an old revision stays in its files until they are compacted. So what
// people entered is written in plain text only in the task of the submission, which is overwritten when the request
// ends. All else is encrypted with a key that is in that task, and cannot be read once the task is erased.

const keySize = 32 // AES-256

var errSealed = errors.New("the data cannot be decrypted")

func newKey() []byte {
	key := make([]byte, keySize)
	_, _ = rand.Read(key) // never fails
	return key
}

// seal encrypts data.
func seal(key, plain []byte) []byte {
	return newAEAD(key).Seal(nil, nil, plain, nil)
}

// unseal decrypts what seal returned.
func unseal(key, sealed []byte) ([]byte, error) {
	if len(key) != keySize {
		return nil, errSealed
	}
	plain, err := newAEAD(key).Open(nil, nil, sealed, nil)
	if err != nil {
		return nil, errSealed
	}
	return plain, nil
}

// newAEAD returns AES-GCM, which chooses its nonces itself.
func newAEAD(key []byte) cipher.AEAD {
	block, err := aes.NewCipher(key)
	if err != nil {
		panic(err) // impossible: the key has keySize bytes
	}
	aead, err := cipher.NewGCMWithRandomNonce(block)
	if err != nil {
		panic(err) // impossible: the block is one of AES
	}
	return aead
}

// draftKey is the key of a draft. It is not stored: Slack knows the id of the view, and the settings have the secret.
func (s *Store) draftKey(viewID string) []byte {
	mac := hmac.New(sha256.New, []byte(s.cfg.Secret))
	mac.Write([]byte("draft " + request.NewID(viewID)))
	return mac.Sum(nil)
}

// draftName is the name of a draft. The id of its view, which its key is made of, is not stored.
func draftName(viewID string) string {
	sum := sha256.Sum256([]byte(request.NewID(viewID)))
	return hex.EncodeToString(sum[:16])
}

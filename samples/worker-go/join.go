package main

import (
	"context"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/sha256"
	"crypto/tls"
	"crypto/x509"
	"encoding/base64"
	"encoding/hex"
	"encoding/pem"
	"errors"
	"fmt"
	"os"
	"strings"
	"time"

	"google.golang.org/grpc"
	"google.golang.org/grpc/credentials"

	pb "orleanstasks/v1"
)

// Every server certificate of the service has this name, whatever its address.
const serverName = "silo.orleanstasks.internal"

// Who the worker is to a service that asks for certificates. All three lie in one file; until the worker has joined,
// only the key does.
type identity struct {
	key         *ecdsa.PrivateKey
	certificate []byte // DER, and so is the authority
	authority   []byte
}

// Reads the identity, and joins with the token if the file has no certificate yet. The key is on disk before the service hears
// of it: a token counts for one key, so a worker that did not get the answer must ask again with the same one.
func loadOrJoin(file, master, name, token string) (*identity, error) {
	id, err := load(file)
	if err != nil {
		return nil, err
	}
	if id.key == nil {
		if id.key, err = ecdsa.GenerateKey(elliptic.P256(), rand.Reader); err != nil {
			return nil, err
		}
		if err = id.save(file); err != nil {
			return nil, err
		}
	}
	if id.certificate != nil {
		return id, nil
	}
	if err = id.join(master, name, token); err != nil {
		return nil, err
	}
	return id, id.save(file)
}

func load(file string) (*identity, error) {
	id := &identity{}
	text, err := os.ReadFile(file)
	if os.IsNotExist(err) {
		return id, nil
	}
	for block, rest := pem.Decode(text); err == nil && block != nil; block, rest = pem.Decode(rest) {
		switch {
		case block.Type == "EC PRIVATE KEY":
			id.key, err = x509.ParseECPrivateKey(block.Bytes)
		case block.Type != "CERTIFICATE":
			err = fmt.Errorf("a block %q in it", block.Type)
		case id.certificate == nil:
			id.certificate = block.Bytes
		default:
			id.authority = block.Bytes
		}
	}
	if err == nil && (id.key == nil || (id.certificate == nil) != (id.authority == nil)) {
		err = errors.New("not a key, or a key and two certificates")
	}
	if err != nil {
		// Whatever it is, it is not to be overwritten.
		return nil, fmt.Errorf("%s is no identity of this worker: %v", file, err)
	}
	return id, nil
}

func (id *identity) save(file string) error {
	key, err := x509.MarshalECPrivateKey(id.key)
	if err != nil {
		return err
	}
	text := pem.EncodeToMemory(&pem.Block{Type: "EC PRIVATE KEY", Bytes: key})
	if id.certificate != nil {
		text = append(text, pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: id.certificate})...)
		text = append(text, pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: id.authority})...)
	}
	// A file that is written in place could be left half written.
	whole, err := os.OpenFile(file+".new", os.O_WRONLY|os.O_CREATE|os.O_TRUNC, 0600)
	if err != nil {
		return err
	}
	_, err = whole.Write(text)
	if err == nil {
		err = whole.Sync()
	}
	if closing := whole.Close(); err == nil {
		err = closing
	}
	if err != nil {
		return err
	}
	return os.Rename(file+".new", file)
}

// A token is otj_SECRET.HASH. The secret goes to nobody but the service whose authority has that SHA-256.
func (id *identity) join(master, name, token string) error {
	parts := strings.Split(strings.TrimPrefix(strings.TrimSpace(token), "otj_"), ".")
	if len(parts) != 2 {
		return errors.New("the join token is not otj_SECRET.HASH")
	}
	ctx, cancel := context.WithTimeout(context.Background(), 10*time.Second)
	defer cancel()
	stranger, err := dial(master, &tls.Config{InsecureSkipVerify: true})
	if err != nil {
		return err
	}
	defer stranger.Close()
	shown, err := pb.NewNodeServiceClient(stranger).Authority(ctx, &pb.AuthorityRequest{})
	if err != nil {
		return err
	}
	hash := sha256.Sum256(shown.Certificate)
	if base64.RawURLEncoding.EncodeToString(hash[:]) != parts[1] {
		return fmt.Errorf("%s is not of the service that the join token is for", master)
	}
	id.authority = shown.Certificate
	request, err := x509.CreateCertificateRequest(rand.Reader, &x509.CertificateRequest{}, id.key)
	if err != nil {
		return err
	}
	trusted, err := dial(master, id.tls())
	if err != nil {
		return err
	}
	defer trusted.Close()
	answer, err := pb.NewNodeServiceClient(trusted).Join(ctx, &pb.JoinRequest{
		NodeId: name, Instance: id.instance(), Secret: parts[0], CertificateRequest: request})
	if err != nil {
		return err
	}
	id.certificate = answer.Certificate
	return nil
}

// Trusts the service's own authority and no other, and shows the worker's certificate once there is one.
func (id *identity) tls() *tls.Config {
	pool := x509.NewCertPool()
	if authority, err := x509.ParseCertificate(id.authority); err == nil {
		pool.AddCert(authority)
	}
	config := &tls.Config{RootCAs: pool, ServerName: serverName}
	if id.certificate != nil {
		config.Certificates = []tls.Certificate{{Certificate: [][]byte{id.certificate}, PrivateKey: id.key}}
	}
	return config
}

// The certificate is for one instance of the node; here that is whoever has the key.
func (id *identity) instance() string {
	public, _ := x509.MarshalPKIXPublicKey(&id.key.PublicKey)
	hash := sha256.Sum256(public)
	return hex.EncodeToString(hash[:16])
}

func dial(master string, config *tls.Config) (*grpc.ClientConn, error) {
	return grpc.Dial(master, grpc.WithTransportCredentials(credentials.NewTLS(config)))
}

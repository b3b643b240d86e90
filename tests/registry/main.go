// The judge of artifacts in tests: CNCF distribution as the registry, cosign's own code to sign, and
// go-containerregistry to read what was pushed.
package main

import (
	"bytes"
	"context"
	"crypto"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/x509"
	"encoding/base64"
	"encoding/json"
	"encoding/pem"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"strconv"

	"github.com/distribution/distribution/v3/configuration"
	_ "github.com/distribution/distribution/v3/registry/auth/htpasswd"
	"github.com/distribution/distribution/v3/registry/handlers"
	_ "github.com/distribution/distribution/v3/registry/storage/driver/filesystem"
	"github.com/google/go-containerregistry/pkg/authn"
	"github.com/google/go-containerregistry/pkg/name"
	v1 "github.com/google/go-containerregistry/pkg/v1"
	"github.com/google/go-containerregistry/pkg/v1/empty"
	v1mutate "github.com/google/go-containerregistry/pkg/v1/mutate"
	"github.com/google/go-containerregistry/pkg/v1/remote"
	v1static "github.com/google/go-containerregistry/pkg/v1/static"
	"github.com/google/go-containerregistry/pkg/v1/types"
	"github.com/sigstore/cosign/v3/pkg/oci/mutate"
	ociremote "github.com/sigstore/cosign/v3/pkg/oci/remote"
	"github.com/sigstore/cosign/v3/pkg/oci/static"
	"github.com/sigstore/sigstore/pkg/cryptoutils"
	"github.com/sigstore/sigstore/pkg/signature"
	"github.com/sigstore/sigstore/pkg/signature/payload"
	"golang.org/x/crypto/bcrypt"
)

func main() {
	commands := map[string]func([]string) error{
		"serve": serve, "keys": keys, "sign": sign, "read": read, "artifact": artifact, "tag": tag,
	}
	run, known := commands[os.Args[1]]
	if !known {
		fail(fmt.Errorf("unknown command %s", os.Args[1]))
	}
	fail(run(os.Args[2:]))
}

func fail(err error) {
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

// serve DIRECTORY ADDRESS: a registry until it is killed; it prints its address. USER and PASSWORD, where
// they are set, are what it takes.
func serve(args []string) error {
	auth := ""
	if user := os.Getenv("REGISTRY_USER"); user != "" {
		hash, err := bcrypt.GenerateFromPassword([]byte(os.Getenv("REGISTRY_PASSWORD")), bcrypt.MinCost)
		if err != nil {
			return err
		}
		file := filepath.Join(args[0], "htpasswd")
		if err := os.WriteFile(file, []byte(user+":"+string(hash)+"\n"), 0o600); err != nil {
			return err
		}
		auth = fmt.Sprintf("auth: {htpasswd: {realm: test, path: %q}}\n", file)
	}
	text := fmt.Sprintf("version: 0.1\nlog: {level: debug, accesslog: {disabled: false}}\n"+
		"storage: {filesystem: {rootdirectory: %q}}\nhttp: {addr: %q, secret: test}\n%s",
		filepath.Join(args[0], "blobs"), args[1], auth)
	config, err := configuration.Parse(bytes.NewBufferString(text))
	if err != nil {
		return err
	}
	listener, err := net.Listen("tcp", args[1])
	if err != nil {
		return err
	}
	fmt.Println(listener.Addr())
	return http.Serve(listener, handlers.NewApp(context.Background(), config))
}

// keys DIRECTORY NAME: NAME.key and NAME.pub, in PEM.
func keys(args []string) error {
	private, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		return err
	}
	der, err := x509.MarshalPKCS8PrivateKey(private)
	if err != nil {
		return err
	}
	text := pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: der})
	file := filepath.Join(args[0], args[1])
	if err := os.WriteFile(file+".key", text, 0o600); err != nil {
		return err
	}
	public, err := cryptoutils.MarshalPublicKeyToPEM(private.Public())
	if err != nil {
		return err
	}
	return os.WriteFile(file+".pub", public, 0o644)
}

// sign REFERENCE KEY [SIGNED]: sign as cosign does; the document names SIGNED, where it is given.
func sign(args []string) error {
	digest, err := name.NewDigest(args[0])
	if err != nil {
		return err
	}
	text, err := os.ReadFile(args[1])
	if err != nil {
		return err
	}
	key, err := cryptoutils.UnmarshalPEMToPrivateKey(text, nil)
	if err != nil {
		return err
	}
	signer, err := signature.LoadECDSASigner(key.(*ecdsa.PrivateKey), crypto.SHA256)
	if err != nil {
		return err
	}
	signed := digest
	if len(args) > 2 {
		if signed, err = name.NewDigest(args[2]); err != nil {
			return err
		}
	}
	document, err := payload.Cosign{Image: signed}.MarshalJSON()
	if err != nil {
		return err
	}
	raw, err := signer.SignMessage(bytes.NewReader(document))
	if err != nil {
		return err
	}
	made, err := static.NewSignature(document, base64.StdEncoding.EncodeToString(raw))
	if err != nil {
		return err
	}
	with := ociremote.WithRemoteOptions(remote.WithAuthFromKeychain(authn.DefaultKeychain))
	entity, err := ociremote.SignedEntity(digest, with)
	if err != nil {
		return err
	}
	entity, err = mutate.AttachSignatureToEntity(entity, made)
	if err != nil {
		return err
	}
	return ociremote.WriteSignatures(digest.Repository, entity, with)
}

// read REFERENCE: pull and validate everything with the official client; manifest and
// configuration.
func read(args []string) error {
	reference, err := name.ParseReference(args[0])
	if err != nil {
		return err
	}
	got, err := remote.Get(reference, remote.WithAuthFromKeychain(authn.DefaultKeychain))
	if err != nil {
		return err
	}
	image, err := got.Image()
	if err != nil {
		return err
	}
	layers, err := image.Layers()
	if err != nil {
		return err
	}
	for _, layer := range layers {
		content, err := layer.Compressed()
		if err != nil {
			return err
		}
		if _, err := io.Copy(io.Discard, content); err != nil {
			return err
		}
	}
	config, err := image.RawConfigFile()
	if err != nil {
		return err
	}
	return json.NewEncoder(os.Stdout).Encode(map[string]any{
		"config": json.RawMessage(config),
		"digest": got.Digest.String(), "mediaType": got.MediaType, "manifest": json.RawMessage(got.Manifest),
	})
}

// artifact REFERENCE CONFIG-TYPE LAYER-TYPE SIZE PLUGIN: push an artifact of these media types, whose layer
// holds so many bytes of noise; it prints its digest.
func artifact(args []string) error {
	reference, err := name.ParseReference(args[0])
	if err != nil {
		return err
	}
	size, err := strconv.Atoi(args[3])
	if err != nil {
		return err
	}
	noise := make([]byte, size)
	if _, err := rand.Read(noise); err != nil {
		return err
	}
	made := v1mutate.MediaType(empty.Image, types.OCIManifestSchema1)
	made = v1mutate.ConfigMediaType(made, types.MediaType(args[1]))
	made, err = v1mutate.AppendLayers(made, v1static.NewLayer(noise, types.MediaType(args[2])))
	if err != nil {
		return err
	}
	made = v1mutate.Annotations(made, map[string]string{"dev.k8shawk.plugin.toml": args[4]}).(v1.Image)
	if err := remote.Write(reference, made, remote.WithAuthFromKeychain(authn.DefaultKeychain)); err != nil {
		return err
	}
	digest, err := made.Digest()
	fmt.Println(digest)
	return err
}

// tag REFERENCE TAG: move a tag.
func tag(args []string) error {
	reference, err := name.ParseReference(args[0])
	if err != nil {
		return err
	}
	got, err := remote.Get(reference, remote.WithAuthFromKeychain(authn.DefaultKeychain))
	if err != nil {
		return err
	}
	to, err := name.NewTag(args[1])
	if err != nil {
		return err
	}
	return remote.Tag(to, got, remote.WithAuthFromKeychain(authn.DefaultKeychain))
}

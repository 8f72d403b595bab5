# Multi-stage build: the last stage is the image to deploy, `--target test` runs the test suite. See docs/image.md.
# What changes most is copied last, so that a change of our own code leaves every other layer as it was.

# The base image by architecture; `make base-image` pins the newest one. BASE_IMAGE=... takes another instead.
ARG BASE_IMAGE
FROM public.ecr.aws/lambda/python:3.13@sha256:8391efd70b63a46c3c4980a7db4480ac09e5289cada4d39d454e843c51bae82d AS base-amd64
FROM public.ecr.aws/lambda/python:3.13@sha256:5c171b30fe6af43e6264da6f3cd932f71563dacb334c545473c0120ca7d99168 AS base-arm64
FROM ${BASE_IMAGE:-base-${TARGETARCH}} AS base
# Equal input gives equal files, so that a layer that was pushed once is not pushed again after a build without a cache.
ENV PYTHONHASHSEED=0 SOURCE_DATE_EPOCH=0

# The grader starts its processes without LD_LIBRARY_PATH, which Lambda's base image sets, so its folders are added to the loader's cache.
# A process whose program file is executable but not readable is not dumpable: processes of the same user cannot read its memory,
# environment and descriptors (ptrace(2)). Therefore the interpreter gets mode 0711.
FROM base AS interpreter
COPY deploy/normalize.py /build/
RUN python=$(python3 -c 'import os, sys; print(os.path.realpath(sys.executable))') && \
    mkdir -p /image/etc "/image${python%/*}" && \
    if [ -n "${LD_LIBRARY_PATH:-}" ]; then \
        mkdir -p /etc/ld.so.conf.d && \
        python3 -c 'import os; print(os.environ["LD_LIBRARY_PATH"].replace(":", "\n"))' >/etc/ld.so.conf.d/grader.conf && \
        ldconfig 2>/dev/null && cp -r /etc/ld.so.cache /etc/ld.so.conf.d /image/etc/; \
    fi && \
    env -i "$python" -c 'import ctypes, hashlib, ssl, zlib' && \
    cp "$python" "/image$python" && python3 -B /build/normalize.py /image && \
    chown root:root "/image$python" && chmod 0711 "/image$python"

# Installs the packages. A custom index or certificate is passed as build secret `pip` or `ca`, so it is not part of the image.
FROM base AS packages
ENV PIP_CONFIG_FILE=/run/secrets/pip PIP_DISABLE_PIP_VERSION_CHECK=1 PIP_ROOT_USER_ACTION=ignore
WORKDIR /build
COPY requirements/lambda.txt requirements/
COPY deploy/prepare_packages.py deploy/normalize.py ./
RUN --mount=type=secret,id=pip --mount=type=secret,id=ca --mount=type=cache,target=/root/.cache/pip \
    python3 -m pip install --quiet --no-compile --only-binary=:all: --no-deps --require-hashes --target /image/opt/grader/lib --requirement requirements/lambda.txt && \
    python3 -B prepare_packages.py /image/opt/grader/lib && \
    python3 -m compileall -q --invalidation-mode unchecked-hash -s /image /image/opt/grader/lib && \
    python3 -B normalize.py /image

# Builds our own packages, the list of everything that is installed, and the bytecode that the base image lacks.
FROM packages AS own
COPY requirements/build.txt requirements/
RUN --mount=type=secret,id=pip --mount=type=secret,id=ca --mount=type=cache,target=/root/.cache/pip \
    python3 -m pip install --quiet --only-binary=:all: --no-deps --require-hashes --target tools --requirement requirements/build.txt
COPY pyproject.toml README.md LICENSE rlvr_code_grader.py ./
COPY deploy/template.yaml deploy/
COPY grader grader
COPY sandbox sandbox
COPY testcases testcases
COPY deploy/precompile.py deploy/sbom.py deploy/
RUN lib=/image/opt/grader/lib app=/own/opt/grader/app && \
    PYTHONPATH=tools python3 -m pip install --quiet --no-cache-dir --no-compile --no-index --no-deps --no-build-isolation --target $app . && \
    python3 -m compileall -q --invalidation-mode unchecked-hash -s /own $app && \
    PYTHONPATH=$app:$lib python3 deploy/precompile.py /bytecode && \
    python3 deploy/sbom.py $lib $app >$app/sbom.cdx.json && \
    python3 -B normalize.py /own /bytecode

# Whole trees are copied, because the folders above a single one would get the time of the build.
FROM ${BASE_IMAGE:-base-${TARGETARCH}} AS runtime
COPY --from=interpreter /image/ /
COPY --from=packages /image/ /
COPY --from=own /bytecode/ /
COPY --from=own /own/ /
ENV HOME=/tmp LANG=C.UTF-8 PATH=/opt/grader/app/bin:$PATH PYTHONPATH=/opt/grader/app:/opt/grader/lib PYTHONDONTWRITEBYTECODE=1 PYTHONUNBUFFERED=1
WORKDIR /tmp

FROM runtime AS test
ENV PIP_CONFIG_FILE=/run/secrets/pip PYTHONPATH=/opt/grader/app:/opt/grader/lib:/opt/grader/dev HYPOTHESIS_STORAGE_DIRECTORY=/tmp/hypothesis
COPY requirements/dev.txt /opt/grader/
RUN --mount=type=secret,id=pip --mount=type=secret,id=ca --mount=type=cache,target=/root/.cache/pip \
    HOME=/root python3 -m pip install --quiet --disable-pip-version-check --root-user-action=ignore \
        --no-deps --require-hashes --target /opt/grader/dev --requirement /opt/grader/dev.txt
COPY . /opt/grader/checkout
WORKDIR /opt/grader/checkout
# Without the packages of the checkout, the tests import the installed ones; those that the image has only parts of are whole in dev.
RUN rm -r grader sandbox testcases rlvr_code_grader.py /opt/grader/lib/boto3 /opt/grader/lib/botocore /opt/grader/lib/pygments && chmod -R a+rX .
CMD ["sh", "-c", "python3 -m pytest -p no:cacheprovider -m alone && exec python3 -m pytest -p no:cacheprovider -n auto -m 'not alone and not long'"]

FROM runtime AS image
ARG VERSION=unknown
ARG REVISION=unknown
ENV IMAGE_REVISION=$REVISION
LABEL org.opencontainers.image.title="rlvr-code-grader" \
      org.opencontainers.image.description="Reward grader for code: untrusted model answers in, a reward per sample out" \
      org.opencontainers.image.licenses="Apache-2.0" \
      org.opencontainers.image.version="$VERSION" \
      org.opencontainers.image.revision="$REVISION"
EXPOSE 8080
ENTRYPOINT ["python3", "-m", "grader.runtime"]
CMD ["grader.handler.lambda_handler"]

# Multi-stage build: the last stage is the image to deploy, `--target test` runs the test suite. See docs/image.md.
ARG BASE_IMAGE=public.ecr.aws/lambda/python:3.13

# Installs the packages. A custom index or certificate is passed as build secret `pip` or `ca`, so it is not part of the image.
FROM ${BASE_IMAGE} AS packages
ENV PIP_CONFIG_FILE=/run/secrets/pip PIP_NO_CACHE_DIR=1 PIP_DISABLE_PIP_VERSION_CHECK=1 PIP_ROOT_USER_ACTION=ignore
WORKDIR /build
COPY requirements/lambda.txt requirements/build.txt requirements/
RUN --mount=type=secret,id=pip --mount=type=secret,id=ca \
    python3 -m pip install --quiet --no-compile --only-binary=:all: --no-deps --require-hashes --target /opt/grader/lib --requirement requirements/lambda.txt && \
    python3 -m pip install --quiet --only-binary=:all: --no-deps --require-hashes --target tools --requirement requirements/build.txt
COPY pyproject.toml README.md LICENSE rlvr_code_grader.py ./
COPY grader grader
COPY sandbox sandbox
COPY testcases testcases
RUN PYTHONPATH=tools python3 -m pip install --quiet --no-compile --no-index --no-deps --no-build-isolation --target own . && \
    mkdir /opt/grader/bin && mv own/bin/grader /opt/grader/bin/ && rm -r own/bin /opt/grader/lib/bin && mv own/* /opt/grader/lib/ && \
    python3 -m compileall -q --invalidation-mode unchecked-hash /opt/grader/lib && \
    chmod -R a+rX /opt/grader

FROM ${BASE_IMAGE} AS runtime
COPY --from=packages /opt/grader /opt/grader
ENV HOME=/tmp LANG=C.UTF-8 PATH=/opt/grader/bin:$PATH PYTHONPATH=/opt/grader/lib PYTHONDONTWRITEBYTECODE=1 PYTHONUNBUFFERED=1
# The grader starts its processes without LD_LIBRARY_PATH, which Lambda's base image sets, so its folders are added to the loader's cache.
# A process whose program file is executable but not readable is not dumpable: processes of the same user cannot read its memory,
# environment and descriptors (ptrace(2)). Therefore the interpreter gets mode 0711.
COPY deploy/precompile.py /tmp/
RUN python=$(python3 -c 'import os, sys; print(os.path.realpath(sys.executable))') && \
    if [ -n "${LD_LIBRARY_PATH:-}" ]; then \
        mkdir -p /etc/ld.so.conf.d && echo "$LD_LIBRARY_PATH" | tr : '\n' > /etc/ld.so.conf.d/grader.conf && ldconfig 2>/dev/null; \
    fi && \
    env -i "$python" -c 'import ctypes, hashlib, ssl, zlib' && \
    python3 /tmp/precompile.py && rm /tmp/precompile.py && \
    chown root:root "$python" && chmod 0711 "$python"
WORKDIR /tmp

FROM runtime AS test
ENV PIP_CONFIG_FILE=/run/secrets/pip PYTHONPATH=/opt/grader/lib:/opt/grader/dev HYPOTHESIS_STORAGE_DIRECTORY=/tmp/hypothesis
COPY requirements/dev.txt /opt/grader/
RUN --mount=type=secret,id=pip --mount=type=secret,id=ca \
    python3 -m pip install --quiet --no-cache-dir --disable-pip-version-check --root-user-action=ignore \
        --no-deps --require-hashes --target /opt/grader/dev --requirement /opt/grader/dev.txt
COPY . /opt/grader/checkout
WORKDIR /opt/grader/checkout
# Without the packages of the checkout, the tests import the installed ones.
RUN rm -r grader sandbox testcases rlvr_code_grader.py && chmod -R a+rX .
CMD ["sh", "-c", "python3 -m pytest -p no:cacheprovider -m alone && exec python3 -m pytest -p no:cacheprovider -n auto -m 'not alone and not long'"]

FROM runtime AS image
EXPOSE 8080
ENTRYPOINT ["python3", "-m", "grader.runtime"]
CMD ["grader.handler.lambda_handler"]

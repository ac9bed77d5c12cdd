# Which package manager installs the app. Run in the app's root.

manager=none

choose_manager() {
  local found=() names=()
  [ -f uv.lock ] && found+=(uv.lock) && names+=(uv)
  [ -f poetry.lock ] && found+=(poetry.lock) && names+=(poetry)
  [ -f pdm.lock ] && found+=(pdm.lock) && names+=(pdm)
  if [ -f Pipfile ] || [ -f Pipfile.lock ]; then found+=(Pipfile) && names+=(pipenv); fi
  [ -f requirements.txt ] && found+=(requirements.txt) && names+=(pip)
  if [ "${#found[@]}" -gt 1 ]; then
    stop "Files of several package managers found: ${found[*]}." \
      "Each names its own versions. Keep those of the one you use: git rm the others, or name them in .slugignore."
  fi
  if [ "${#names[@]}" -eq 1 ]; then
    manager=${names[0]}
  elif [ -f pyproject.toml ] || [ -f setup.py ]; then
    manager=project
  fi
  if [ "$manager" = pipenv ] && [ ! -f Pipfile.lock ]; then
    stop "There is a Pipfile without a Pipfile.lock." "Run \`pipenv lock\` and commit Pipfile.lock."
  fi
}

# What the environment was made from; another one means another environment.
manager_key() {
  case $manager in
    pip) cat requirements.txt ;;
    project) cat pyproject.toml setup.py setup.cfg 2>/dev/null ;;
  esac | sha256sum | cut -d ' ' -f 1
}

# Puts uv, poetry, pipenv or pdm into an environment of its own, kept in the cache.
install_tool() {
  tool_dir=$cache_dir/tools/$1
  if paths_change || [ ! -x "$tool_dir/bin/$1" ]; then
    rm -rf "$tool_dir"
    step "Installing $1"
    # The app's pip fills it: a pip of its own would take longer to install than the tool.
    run "$DAVIT_RUNTIME_PYTHON" -m venv --without-pip "$tool_dir"
    run python -m pip --python "$tool_dir/bin/python" install --quiet --no-input --no-compile \
      --disable-pip-version-check "${@:2}"
  fi
  PATH=$tool_dir/bin:$PATH
}

run() {
  if ! "$@" 2>&1 | indent; then
    stop "\`${1##*/} ${*:2:2}\` failed; its output is above." \
      "Is each package there for Python $(python_version), and named as it is called?"
  fi
}

install_packages() {
  export VIRTUAL_ENV=$venv PATH=$venv/bin:$PATH PIP_NO_CACHE_DIR=1
  case $manager in
    none) return ;;
    uv) install_tool uv 'uv>=0.8' ;;
    poetry) install_tool poetry 'poetry>=2,<3' ;;
    pipenv) install_tool pipenv 'pipenv>=2025' ;;
    # The newest of these two are for another HTTP library than that of pdm 2.
    pdm) install_tool pdm 'pdm>=2.20,<3' 'hishel<2' 'unearth<0.18' ;;
  esac
  step "Installing dependencies with $manager"
  case $manager in
    pip) run pip install --no-input --progress-bar off --disable-pip-version-check -r requirements.txt ;;
    project) run pip install --no-input --progress-bar off --disable-pip-version-check --force-reinstall . ;;
    uv)
      export UV_PROJECT_ENVIRONMENT=$venv UV_PYTHON=$venv/bin/python UV_PYTHON_DOWNLOADS=never UV_NO_CACHE=1
      run uv sync --locked --no-default-groups --compile-bytecode --no-progress
      ;;
    poetry)
      export POETRY_VIRTUALENVS_CREATE=false POETRY_CACHE_DIR=/tmp/poetry
      run poetry sync --only main --no-interaction --no-ansi
      ;;
    pipenv)
      export PIPENV_VERBOSITY=-1 PIPENV_NOSPIN=1
      run pipenv install --deploy
      ;;
    pdm)
      export PDM_IGNORE_SAVED_PYTHON=1 PDM_CHECK_UPDATE=false
      run pdm sync --prod --no-self
      ;;
  esac
}

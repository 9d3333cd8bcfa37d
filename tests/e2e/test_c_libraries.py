"""What knows the C library from inside passes its unit tests on newer ones, too: those that came with
the Pythons which tools/pythons has unpacked. It was built with the oldest."""

import subprocess
from pathlib import Path

import pytest
from conftest import unpacked_pythons

LIBRARIES = sorted({library for python in unpacked_pythons()
                    for library in Path(python).parents[1].glob("lib/*/libc.so.6")})
KNOWING = ["posix_lock", "posix_waits", "runtime_green"]


@pytest.mark.parametrize("name", KNOWING)
@pytest.mark.parametrize("library", LIBRARIES or [None], ids=lambda path: path and path.parts[-5])
def test_unit_tests_pass_on_a_newer_c_library(build_dir, tmp_path, library, name):
    if not library:
        pytest.skip("no newer C library: tools/pythons could not fetch one")
    folder = library.parent
    loader = next(folder.glob("ld-linux-*"))
    program = tmp_path / name
    subprocess.run(["patchelf", "--set-interpreter", loader, "--force-rpath", "--set-rpath",
                    f"{build_dir}:{folder}", "--output", program,
                    build_dir / "tests" / "unit" / f"test_{name}"], check=True)
    done = subprocess.run([program], capture_output=True, text=True, timeout=60)
    assert done.returncode == 0, done.stdout + done.stderr

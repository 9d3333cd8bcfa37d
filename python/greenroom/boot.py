"""Starts a worker of `greenroom serve`, which runs this file with the user's own interpreter.

It says what is wrong with an interpreter that cannot be used, so it has to be valid for old ones.
"""

import importlib.machinery
import importlib.util
import os
import sys

HERE = os.path.dirname(os.path.abspath(__file__))
IN_PACKAGE = os.path.exists(os.path.join(HERE, "__init__.py"))  # pip has installed it
OLDEST = (3, 11)


def complaint():
    """Returns why this interpreter cannot host an application, or None."""
    import sysconfig

    version = "%s %d.%d.%d" % ((sys.implementation.name,) + tuple(sys.version_info[:3]))
    if sys.implementation.name != "cpython":
        return "%s is %s; only CPython can be used" % (sys.executable, version)
    if sys.version_info < OLDEST:
        return "%s is %s; %d.%d or later is needed" % ((sys.executable, version) + OLDEST)
    if sysconfig.get_config_var("Py_GIL_DISABLED"):
        return "%s is a free-threaded %s, which is not supported yet" % (sys.executable, version)
    return None


def load(name, loader, folder=None):
    """Imports a module from this folder without leaving the folder on sys.path."""
    spec = importlib.util.spec_from_file_location(
        name, loader.path, loader=loader, submodule_search_locations=folder and [folder]
    )
    module = importlib.util.module_from_spec(spec)
    sys.modules[name] = module
    spec.loader.exec_module(module)
    return module


def find_modules():
    beside = os.path.dirname(HERE) if IN_PACKAGE else HERE
    extension = os.path.join(beside, "_greenroom.abi3.so")
    load("_greenroom", importlib.machinery.ExtensionFileLoader("_greenroom", extension))
    package = HERE if IN_PACKAGE else os.path.join(HERE, "python", "greenroom")
    init = os.path.join(package, "__init__.py")
    load("greenroom", importlib.machinery.SourceFileLoader("greenroom", init), package)


def main():
    wrong = complaint()
    if wrong:
        sys.stderr.write("greenroom: %s\n" % wrong)
        return 2
    # As `python -m` has it: the application is imported from the current directory. Python has put
    # the folder of this script there, behind all links, unless it was told not to.
    if sys.path and sys.path[0] == os.path.dirname(os.path.realpath(__file__)):
        sys.path[0] = os.getcwd()
    find_modules()
    from greenroom import _worker

    return _worker.main()


if __name__ == "__main__":
    sys.exit(main())

"""The folder of an export → a repository on the Hugging Face Hub.

In: the folder, a name, whether everybody may see it. Out: the repository's address. Only the files that the export's
record names are sent, and only with a licence. The token is `huggingface_hub`'s own business (HF_TOKEN, or a login);
it is hidden from every message.
"""

import re
from pathlib import Path
from typing import Final

from asyncgeo.errors import ConfigError, UserError, hide
from asyncgeo.export.outlet import files_of_export

_NAME: Final = re.compile(r"[\w.-]+(?:/[\w.-]+)?", re.ASCII)
_LICENCE: Final = re.compile(rb"^license: *([^\s#].*)$", re.MULTILINE)


def push_folder(folder: Path, name: str, *, public: bool) -> str:
    """Make the dataset's repository, if there is none, and send the files.

    Raises ConfigError without `huggingface_hub`, a licence or a proper name, and where the repository is public and
    that was not wanted; UserError with what the Hub said.
    """
    check_push(folder, name)
    from huggingface_hub import HfApi, get_token  # noqa: PLC0415  an extra
    from huggingface_hub.errors import HfHubHTTPError, LocalTokenNotFoundError  # noqa: PLC0415

    hide(get_token())
    api = HfApi(library_name="asyncgeo")
    try:
        address = api.create_repo(name, repo_type="dataset", private=not public, exist_ok=True)
        if not public and not api.dataset_info(address.repo_id).private:
            raise ConfigError(
                f"{address.repo_id} is there already and everybody can see it; nothing was sent.",
                "Name another one with --push, or say that it is meant: --public.",
            )
        api.upload_folder(
            repo_id=address.repo_id,
            repo_type="dataset",
            folder_path=folder,
            allow_patterns=files_of_export(folder),
            commit_message="asyncgeo export hub",
        )
    except (HfHubHTTPError, LocalTokenNotFoundError, OSError) as error:
        raise UserError(
            f"The Hub did not take {name}: {str(error).strip():.500}",
            "Log in with `hf auth login`, or set HF_TOKEN to a token that may write; then push again.",
        ) from error
    return str(address)


def check_push(folder: Path, name: str) -> None:
    """Whatever can be known before anything is sent. Raises ConfigError."""
    try:
        import huggingface_hub  # noqa: F401, PLC0415  an extra
    except ImportError as error:
        raise ConfigError(
            "--push needs huggingface_hub, which is not installed.", "pip install 'asyncgeo[hub]'"
        ) from error
    if not _NAME.fullmatch(name):
        raise ConfigError(f"{name!r:.80} is no name of a repository.", "A name is as in --push owner/geometry.")
    if not _LICENCE.search((folder / "README.md").read_bytes().partition(b"\n---")[0]):
        raise ConfigError(
            f"{folder / 'README.md'} names no licence, and without one nothing is published.",
            "Name the one that the problems' owner gives: --licence cc-by-4.0.",
        )

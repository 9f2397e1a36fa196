"""`lateen direction fit --examples ... --against ...`."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from running import Run

from lateen.space import Space


def test_examples_as_they_are_written(lateen: Run, faces: Space, photo: Path, tmp_path: Path) -> None:
    given = ("direction", "fit", faces.folder, "d")
    sides = ("--examples", "0,1", "--examples", photo, "--against", "3, 4", "--against", "5")
    code, out, err = lateen(*given, *sides, "--json")
    assert code == 0, err
    fitted = json.loads(out)
    assert (fitted["method"], fitted["more"], fitted["less"]) == ("examples", ["0", "1", str(photo)], ["3", "4", "5"])
    cosine, low, high = fitted["expected_cosine"]
    assert low < cosine < high
    assert (fitted["n_positive"], fitted["n_negative"]) == (3, 3)
    file = tmp_path / "ids.txt"
    file.write_text(f"0\n1\n{photo}\n")
    code, out, _ = lateen(*given, "--examples", file, "--against", "3,4,5", "--force")
    assert code == 0
    assert "3 examples against 3" in out
    assert "expected cosine with the direction of all such items" in out
    assert lateen("direction", "show", faces.folder, "d")[0] == 0
    assert lateen("edit", faces.folder, "7", "--by", "d=1", "--json")[0] == 0


@pytest.mark.parametrize(
    ("options", "says"),
    [
        (("--examples", "1"), "--examples is one side of a direction only"),
        (("--against", "1"), "--against is one side of a direction only"),
        (("--examples", "1", "--against", "2", "--field", "glasses"), "give one of --field, --pairs and --words"),
        (("--examples", "1", "--against", "nobody"), "There is no id 'nobody'"),
        (("--examples", "1", "--against", ""), "--against got no examples"),
    ],
)
def test_bad_input_is_one_message(lateen: Run, faces: Space, options: tuple[str, ...], says: str) -> None:
    code, out, err = lateen("direction", "fit", faces.folder, "d", *options)
    assert (code, out) == (2, "")
    assert says in err
    assert "Traceback" not in err

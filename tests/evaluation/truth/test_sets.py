"""A miniature of each standard layout, with what its protocol makes of it worked out by hand."""

from __future__ import annotations

import json
import os

import pytest

from lookalike.errors import BadParameter
from lookalike.evaluation.measures import measure
from lookalike.evaluation.truth import LAYOUTS, read

HOLIDAYS = [
    "jpg/100000.jpg",
    "jpg/100001.jpg",
    "jpg/100002.jpg",
    "jpg/100100.jpg",
    "jpg/100101.jpg",
]


def test_holidays(lay, told) -> None:
    root = lay(*HOLIDAYS)
    [truth] = read("holidays", root)
    assert truth.measures[0] == "mAP-trapezoid"
    assert told(truth, root) == {
        "searched": HOLIDAYS,
        "queries": ["jpg/100000.jpg", "jpg/100100.jpg"],
        "relevant": [["jpg/100001.jpg", "jpg/100002.jpg"], ["jpg/100101.jpg"]],
        "junk": [["jpg/100000.jpg"], ["jpg/100100.jpg"]],
    }


def test_holidays_asks_with_the_first_id_of_a_group_wherever_it_lies(lay, told) -> None:
    root = lay("a/100001.jpg", "b/100000.jpg")
    [truth] = read("holidays", root)
    assert told(truth, root)["queries"] == ["b/100000.jpg"]


def test_holidays_with_other_pictures_in_it(lay) -> None:
    with pytest.raises(BadParameter, match=r"me.jpg is not one of its numbers.*lear.inrialpes.fr"):
        read("holidays", lay(*HOLIDAYS, "me.jpg"))
    with pytest.raises(BadParameter, match="100000.jpg and .*100000.png have the same number"):
        read("holidays", lay("jpg/100000.png") / "jpg")


UKBENCH = [f"full/ukbench{number:05}.jpg" for number in range(4, 12)]


def test_ukbench_counts_the_query_itself(lay, told) -> None:
    root = lay(*UKBENCH)
    [truth] = read("ukbench", root)
    assert truth.measures == ("N-S",)
    assert told(truth, root) == {
        "searched": UKBENCH,
        "queries": UKBENCH,
        "relevant": [UKBENCH[:4]] * 4 + [UKBENCH[4:]] * 4,
        "junk": [[]] * 8,
    }


def test_ukbench_has_whole_groups(lay) -> None:
    with pytest.raises(BadParameter, match="of ukbench00004 and the three after it, 1 lack"):
        read("ukbench", lay(*UKBENCH[1:]))


OXFORD = [f"images/all_souls_{number:06}.jpg" for number in range(5)]
OXFORD_LISTS = {
    "gt/all_souls_1_query.txt": "oxc1_all_souls_000001 136.5 34.1 648.5 955.7\n",
    "gt/all_souls_1_good.txt": "all_souls_000001\nall_souls_000002\n",
    "gt/all_souls_1_ok.txt": "all_souls_000000\n",
    "gt/all_souls_1_junk.txt": "all_souls_000004\n",
    "gt/all_souls_2_query.txt": "oxc1_all_souls_000001 1 2 3 4\n",
    "gt/all_souls_2_good.txt": "all_souls_000003\n",
    "gt/all_souls_2_ok.txt": "",
    "gt/all_souls_2_junk.txt": "\n",
}


def test_oxford(lay, told) -> None:
    root = lay(*OXFORD, texts=OXFORD_LISTS)
    [truth] = read("oxford5k", root)
    assert truth.measures == ("mAP-trapezoid",)
    assert told(truth, root) == {
        "searched": OXFORD,
        # The same picture is asked with twice, with another box; it is one of the good answers.
        "queries": [OXFORD[1], OXFORD[1]],
        "relevant": [OXFORD[:3], [OXFORD[3]]],
        "junk": [[OXFORD[4]], []],
    }
    assert truth.boxes == {0: (136.5, 34.1, 648.5, 955.7), 1: (1, 2, 3, 4)}


def test_paris_has_no_prefix_and_a_folder_for_each_sight(lay, told) -> None:
    pictures = ["paris/defense/paris_defense_000605.jpg", "paris/eiffel/paris_eiffel_000001.jpg"]
    texts = {
        "defense_1_query.txt": "paris_defense_000605 0 0 10 10",
        "defense_1_good.txt": "paris_defense_000605",
        "defense_1_ok.txt": "",
        "defense_1_junk.txt": "paris_eiffel_000001",
    }
    root = lay(*pictures, texts=texts)
    [truth] = read("paris6k", root)
    assert told(truth, root) == {
        "searched": pictures,
        "queries": pictures[:1],
        "relevant": [pictures[:1]],
        "junk": [pictures[1:]],
    }


@pytest.mark.parametrize(
    ("name", "text", "why"),
    [
        ("gt/all_souls_1_ok.txt", "all_souls_000000\n../x\n", r"_ok.txt, line 2: .*'../x'"),
        ("gt/all_souls_1_query.txt", "oxc1_all_souls_000001 1 2 3", "line 1: 4 fields.*left top"),
        ("gt/all_souls_1_query.txt", "oxc1_all_souls_000001 1 2 nan 4", "line 1: a number"),
        ("gt/all_souls_1_query.txt", "oxc1_all_souls_000001 5 2 3 4", "line 1: a box.*nothing"),
        ("gt/all_souls_1_query.txt", "", "is empty"),
        ("gt/all_souls_1_junk.txt", "all_souls_000000", "both right and junk"),
        ("copy/all_souls_000002.jpg", "", r"line 2: all_souls_000002 can be .*copy.* or .*images"),
    ],
)
def test_broken_lists_of_oxford(lay, name: str, text: str, why: str) -> None:
    with pytest.raises(BadParameter, match=why):
        read("oxford5k", lay(*OXFORD, texts={**OXFORD_LISTS, name: text}))


def test_a_list_of_oxford_that_lacks(lay) -> None:
    root = lay(*OXFORD, texts=OXFORD_LISTS)
    (root / "gt/all_souls_2_good.txt").unlink()
    with pytest.raises(BadParameter, match="cannot read .*all_souls_2_good.txt"):
        read("oxford5k", root)


REVISITED = {
    "imlist": ["db0", "db1", "db2", "db3"],
    "qimlist": ["q0", "q1"],
    "gnd": [
        {"bbx": [1.5, 2, 30, 40], "easy": [0], "hard": [1], "junk": [2]},
        {"bbx": [0, 0, 5, 5], "easy": [], "hard": [3], "junk": []},
    ],
}
REVISITED_PICTURES = [
    f"jpg/{name}.jpg" for name in ("db0", "db1", "db2", "db3", "q0", "q1", "extra")
]


@pytest.mark.parametrize("name", ["roxford5k", "rparis6k"])
def test_revisited(lay, told, name: str) -> None:
    root = lay(*REVISITED_PICTURES, texts={f"gnd_{name}.json": json.dumps(REVISITED)})
    easy, medium, hard = read(name, root)
    searched = ["jpg/db0.jpg", "jpg/db1.jpg", "jpg/db2.jpg", "jpg/db3.jpg"]
    assert [one.name for one in (easy, medium, hard)] == [
        f"{name}-{v}" for v in ("easy", "medium", "hard")
    ]
    # Nothing is easy for the second query, so it is left out; hard is junk where easy is asked for.
    assert told(easy, root) == {
        "searched": searched,
        "queries": ["jpg/q0.jpg"],
        "relevant": [["jpg/db0.jpg"]],
        "junk": [["jpg/db1.jpg", "jpg/db2.jpg"]],
    }
    assert easy.boxes == {0: (1.5, 2, 30, 40)}
    assert told(medium, root) == {
        "searched": searched,
        "queries": ["jpg/q0.jpg", "jpg/q1.jpg"],
        "relevant": [["jpg/db0.jpg", "jpg/db1.jpg"], ["jpg/db3.jpg"]],
        "junk": [["jpg/db2.jpg"], []],
    }
    assert told(hard, root) == {
        "searched": searched,
        "queries": ["jpg/q0.jpg", "jpg/q1.jpg"],
        "relevant": [["jpg/db1.jpg"], ["jpg/db3.jpg"]],
        "junk": [["jpg/db0.jpg", "jpg/db2.jpg"], []],
    }
    assert hard.boxes == {0: (1.5, 2, 30, 40), 1: (0, 0, 5, 5)}


def test_a_variant_keeps_the_box_of_each_query(lay) -> None:
    first = {**REVISITED["gnd"][0], "easy": []}
    second = {**REVISITED["gnd"][1], "easy": [3], "hard": []}
    text = json.dumps({**REVISITED, "gnd": [first, second]})
    easy, _, _ = read("roxford5k", lay(*REVISITED_PICTURES, texts={"gnd_roxford5k.json": text}))
    assert [easy.files[row].stem for row in easy.queries] == ["q1"]
    assert easy.boxes == {0: (0, 0, 5, 5)}


def test_a_pickle_is_not_read(lay) -> None:
    root = lay(*REVISITED_PICTURES, texts={"gnd_roxford5k.pkl": "cos\nsystem\n(S'false'\ntR."})
    with pytest.raises(BadParameter, match=r"can run anything.*docs/datasets.md"):
        read("roxford5k", root)


def test_what_the_documentation_makes_of_the_pickle_is_read(lay, told) -> None:
    import pickle
    import re
    import subprocess
    import sys
    from pathlib import Path

    import numpy as np

    root = lay(*REVISITED_PICTURES)
    arrays = [{key: np.array(value) for key, value in one.items()} for one in REVISITED["gnd"]]
    arrays[1]["easy"] = arrays[1]["easy"].astype(np.int64)
    (root / "gnd_roxford5k.pkl").write_bytes(pickle.dumps({**REVISITED, "gnd": arrays}))
    page = (Path(__file__).parents[3] / "docs" / "datasets.md").read_text("utf-8")
    [code] = [
        block for block in re.findall(r"```python\n(.*?)```", page, re.DOTALL) if "pickle" in block
    ]
    subprocess.run([sys.executable, "-c", code], cwd=root, check=True)
    _, _, hard = read("roxford5k", root)
    assert told(hard, root)["relevant"] == [["jpg/db1.jpg"], ["jpg/db3.jpg"]]


@pytest.mark.parametrize(
    ("change", "why"),
    [
        ({"gnd": REVISITED["gnd"][:1]}, "1 entries of gnd for 2"),
        ({"imlist": ["db0", "db1", "db2"]}, "'hard' is meant to be a list of numbers from 0 to 2"),
        ({"imlist": ["db0", "db1", "db2", "../db3"]}, "no picture '../db3'"),
        ({"imlist": ["db0", "db1", "db2", "db2"]}, "twice"),
        ({"qimlist": ["q0", "db0"]}, "searches for one of its queries"),
        ({"qimlist": 7}, "'qimlist' is meant"),
        ({"gnd": [{**REVISITED["gnd"][0], "bbx": [1, 2, 3]}, REVISITED["gnd"][1]]}, "four numbers"),
        ({"gnd": [{**REVISITED["gnd"][0], "bbx": [9, 2, 3, 4]}, REVISITED["gnd"][1]]}, "nothing"),
        ({"gnd": [{**REVISITED["gnd"][0], "junk": [True]}, REVISITED["gnd"][1]]}, "numbers from 0"),
        ({"gnd": [[], {}]}, "meant to be an object"),
    ],
)
def test_broken_annotations_of_the_revisited(lay, change: dict, why: str) -> None:
    text = json.dumps({**REVISITED, **change})
    with pytest.raises(BadParameter, match=why):
        read("roxford5k", lay(*REVISITED_PICTURES, texts={"gnd_roxford5k.json": text}))


@pytest.mark.parametrize("text", ["", "{", "[" * 100_000, "\0", '{"imlist": NaN}'])
def test_annotations_that_are_no_json(lay, text: str) -> None:
    with pytest.raises(BadParameter, match="gnd_roxford5k.json"):
        read("roxford5k", lay(*REVISITED_PICTURES, texts={"gnd_roxford5k.json": text}))


COPYDAYS = ["original/200000.jpg", "original/200100.jpg"]


def test_copydays_searches_for_the_original_of_each_copy(lay, told) -> None:
    crops = ["crops/10/200000.jpg", "crops/10/200100.jpg", "crops/80/200100.jpg"]
    strong = ["strong/200001.jpg", "strong/200002.jpg"]
    root = lay(*COPYDAYS, *crops, *strong, "jpegqual/3/200000.jpg")
    by_name = {truth.name: truth for truth in read("copydays", root)}
    assert list(by_name) == ["copydays-crops", "copydays-jpeg", "copydays-strong"]
    assert told(by_name["copydays-crops"], root) == {
        "searched": COPYDAYS,
        "queries": crops,
        "relevant": [COPYDAYS[:1], COPYDAYS[1:], COPYDAYS[1:]],
        "junk": [[], [], []],
    }
    assert told(by_name["copydays-strong"], root) == {
        "searched": COPYDAYS,
        "queries": strong,
        "relevant": [COPYDAYS[:1], COPYDAYS[:1]],
        "junk": [[], []],
    }


def test_copydays_without_its_originals(lay) -> None:
    with pytest.raises(BadParameter, match="there are no originals"):
        read("copydays", lay("strong/200001.jpg"))
    with pytest.raises(BadParameter, match="the original of .*200001.jpg is not there"):
        read("copydays", lay("200100.jpg"))


@pytest.mark.parametrize(
    ("name", "categories", "clutter"),
    [
        ("caltech101", "101_ObjectCategories", "BACKGROUND_Google"),
        ("caltech256", "256_ObjectCategories", "257.clutter"),
    ],
)
def test_caltech_leaves_the_clutter_out(lay, told, name, categories, clutter) -> None:
    kept = [f"{categories}/{one}/image_0001.jpg" for one in ("ant", "bass")]
    second = f"{categories}/ant/image_0002.jpg"
    root = lay(*kept, second, f"{categories}/{clutter}/image_0001.jpg")
    for top in (root, root / categories):
        [truth] = read(name, top)
        assert told(truth, root) == {
            "searched": [kept[0], second, kept[1]],
            "queries": [kept[0], second],
            "relevant": [[second], [kept[0]]],
            "junk": [[kept[0]], [second]],
        }


PRODUCTS = """image_id class_id super_class_id path
1 11319 1 bicycle_final/111_0.JPG
2 11319 1 bicycle_final/111_1.JPG
3 11320 2 chair_final/222_0.JPG
4 11320 2 chair_final/222_1.JPG
"""
PRODUCTS_PICTURES = [
    "bicycle_final/111_0.JPG",
    "bicycle_final/111_1.JPG",
    "chair_final/222_0.JPG",
    "chair_final/222_1.JPG",
]


def test_products(lay, told) -> None:
    root = lay(
        *PRODUCTS_PICTURES, "fan_final/of_the_training.JPG", texts={"Ebay_test.txt": PRODUCTS}
    )
    [truth] = read("products", root)
    assert truth.measures == ("hit@1", "hit@10", "hit@100", "hit@1000")
    one, two, three, four = PRODUCTS_PICTURES
    assert told(truth, root) == {
        "searched": PRODUCTS_PICTURES,
        "queries": PRODUCTS_PICTURES,
        "relevant": [[two], [one], [four], [three]],
        "junk": [[one], [two], [three], [four]],
    }


@pytest.mark.parametrize(
    ("line", "why"),
    [
        ("5 11320 2 ../../etc/passwd.jpg", r"Ebay_test.txt, line 6: .*'\.\./\.\./etc"),
        ("5 11320 2 /etc/passwd.jpg", "line 6: there is no picture '/etc"),
        ("5 11320 2 chair_final/222_1.JPG", "line 6: .* listed twice"),
        ("5 x 2 chair_final/222_2.JPG", "line 6"),
        ("5 11320", "line 6: 2 fields, and these are meant: image_id class_id"),
    ],
)
def test_broken_lists_of_products(lay, line: str, why: str) -> None:
    root = lay(*PRODUCTS_PICTURES, texts={"Ebay_test.txt": PRODUCTS + line})
    with pytest.raises(BadParameter, match=why):
        read("products", root)


INSHOP = """5
image_name item_id evaluation_status
img/WOMEN/id_1/01_1_front.jpg id_1 query
img/WOMEN/id_1/01_2_side.jpg id_1 gallery
img/WOMEN/id_1/01_3_back.jpg id_1 gallery
img/MEN/id_2/01_1_front.jpg id_2 gallery
img/MEN/id_3/01_1_front.jpg id_3 train
"""


@pytest.mark.parametrize("base", ["", "Img/"])
def test_inshop_keeps_queries_and_gallery_apart(lay, told, base: str) -> None:
    names = [line.split()[0] for line in INSHOP.splitlines()[2:]]
    root = lay(*(base + name for name in names), texts={"Eval/list_eval_partition.txt": INSHOP})
    [truth] = read("inshop", root)
    assert truth.measures == ("hit@1", "hit@10", "hit@20", "hit@30")
    query, side, back, other, _ = (base + name for name in names)
    assert told(truth, root) == {
        "searched": [side, back, other],
        "queries": [query],
        "relevant": [[side, back]],
        "junk": [[]],
    }


def test_inshop_knows_three_statuses(lay) -> None:
    broken = INSHOP.replace("id_3 train", "id_3 val")
    names = [line.split()[0] for line in INSHOP.splitlines()[2:]]
    with pytest.raises(
        BadParameter, match="line 7: the status is train, query or gallery, not 'val'"
    ):
        read("inshop", lay(*names, texts={"list_eval_partition.txt": broken}))


CUB = [
    "100.Brown_Pelican/a.jpg",
    "101.White_Pelican/b.jpg",
    "101.White_Pelican/c.jpg",
    "200.Yellowthroat/d.jpg",
]


def test_cub_tests_on_the_second_half_of_the_classes(lay, told) -> None:
    texts = {
        "CUB_200_2011/images.txt": "".join(f"{n} {name}\n" for n, name in enumerate(CUB, 1)),
        "CUB_200_2011/image_class_labels.txt": "1 100\n2 101\n3 101\n4 200\n",
    }
    root = lay(*(f"CUB_200_2011/images/{name}" for name in CUB), texts=texts)
    [truth] = read("cub200", root)
    assert truth.measures == ("hit@1", "hit@2", "hit@4", "hit@8")
    _, b, c, d = (f"CUB_200_2011/images/{name}" for name in CUB)
    assert told(truth, root) == {
        "searched": [b, c, d],
        "queries": [b, c],
        "relevant": [[c], [b]],
        "junk": [[b], [c]],
    }


@pytest.mark.parametrize(
    ("images", "labels", "why"),
    [
        (f"1 {CUB[1]}\n", "2 101\n", "images.txt, line 1: .* has no class of picture 1"),
        (f"1 {CUB[1]}\n1 {CUB[2]}\n", "1 101\n", "images.txt, line 2: picture 1 is listed twice"),
        (f"1 {CUB[1]}\n", "1 one\n", "labels.txt, line 1: a whole number is meant, not 'one'"),
        (f"1 {CUB[1]}\n", "1 ٣\n", "labels.txt, line 1: a whole number"),
        (f"1 {CUB[0]}\n", "1 100\n", "none of the classes 101 to 200"),
    ],
)
def test_broken_lists_of_cub(lay, images: str, labels: str, why: str) -> None:
    texts = {"images.txt": images, "image_class_labels.txt": labels}
    with pytest.raises(BadParameter, match=why):
        read("cub200", lay(*(f"images/{name}" for name in CUB), texts=texts))


DISC = [
    "references/R000000.jpg",
    "references/R000001.jpg",
    "queries/Q00000.jpg",
    "queries/Q00001.jpg",
]


def test_disc_keeps_queries_without_a_right_answer(lay, told) -> None:
    truth = "query_id,reference_id\nQ00000,\nQ00001,R000001\n"
    others = ["queries/Q00002.jpg", "train/T000000.jpg"]
    root = lay(*DISC, *others, texts={"public_ground_truth.csv": truth})
    [found] = read("disc21", root)
    assert found.name == "disc21"
    assert found.measures[0] == "µAP"
    assert told(found, root) == {
        "searched": DISC[:2],
        "queries": DISC[2:],
        "relevant": [[], [DISC[1]]],
        "junk": [[], []],
    }


def test_disc_with_several_lists_has_a_variant_for_each(lay) -> None:
    texts = {"dev_ground_truth.csv": "Q00000,\n", "test_ground_truth.csv": "Q00001,R000000\n"}
    first, second = read("disc21", lay(*DISC, texts=texts))
    assert (first.name, second.name) == ("disc21-dev_ground_truth", "disc21-test_ground_truth")
    assert [found.files[found.queries[0]].stem for found in (first, second)] == ["Q00000", "Q00001"]


@pytest.mark.parametrize(
    ("line", "why"),
    [
        ("Q00000", "line 2: a query and a reference"),
        ("Q00009,", "line 2: there is no picture 'Q00009'"),
        ("Q00000,R999999", "line 2: there is no picture 'R999999'"),
        ("Q00000,../R000000", "line 2: there is no picture"),
    ],
)
def test_broken_lists_of_disc(lay, line: str, why: str) -> None:
    texts = {"ground_truth.csv": f"query_id,reference_id\n{line}\n"}
    with pytest.raises(BadParameter, match=why):
        read("disc21", lay(*DISC, texts=texts))


STANDARD = [name for name in LAYOUTS.names() if LAYOUTS.get(name).home]


@pytest.mark.parametrize("name", STANDARD)
def test_what_is_not_there_is_told_with_its_home_and_layout(lay, name: str) -> None:
    with pytest.raises(BadParameter) as raised:
        read(name, lay("me.jpg"))
    assert LAYOUTS.get(name).home in str(raised.value)
    assert LAYOUTS.get(name).laid_out in str(raised.value)


def test_a_folder_that_cannot_be_listed_is_no_gap_in_the_truth(
    lay, monkeypatch: pytest.MonkeyPatch
) -> None:
    root = lay(*HOLIDAYS, "locked/100200.jpg")
    scandir = os.scandir

    def locked(path: str) -> object:
        if str(path).endswith("locked"):
            raise PermissionError(13, "Permission denied")
        return scandir(path)

    monkeypatch.setattr(os, "scandir", locked)
    with pytest.raises(BadParameter, match="cannot list .*locked: Permission denied"):
        read("holidays", root)


def test_official_measures_exist(lay) -> None:
    names = [line.split()[0] for line in INSHOP.splitlines()[2:]]
    root = lay(
        *HOLIDAYS, *OXFORD, *names, texts={**OXFORD_LISTS, "list_eval_partition.txt": INSHOP}
    )
    found = [read("oxford5k", root), read("inshop", root), read("holidays", root / "jpg")]
    for [truth] in found:
        for name in truth.measures:
            assert measure(name).name == name

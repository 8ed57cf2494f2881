"""Texts as n-grams and tokens: against scikit-learn, through files, and where they are missing or say nothing."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from sklearn.feature_extraction.text import TfidfVectorizer
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import log_loss
from sklearn.pipeline import FeatureUnion
from torch.nn.functional import cross_entropy

from tests.unit.data_sets import N, arrays, read_arrays
from umlkit import registry
from umlkit.data.kinds import KINDS, ngrams, text, tokens
from umlkit.data.records import ModalityArray, Samples
from umlkit.encoders.base import Labelled, SampleSpec, build
from umlkit.errors import InputError
from umlkit.methods.base import ModalityPlan
from umlkit.methods.unimodal import screening
from umlkit.runs import tensors

WORDS = ("the", "a", "red", "blue", "car", "dog", "runs", "fast,", "it's", "new!", "naïve", "東京", "x", "42", "don't")


def texts(n, *, seed=0, longest=12):
    rng = np.random.default_rng(seed)
    found = np.empty(n, dtype=object)
    found[:] = [" ".join(rng.choice(WORDS, size=rng.integers(1, longest))).capitalize() for _ in range(n)]
    return found


def modality(values, **more):
    return ModalityArray(values=values, kind="text", source="review", **more)


def fitted(values, rows=None):
    return KINDS["text"].fit(modality(values), np.arange(len(values)) if rows is None else rows)


def sklearn_union(train):
    return FeatureUnion(
        [
            (family.name, TfidfVectorizer(analyzer=family.analyzer, ngram_range=family.sizes, sublinear_tf=True))
            for family in text.FAMILIES
        ]
    ).fit(train)


def test_weights_are_those_of_scikit_learn():
    train, new = texts(300), texts(50, seed=1)

    packed = fitted(train).pack(modality(new))

    rows = np.repeat(np.arange(50), packed.lengths)
    bag = packed.flat[:, 0] > 0
    union = sklearn_union(train)
    found = np.zeros((50, len(union.get_feature_names_out())))
    found[rows[bag], packed.flat[bag, 0].astype(int) - 1] = packed.flat[bag, 1]
    np.testing.assert_allclose(found, union.transform(new).toarray(), atol=1e-6)


def test_what_is_fitted_does_not_depend_on_the_size_of_blocks(monkeypatch):
    train = texts(300)
    whole = fitted(train)
    monkeypatch.setattr(ngrams, "BLOCK", 7)

    by_blocks = fitted(train)

    assert all(np.array_equal(whole.to_arrays()[key], value) for key, value in by_blocks.to_arrays().items())


def test_only_training_texts_are_looked_at():
    values = texts(40)
    values[20:] = "unheard"

    assert fitted(values, np.arange(20)).to_arrays().keys() == fitted(values[:20]).to_arrays().keys()
    assert "unheard" not in fitted(values, np.arange(20)).bag[0].terms
    assert "unheard" not in fitted(values, np.arange(20)).tokens.words


def test_the_cap_keeps_what_most_texts_hold():
    family = ngrams.Family("words", "word", (1, 1), most=2)
    values = np.array(["dog dog dog car", "red car", "red bird", "red"], dtype=object)

    assert ngrams.Ngrams.fit(values, np.arange(4), family).terms == ("car", "red")


def test_more_ngrams_than_are_counted_at_once_leave_the_frequent_ones(monkeypatch):
    monkeypatch.setattr(ngrams, "MOST_COUNTED", 50)
    monkeypatch.setattr(ngrams, "BLOCK", 10)
    values = np.array([f"common word{i} other{i}" for i in range(200)], dtype=object)

    terms = ngrams.Ngrams.fit(values, np.arange(200), text.FAMILIES[0]).terms

    assert "common" in terms
    assert len(terms) <= 50


def test_tokens_are_words_and_punctuation_in_lower_case():
    assert tokens.split("It's NEW!\tnaïve 東京") == ["it", "'", "s", "new", "!", "naïve", "東京"]


def test_token_numbers_follow_frequency_and_1_is_unknown():
    values = np.array(["b b a", "a b", "a", "rare"], dtype=object)

    vocabulary = tokens.Tokens.fit(values, np.arange(4))

    assert vocabulary.words == ("a", "b")
    assert vocabulary.numbers("a b rare never") == [2, 3, 1, 1]


def test_long_texts_are_cut():
    values = np.array(["word " * 1000, "word"], dtype=object)

    preprocess = fitted(values)

    assert preprocess.shape[2] == tokens.LONGEST
    assert preprocess.pack(modality(values)).lengths.tolist()[0] == tokens.LONGEST
    assert preprocess.notes(modality(values), np.array([0, 1])) == (
        "1 text has more than 256 tokens; `text-transformer` reads the first 256",
    )
    assert preprocess.notes(modality(values), np.array([1])) == ()


def test_every_text_fills_its_columns_from_the_start():
    values = texts(60)

    array = fitted(values).apply(modality(values))

    for column in (0, 2):
        used = array[:, :, column] > 0
        assert (np.sort(~used, axis=1) == ~used).all()
    assert ((array[:, :, 0] > 0) == (array[:, :, 1] > 0)).all()


def test_what_was_fitted_comes_back_from_a_file(tmp_path):
    values = texts(60)
    preprocess = fitted(values)
    tensors.save(tmp_path / "p.safetensors", preprocess.to_arrays(), {})

    again = text.TextPreprocess.from_arrays(tensors.load(tmp_path / "p.safetensors")[0])

    assert np.array_equal(again.apply(modality(values)), preprocess.apply(modality(values)))
    assert again.shape == preprocess.shape


def test_a_text_without_a_known_word_is_empty():
    preprocess = fitted(np.array(["aa bb", "aa"], dtype=object))

    packed = preprocess.pack(modality(np.array(["", "NA", "zz zz"], dtype=object)))

    assert packed.lengths.tolist() == [0, 0, 2]
    assert packed.flat.tolist() == [[0, 0, 1], [0, 0, 1]]


@pytest.mark.parametrize("word", ["", "NA", "   "])
def test_a_vocabulary_of_nothing_is_refused(word):
    with pytest.raises(InputError, match="'review' hold no words to learn from"):
        fitted(np.array([word] * 4, dtype=object))


def test_the_warm_start_is_scikit_learns_logistic_regression():
    values, labels = texts(400), np.arange(400) % 3
    known = np.random.default_rng(2).random(400) < 0.5
    values[known] = [f"{text} {'abc'[label]}bc" for text, label in zip(values[known], labels[known], strict=True)]
    preprocess = fitted(values, np.arange(300))
    x, y = torch.from_numpy(preprocess.apply(modality(values))), torch.from_numpy(labels)
    encoder = build("ngrams", {"hidden": 0}, SampleSpec("text", preprocess.shape)).eval()

    readout = encoder.warm_start(Labelled(x[:300], y[:300]), Labelled(x[300:], y[300:]), classes=3)

    logits = encoder.encode(x[300:]).features @ readout.weight.T + readout.bias
    union = sklearn_union(values[:300])
    losses = [
        log_loss(
            labels[300:],
            LogisticRegression(C=strength, max_iter=1000)
            .fit(union.transform(values[:300]), labels[:300])
            .predict_proba(union.transform(values[300:])),
        )
        for strength in 10.0 ** np.arange(-1, 4, 0.5)
    ]
    assert cross_entropy(logits, y[300:]).item() < min(losses) + 0.002
    assert min(losses) < 0.9  # log 3 is 1.1: there was something to learn


def test_padding_changes_no_output():
    values = texts(20)
    preprocess = fitted(values)
    x = torch.from_numpy(preprocess.apply(modality(values)))
    longer = torch.nn.functional.pad(x, (0, 0, 0, 50))

    for name in registry.encoders():
        if "text" in registry.encoder(name).kinds:
            options = registry.encoder_settings(name, {}, kind="text")[0][1].model_dump()
            encoder = build(name, options, SampleSpec("text", preprocess.shape)).eval()
            torch.testing.assert_close(encoder.encode(longer).features, encoder.encode(x).features)


def test_arrays_of_text_are_of_kind_text_bytes_too():
    words = np.array(["some text"] * N)

    found = read_arrays(arrays(X_u=words, X_s=np.char.encode(words)))

    assert found.modalities["u"].kind == found.modalities["s"].kind == "text"
    assert found.modalities["s"].values.tolist() == words.tolist()
    assert "modality u: text, 2 words, from array X_u  [data.modalities.u: {from: X_u, kind: text}]" in found.reading


def test_a_column_of_free_text_is_a_modality_by_itself():
    held = arrays(review=texts(N, longest=30), size=np.arange(N))
    del held["X_a"], held["X_v"]

    found = read_arrays(held, table=True)

    assert {name: one.columns for name, one in found.modalities.items()} == {"table": ("size",), "review": ("review",)}
    assert found.modalities["review"].kind == "text"


def test_columns_stated_as_one_text_stand_below_each_other():
    held = {"title": np.array(["A"] * N, dtype=object), "body": np.array(["b c", ""] * (N // 2), dtype=object)}
    held["y"] = np.arange(N) % 3

    found = read_arrays(held, table=True, modalities={"t": {"columns": ["title", "body"], "kind": "text"}})

    assert found.modalities["t"].values[:2].tolist() == ["A\nb c", "A"]


def test_a_text_that_is_not_utf8_is_named():
    held = arrays(X_t=np.array([b"fine"] * (N - 1) + ["naïve".encode("latin-1")]))

    with pytest.raises(InputError, match=rf"row {N - 1}(?s:.*)0xef"):
        read_arrays(held)


def test_an_empty_text_is_named_unless_the_recipe_allows_it():
    held = arrays(X_t=np.array(["fine"] * (N - 2) + ["  ", "NA"]))

    with pytest.raises(InputError, match=r"row 58: the modality 't' has 2 empty or missing texts(?s:.*)missing: empty"):
        read_arrays(held)

    assert read_arrays(held, modalities={"t": {"missing": "empty"}}).modalities["t"].missing == "empty"


def test_texts_that_are_all_empty_are_refused_before_anything_is_fitted():
    with pytest.raises(InputError, match="texts of the modality 't' are all empty"):
        read_arrays(arrays(X_t=np.array([""] * N)), modalities={"t": {"missing": "empty"}})


def test_imputing_numbers_is_not_for_texts():
    held = arrays(X_t=np.array(["fine"] * N))

    with pytest.raises(InputError, match="'t' is of the kind text, whose missing values are not filled in this way"):
        read_arrays(held, modalities={"t": {"missing": "impute-mean"}})


def test_auto_leaves_a_network_out_that_it_cannot_afford():
    preprocess = fitted(texts(64))
    inputs = torch.from_numpy(preprocess.apply(modality(texts(64))))
    select = Samples({"t": inputs}, torch.arange(64) % 3)
    plans = screening.candidates(ModalityPlan("text", "auto", {}, preprocess.shape))

    few, many = (
        {plan.encoder for plan in screening.affordable(plans, classes=3, samples=n, epochs=300, select=select)}
        for n in (1000, 1_000_000)
    )

    assert few == {"ngrams", "text-transformer"}
    assert many == {"ngrams"}


def test_weights_of_samples_count_in_the_warm_start():
    values, labels = texts(200), torch.arange(200) % 2
    preprocess = fitted(values)
    x = torch.from_numpy(preprocess.apply(modality(values)))
    weights = torch.where(labels == 1, 1.8, 0.2)
    encoder = build("ngrams", {"hidden": 0}, SampleSpec("text", preprocess.shape)).eval()

    half = Labelled(x[:100], labels[:100], weights[:100]), Labelled(x[100:], labels[100:], weights[100:])
    readout = encoder.warm_start(*half, classes=2)

    proba = (encoder.encode(x).features @ readout.weight.T + readout.bias).softmax(dim=1)
    assert proba[:, 1].mean().item() == pytest.approx(0.9, abs=0.05)

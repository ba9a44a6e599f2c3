"""Cards and architectures left out of the rates that predict them: what `scripts/accuracy` shows under that head."""

import csv
import pathlib
import re
import tempfile

from program import output_of, validation

ROOT = pathlib.Path(__file__).resolve().parent.parent
MEASURED = ROOT / "data/measurements"
STEPS = [MEASURED / name for name in ("own_steps.csv", "steps_h100.csv", "steps_h200.csv", "steps_after_h100.csv",
                                      "steps_after_h200.csv")]
KERNELS = MEASURED / "kernels_published.csv"
H200_KERNELS = [MEASURED / name for name in ("probe_h200.csv", "kernels_torch_h200.csv")]
ARCHITECTURES = [  # left out, and whose rates it takes; generic: those of cards that nothing is known of
    ("ada", "ampere"), ("ada", "generic"), ("ampere", "ada"), ("ampere", "hopper"), ("blackwell", "generic"),
    ("blackwell", "hopper"), ("hopper", "blackwell"), ("hopper", "generic")]
OF_STEPS = ["row_scaled_gemm", "unfused_experts", "unsplit_decode_attention"]  # groups of Hopper's rates
RATES = ROOT / "data/rates"
UNKNOWN_BAND = re.search(r"^band: .*$", (RATES / "generic.yaml").read_text(encoding="utf-8"), flags=re.M)[0]
CARDS = {"ada": "L40S", "ampere": "A100", "blackwell": "B200", "hopper": "H"}

INTRO = """
## Left out

Predictions by rates that have not seen the card. *H100*: Hopper's rates fitted by `calibrate` on timed kernels of the H200 alone,
without the groups that rest on steps of the H100 (8-bit products scaled by row, PyTorch's experts, decoding without split keys:
general formulas take their place). What no kernel determines is as shipped: collectives, latent attention, exponents of blends,
the share of L2 that operands stay in. Others: a whole architecture without rates of its own takes those of another one, and its
libraries where they have no rows for it; *generic* are those of cards that nothing is known of, whose structure is Ampere's.
Kernels are the published ones below, all operations together; rows of engines leave out unknown drafting. Architectures share
some numbers (small kernels, blends), and a few hold for all cards: these were fitted on cards that are left out here, too.

"""


def lay_over(folder, text, architecture, kernels_of=None):
    """A catalog whose `architecture` has the rates of `text`, as if nothing of it had been measured."""
    text = re.sub(r"^kernels_of: .*\n", "", text, flags=re.M)
    head = f"architecture: {architecture}" + (f"\nkernels_of: {kernels_of}" if kernels_of else "")
    text = re.sub(r"^architecture: .*$", head, text, flags=re.M)
    text = re.sub(r"^origin: .*$", "origin: transferred", text, flags=re.M)
    text = re.sub(r"^measured_gpus: .*$", "measured_gpus: []", text, flags=re.M)
    text = re.sub(r"^band: .*$", UNKNOWN_BAND, text, flags=re.M)
    (folder / "rates").mkdir()
    (folder / "rates" / f"{architecture}.yaml").write_text(text, encoding="utf-8")


def rates_of_h200(binary, folder):
    """Hopper's rates by kernels of the H200; without groups that rest on steps of the H100, general formulas hold."""
    out = folder / "h200.yaml"
    output_of(binary, "calibrate", *H200_KERNELS, "--gpu", "H200-SXM-141GB", "--out", out)
    return re.sub(rf"^({'|'.join(OF_STEPS)}): .*\n", "", out.read_text(encoding="utf-8"), flags=re.M)


def kernel_cards():
    with open(KERNELS, newline="", encoding="utf-8") as file:
        return {f"{KERNELS}:{line}": row["gpu"] for line, row in enumerate(csv.DictReader(file), start=2)}


def judged(result, label):
    """Errors in percent and whether the band holds the row, grouped by what `label` says of a row's id; None: not judged."""
    groups = {}
    for p in result["predictions"]:
        name = label(p["id"]) if p["measured"] else None
        if name:
            groups.setdefault(name, []).append(
                (100.0 * (p["predicted"] / p["measured"] - 1.0), p["low"] <= p["measured"] <= p["high"]))
    return groups


def measure(binary, rows, quantity):
    """(left out, rates of, what) -> judged rows. `rows`: of inference, by id; `quantity`: of a metric."""
    groups = {}
    cards = kernel_cards()

    def label(gpu):
        def of(name):
            row = rows[name]
            if not row["gpu"].startswith(gpu) or row["spec"] == "unknown":
                return None
            return row["mode"] if row["engine"] == "cuda-graph" else f"engines, {quantity(row['metric'])}"
        return of

    def add(out, source, judged_rows):
        for what, group in sorted(judged_rows.items()):
            groups[out, source, what] = group

    with tempfile.TemporaryDirectory() as name:
        folder = pathlib.Path(name)
        lay_over(folder, rates_of_h200(binary, folder), "hopper")
        add("H100", "H200 alone", judged(validation(binary, STEPS, "--predictions", "--catalog", name), label("H100")))
    for architecture, source in ARCHITECTURES:
        gpu = CARDS[architecture]
        with tempfile.TemporaryDirectory() as name:
            text = (RATES / f"{source}.yaml").read_text(encoding="utf-8")
            lay_over(pathlib.Path(name), text, architecture, None if source == "generic" else source)
            options = ("--predictions", "--catalog", name)
            add(architecture, source, judged(validation(binary, [KERNELS], *options),
                                             lambda row: "kernels" if cards[row].startswith(gpu) else None))
            add(architecture, source, judged(validation(binary, [*STEPS, MEASURED / "published.csv"], *options), label(gpu)))
    return groups

"""Singular values of initialised 2048 x 2048 matrices against the law of Marchenko and Pastur.

    pip install numpy
    cargo build --release -p wgpu-weights-cli
    python proof/spectrum.py

A square matrix of independent entries of variance 1/n has squared singular values on [0, 4], of
density sqrt((4 - x)/x)/(2 pi). Held against it are

* the whole: n times the largest distance between the two distribution functions. Singular values
  repel each other, so that it grows with log n only. In 2000 matrices of exactly that law (n = 2048,
  Dumitriu and Edelman's bidiagonal ones) it was 3.54 in the middle, above 4.09, 4.67 and 5.30 in
  one of 10, 100 and 1000, and 5.69 at most: by those steps, above 7.2 in one of a million;
* the largest, centred and scaled as by Johnstone (2001), against the law of Tracy and Widom;
* the smallest, t = n times it, against P(T > t) = exp(-t - t^2/2) (Edelman 1988).

Each rejects a perfect matrix with probability 1e-6. Uniform entries obey the same laws.
First each test has to fail on a planted defect.
"""

import subprocess
import sys

import numpy

N = 2048
WHOLE = 7.2
# Quantiles of Tracy and Widom's law for real matrices, at 5e-7 and 1 - 5e-7.
LARGEST = (-6.301, 6.519)
# -ln of 1 - 5e-7 and of 5e-7 is t + t^2/2.
SMALLEST = tuple(numpy.sqrt(1 + 2 * x) - 1 for x in (5.000001e-7, 14.508658))


def matrix(init):
    """Entries of variance 1/N, as the program writes them."""
    words = ["target/release/wgpu-weights", "fill", "--device", "cpu", "--init", init, "--seed", "42"]
    words += ["--name", "blocks.0.mlp.W_in", "--shape", f"{N},{N}", "--gain", str(2**-0.5), "-o", "-"]
    drawn = subprocess.run(words, check=True, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL).stdout
    return numpy.frombuffer(drawn, "<f4").astype(float).reshape(N, N)


def tests(weights):
    """Name, statistic, lowest and highest value that passes."""
    values = numpy.sort(numpy.linalg.svd(weights, compute_uv=False))
    angle = numpy.arcsin(numpy.clip(values / 2, 0, 1))
    law = N * (2 * angle + numpy.sin(2 * angle)) / numpy.pi
    below = numpy.arange(N)
    whole = numpy.maximum(law - below, below + 1 - law).max()
    root = numpy.sqrt(N - 1) + numpy.sqrt(N)
    scale = root * (1 / numpy.sqrt(N - 1) + 1 / numpy.sqrt(N)) ** (1 / 3)
    largest = (N * values[-1] ** 2 - root**2) / scale
    return [
        ("whole", whole, 0, WHOLE),
        ("largest", largest, *LARGEST),
        ("smallest", N * values[0], *SMALLEST),
    ]


def run(name, weights, must_fail=()):
    holds = True
    for test, statistic, low, high in tests(weights):
        passes = low <= statistic <= high
        # A defect may be found by other tests too.
        holds &= (not passes if test in must_fail else True) if must_fail else passes
        star = "*" if test in must_fail else ""
        verdict = "pass" if passes else "FAIL"
        print(f"{name:<28} {test + star:<9} {statistic:14.4g}   {low:.4g} to {high:.4g}   {verdict}")
    return holds


def main():
    sound = matrix("kaiming_normal")
    # Each row has a part of the one above.
    related = sound.copy()
    related[1:] = (sound[1:] + sound[:-1] / 8) / numpy.sqrt(1 + 1 / 64)
    repeated = sound.copy()
    repeated[1000] = repeated[10]
    shifted = sound + 1 / 16 / numpy.sqrt(N)
    holds = run("defect: related rows", related, ["whole"])
    holds &= run("defect: mean of 1/16 sigma", shifted, ["largest"])
    holds &= run("defect: a repeated row", repeated, ["smallest"])
    holds &= run("kaiming_normal, seed 42", sound)
    holds &= run("kaiming_uniform, seed 42", matrix("kaiming_uniform"))
    print("spectrum:", "holds" if holds else "FAILS")
    return 0 if holds else 1


if __name__ == "__main__":
    sys.exit(main())

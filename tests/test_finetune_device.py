"""Where training runs, and how precisely."""

import pytest
import torch

from carevoice.training.device import Device, best_device, bf16_pays

INTEL, AMD = "vendor_id\t: GenuineIntel\n", "AMD64 Family 25 Model 17 Stepping 1, AuthenticAMD"


@pytest.mark.parametrize(
    ("capabilities", "processor", "pays"),
    [
        ({"amx_bf16": True, "avx512_bf16": True}, INTEL, True),
        ({"amx_bf16": False, "avx512_bf16": True}, INTEL, False),
        ({"amx_bf16": False, "avx512_bf16": True}, AMD, True),
        ({"amx_bf16": False, "avx512_bf16": False}, AMD, False),
        ({}, "", False),
    ],
)
def test_bf16_is_for_processors_that_are_faster_with_it(
    capabilities: dict[str, bool], processor: str, *, pays: bool
) -> None:
    assert bf16_pays(capabilities, processor) is pays


@pytest.mark.skipif(torch.cuda.is_available(), reason="a GPU is taken first")
def test_the_best_device_is_the_processor_where_there_is_no_gpu() -> None:
    assert best_device().name == "cpu"
    assert (str(Device()), str(Device("cpu", bf16=True))) == ("cpu, fp32", "cpu, bf16")


def test_matrix_products_are_in_bf16_only_inside() -> None:
    one = torch.ones(2, 2)
    with Device("cpu", bf16=True).precision():
        assert (one @ one).dtype == torch.bfloat16
    with Device().precision():
        assert (one @ one).dtype == torch.float32
    assert (one @ one).dtype == torch.float32

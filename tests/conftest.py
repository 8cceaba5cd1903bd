"""Settings for the whole suite."""

from hypothesis import settings

from tests import torchvision_on_cpu

torchvision_on_cpu.install()
torchvision_on_cpu.install_for_children()

# Examples are timed by no one: a first import or a busy machine is no failure.
settings.register_profile("p2r", deadline=None)
settings.load_profile("p2r")

"""What all tests of this folder share."""

from tests.sheets import shared_style_sheets as shared_style_sheets

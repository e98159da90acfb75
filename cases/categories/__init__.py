"""categories: what cases are about: codes, names, severity, who handles them how, and the limits by area class."""

from cases.categories.category import EVENT, KINDS, MODES, PART, Category, Condition
from cases.categories.known import Categories
from cases.categories.reading import categories_of, read_categories, with_tables
from cases.categories.settings import CategoriesSection

__all__ = [
    "EVENT",
    "KINDS",
    "MODES",
    "PART",
    "Categories",
    "CategoriesSection",
    "Category",
    "Condition",
    "categories_of",
    "read_categories",
    "with_tables",
]

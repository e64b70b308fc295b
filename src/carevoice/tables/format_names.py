"""What formats of tables are called; it imports nothing, so that the options of the command line can name them."""

from typing import Literal

Format = Literal["csv", "tsv", "jsonl", "xlsx", "parquet"]

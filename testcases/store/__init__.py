"""References that are kept elsewhere: in S3, or in a file below a folder.

`testcases.address` says where; `Store` fetches, side by side, and keeps what it fetched in memory, never on disk. What
is fetched is data, read as if it had come with the sample.
"""

from testcases.store.documents import Document, Kept, value_of
from testcases.store.fetching import Fetching
from testcases.store.store import Store, StoreSettings

__all__ = [
    "Document",
    "Fetching",
    "Kept",
    "Store",
    "StoreSettings",
    "value_of",
]

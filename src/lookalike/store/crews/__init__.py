"""Who takes files in: threads of this process, or workers on many machines.

    chunks of files ──▶ crew ──▶ what was read of them, a bounded number of chunks ahead

A crew reads, hashes, decodes and describes. Who asked it commits, unless the task names a writer:
then workers elsewhere commit by themselves, and say what they wrote.
"""

from lookalike.store.crews.base import Crew, Done, Task, Writer, WriterSpec
from lookalike.store.crews.choosing import crew
from lookalike.store.crews.shards import Shard

__all__ = ["Crew", "Done", "Shard", "Task", "Writer", "WriterSpec", "crew"]
